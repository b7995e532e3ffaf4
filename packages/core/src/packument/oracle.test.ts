import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainContext } from "../policy/plain-context.ts";
import type { PolicyContext, VersionStatus } from "../policy/verdict.ts";
import { normalizeVersion } from "../versions.ts";
import { abbreviate, isEmptyDeprecation, isJsonObject } from "./abbreviated-fields.ts";
import { factsOfManifest } from "../manifest.ts";
import { isoTime } from "./iso-time.ts";
import { indexDocument, indexSummary, readVersionFacts } from "./package-index.ts";
import { renderUpstreamView } from "./upstream-view.ts";
import type { PackumentForm } from "./view.ts";

type Json = Record<string, unknown>;

const NAME = "@acme/widget";
const REGISTRY_URL = "http://127.0.0.1:4873/npm/default";
const URL_START = `${REGISTRY_URL}/@acme%2fwidget`;

const versionKey = fc.oneof(
  fc.constantFrom(
    "1.0.0",
    "1.1.0",
    "1.1.0+4.17.0",
    "1.1.0+a",
    "2.0.0-beta.1",
    "2.0.0-beta.2",
    "2.0.0",
    "3.0.0-rc.1",
  ),
  fc.constantFrom(
    "v1.0.0",
    "1.0",
    "01.0.0",
    "__proto__",
    "constructor",
    "",
    "1.0.0-.",
    "9007199254740993.0.0",
  ),
  fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((parts) => parts.join(".")),
);
const member = fc.constantFrom(
  "dependencies",
  "devDependencies",
  "deprecated",
  "scripts",
  "bin",
  "license",
  "licenses",
  "hasInstallScript",
  "os",
  "bundledDependencies",
  "bundleDependencies",
  "_npmUser",
  "description",
  "constructor",
  "engines",
  "libc",
  "_id",
  'q"\\\n',
);
const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom("", false, true, null, "text", "\u2028 é 😀 \ud800"),
  fc.dictionary(
    fc.constantFrom("preinstall", "install", "postinstall", "test", "name", "left"),
    fc.constantFrom("", "^1", "x"),
  ),
);
const user = fc.record(
  {
    name: fc.constantFrom<unknown>("ada", "", 5),
    approver: fc.constantFrom<unknown>({ name: "grace" }, { name: "" }, { name: 7 }, "x", null),
    trustedPublisher: fc.constantFrom<unknown>(
      { id: "github", oidcConfigId: "x" },
      { id: "" },
      { id: 7 },
      {},
      "x",
      null,
    ),
  },
  { requiredKeys: [] },
);
const dist = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      {
        tarball: fc.constantFrom("http://u.test/x.tgz", "", 'odd"\\') as fc.Arbitrary<unknown>,
        integrity: fc.constantFrom("sha512-abc", 5),
        shasum: fc.string(),
        signatures: fc.constantFrom([], [{ keyid: "a", sig: "b" }], "x"),
        attestations: fc.constantFrom(
          { url: "u", provenance: { predicateType: "https://slsa.dev" } },
          { url: "u" },
          4,
        ),
        extra: value,
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: value },
);
const manifest = (key: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc
        .tuple(
          fc.constantFrom<Json>(
            { name: NAME, version: key },
            { name: NAME, version: normalizeVersion(key) ?? key },
            { name: "other", version: key },
            {},
          ),
          fc.dictionary(member, value, { maxKeys: 6 }),
          fc.option(dist, { nil: undefined }),
          fc.option(user, { nil: undefined }),
        )
        .map(([identity, rest, d, by]) => ({
          ...rest,
          ...identity,
          ...(d === undefined ? {} : { dist: d }),
          ...(by === undefined ? {} : { _npmUser: by }),
        })),
    },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, "text", 3, [], true) },
  );
const time = fc.oneof(
  fc
    .date({ min: new Date("2011-01-01"), max: new Date("2030-01-01"), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc.constantFrom<unknown>(
    "not a date",
    null,
    "2020-02-03",
    "2020-01-01T10:00:00Z",
    "2020-02-31T10:00:00.000Z",
  ),
);
const tagName = fc.constantFrom("latest", "next", "beta", "__proto__", "constructor", 'odd"tag', "é");

const document: fc.Arbitrary<Json> = fc.uniqueArray(versionKey, { maxLength: 9 }).chain((keys) =>
  fc
    .record({
      versions: fc
        .tuple(...keys.map((key) => fc.tuple(fc.constant(key), manifest(key))))
        .map((entries) => own(entries)),
      tags: fc
        .array(fc.tuple(tagName, fc.oneof(fc.constantFrom(...keys, "1.0.0", "9.9.9"), value)), {
          maxLength: 4,
        })
        .map(own),
      time: fc.option(
        fc
          .array(
            fc.tuple(fc.oneof(fc.constantFrom(...keys, "created", "modified", "8.8.8"), versionKey), time),
          )
          .map(own),
        { nil: undefined },
      ),
      rest: fc.dictionary(
        fc.constantFrom("readme", "_rev", "users", "_policy", "modified", "maintainers", "constructor"),
        value,
      ),
    })
    .map(({ versions, tags, time: times, rest }) => ({
      ...rest,
      "name": NAME,
      "dist-tags": tags,
      versions,
      ...(times === undefined ? {} : { time: times }),
    })),
);

/** An object with these own members, also one that is called `__proto__`. */
function own(entries: readonly (readonly [string, unknown])[]): Json {
  return Object.fromEntries(entries);
}

/** Writes JSON with odd white space between its parts, and keys escaped now and then. */
function write(json: unknown, style: { spaces: string; escapedKeys: readonly string[] }): string {
  const gap = style.spaces;
  if (Array.isArray(json)) {
    return `[${gap}${json.map((item) => write(item, style)).join(`${gap},${gap}`)}${gap}]`;
  }
  if (!isJsonObject(json)) return JSON.stringify(json);
  const members = Object.entries(json).map(([key, item]) => {
    const escaped = style.escapedKeys.includes(key)
      ? `"\\u${key.charCodeAt(0).toString(16).padStart(4, "0")}${JSON.stringify(key).slice(2)}`
      : JSON.stringify(key);
    return `${escaped}${gap}:${gap}${write(item, style)}`;
  });
  return `{${gap}${members.join(`${gap},${gap}`)}${gap}}`;
}

interface Kept {
  version: string;
  key: string;
  manifest: Json;
  time: string | null;
}

/** The versions that we list, by way of JSON.parse and without any care for speed. */
function keptVersions(parsed: Json): Map<string, Kept> {
  const times = isJsonObject(parsed["time"]) ? parsed["time"] : {};
  const timeAt = (key: string): string | null =>
    Object.hasOwn(times, key) && typeof times[key] === "string" ? isoTime(times[key]) : null;
  const kept = new Map<string, Kept & { rank: string }>();
  for (const [key, item] of Object.entries(parsed["versions"] as Json)) {
    const version = normalizeVersion(key);
    if (version === null || !isJsonObject(item)) continue;
    const rank = timeAt(key) ?? "";
    const rival = kept.get(version);
    if (rival !== undefined && rival.rank >= rank) continue;
    const entry = { version, key, manifest: item, time: timeAt(key) ?? timeAt(version), rank };
    if (rival === undefined) kept.set(version, entry);
    else kept.set(version, entry);
  }
  return kept;
}

function expectedManifest({ version, key, manifest: item }: Kept, form: PackumentForm): Json {
  const copy: Json = { ...item, name: NAME, version };
  if ((item["name"] !== NAME || item["version"] !== version) && Object.hasOwn(item, "_id")) {
    copy["_id"] = `${NAME}@${version}`;
  }
  if (isEmptyDeprecation(copy["deprecated"])) delete copy["deprecated"];
  const spelling = key === version ? {} : { upstreamVersion: key };
  const dist = isJsonObject(item["dist"]) ? item["dist"] : {};
  const { attestations } = dist;
  const isLinked = isJsonObject(attestations) && typeof attestations["url"] === "string";
  const url = `${REGISTRY_URL}/-/npm/v1/attestations/${NAME}@${version}`;
  copy["dist"] = {
    ...dist,
    ...(isLinked ? { attestations: { ...attestations, url } } : {}),
    ...spelling,
    tarball: `${URL_START}/-/widget-${version}.tgz`,
  };
  return form === "full" ? copy : abbreviate(copy);
}

function policy(statuses: readonly (readonly [string, VersionStatus["status"]])[]): PolicyContext {
  const entries = statuses.map(
    ([version, status]) => [version, { status, reason: "because", setBy: "ada", setAt: 1 }] as const,
  );
  return plainContext({ registry: "default", statuses: new Map(entries) });
}

const statuses = fc.array(
  fc.tuple(
    fc.oneof(versionKey, fc.constant("*")),
    fc.constantFrom<VersionStatus["status"]>("blocked", "allowed"),
  ),
  { maxLength: 4 },
);
const ESCAPED =
  "name version versions dist tarball deprecated scripts install time latest dependencies license integrity attestations url " +
  "bundledDependencies provenance 1.0.0 dist-tags";
const escapedKeys = fc.subarray(ESCAPED.split(" "));
const style = fc.record({ spaces: fc.constantFrom("", " ", "\n\t", "\r\n  "), escapedKeys });

describe("a rendered upstream view, against a model by JSON.parse", () => {
  test.each(["full", "abbreviated"] as const)("%s", (form) => {
    fc.assert(
      fc.property(document, style, statuses, (source, written, listed) => {
        const text = write(source, written);
        const parsed = JSON.parse(text) as Json;
        const context = policy(listed);
        const view = renderUpstreamView(Buffer.from(text), { form, packageUrl: URL_START, policy: context });
        const got = JSON.parse(Buffer.from(view.bytes).toString()) as Json;

        const kept = keptVersions(parsed);
        const isBlocked = ({ version, key }: Kept): boolean =>
          (context.statuses.get(version) ?? context.statuses.get(key) ?? context.statuses.get("*"))
            ?.status === "blocked";
        const shown = [...kept.values()].filter((entry) => !isBlocked(entry));
        expect(Object.keys(got["versions"] as Json).sort()).toEqual(
          shown.map(({ version }) => version).sort(),
        );
        for (const entry of shown) {
          expect((got["versions"] as Json)[entry.version]).toEqual(
            JSON.parse(JSON.stringify(expectedManifest(entry, form))),
          );
          const times = (got["time"] ?? {}) as Json;
          expect(times[entry.version] ?? null).toBe(entry.time);
        }
        expect(view.shown).toBe(shown.length);
        expect(view.hidden.map(([version]) => version).sort()).toEqual(
          [...kept.values()]
            .filter(isBlocked)
            .map(({ version }) => version)
            .sort(),
        );
        for (const target of Object.values(got["dist-tags"] as Json)) {
          expect(Object.hasOwn(got["versions"] as Json, target as string)).toBe(true);
        }
        for (const [version] of view.hidden) {
          expect(Object.hasOwn((got["time"] ?? {}) as Json, version)).toBe(false);
          expect((got["_policy"] as { hidden: Json }).hidden[version]).toEqual({
            rule: "operator-status",
            reason: "because",
            until: null,
          });
        }
        if (form === "full") {
          for (const [key, item] of Object.entries(parsed)) {
            if (["_rev", "name", "dist-tags", "versions", "time", "_policy"].includes(key)) continue;
            expect(got[key]).toEqual(item);
          }
          expect(got["_id"]).toBe(NAME);
          expect(got["_rev"]).toMatch(/^[\w.~-]+$/u);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("index lines give the facts that parsing gives", () => {
    fc.assert(
      fc.property(document, style, (source, written) => {
        const text = write(source, written);
        const index = indexDocument(Buffer.from(text), NAME);
        const bytes = index.serialize();
        const kept = keptVersions(JSON.parse(text) as Json);
        expect(indexSummary(bytes)).toEqual({
          name: NAME,
          distTags: index.distTags,
          versions: index.versions,
          modified: index.modified,
        });
        expect(index.versions.sort()).toEqual([...kept.keys()].sort());
        for (const { version, key, manifest: item, time: publishedAt } of kept.values()) {
          const expected = factsOfManifest(item, {
            version,
            origin: "upstream",
            publishedAt,
            upstreamVersion: key === version ? null : key,
          });
          const { otherSpellings: _, ...facts } = readVersionFacts(bytes, version) ?? { version: "none" };
          expect(facts).toEqual(JSON.parse(JSON.stringify(expected)));
          expect(readVersionFacts(bytes, key)?.version).toBe(version);
        }
      }),
      { numRuns: 400 },
    );
  });
});
