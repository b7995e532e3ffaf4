import { describe, expect, test } from "vitest";
import { plainContext } from "../policy/plain-context.ts";
import type { PolicyContext, VersionStatus } from "../policy/verdict.ts";
import { indexDocument, indexSummary, readVersionFacts } from "./package-index.ts";
import { renderUpstreamView } from "./upstream-view.ts";
import type { PackumentForm } from "./view.ts";

type Json = Record<string, unknown>;
type Packument = {
  [key: string]: unknown;
  "versions": Record<string, Json>;
  "time": Json;
  "dist-tags": Json;
  "_policy"?: unknown;
  "policyRestrictions"?: { versions: Record<string, unknown>; message: string };
};

const REGISTRY_URL = "http://127.0.0.1:4873/npm/default";
const PACKAGE_URL = `${REGISTRY_URL}/left`;

function statusMap(blocked: readonly string[]): Map<string, VersionStatus> {
  return new Map(
    blocked.map((version) => [version, { status: "blocked", reason: "miner", setBy: "ada", setAt: 5 }]),
  );
}

function policy(blocked: readonly string[] = []): PolicyContext {
  return plainContext({ registry: "default", statuses: statusMap(blocked) });
}

function manifest(version: string, rest: Json = {}): Json {
  const tarball = `https://upstream.test/left/-/left-${version}.tgz`;
  return {
    name: "left",
    version,
    _id: `left@${version}`,
    dist: { integrity: "sha512-x", shasum: "ab", tarball },
    ...rest,
  };
}

function document(versions: readonly Json[], rest: Json = {}): Buffer {
  const entries = versions.map((item) => [item["version"], item] as const);
  const time = Object.fromEntries(
    entries.map(([version], index) => [version, `2026-01-0${index + 1}T00:00:00.000Z`]),
  );
  return Buffer.from(
    JSON.stringify({
      "name": "left",
      "dist-tags": {},
      "versions": Object.fromEntries(entries),
      time,
      ...rest,
    }),
  );
}

function render(bytes: Uint8Array, form: PackumentForm = "full", blocked: readonly string[] = []): Packument {
  const view = renderUpstreamView(bytes, { form, packageUrl: PACKAGE_URL, policy: policy(blocked) });
  return JSON.parse(Buffer.from(view.bytes).toString()) as Packument;
}

describe("renderUpstreamView", () => {
  test("leaves every byte of a manifest as it was, but for the URLs of tarball and attestations", () => {
    const raw =
      '{ "name":"left","versions":{"1.0.0":' +
      '{"name":"left","version":"1.0.0", "x" : 1.50e3,"deprecated":"no\\u0020more",' +
      '"dist":{"tarball" : "https://upstream.test/a.tgz","attestations":{"url":"https://u.test/att"}}}}' +
      ',"readme" :  "# \\ud83d\\ude00"}';
    const view = renderUpstreamView(Buffer.from(raw), {
      form: "full",
      packageUrl: PACKAGE_URL,
      policy: policy(),
    });
    const text = Buffer.from(view.bytes).toString();
    expect(text).toContain(
      '{"name":"left","version":"1.0.0", "x" : 1.50e3,"deprecated":"no\\u0020more",' +
        `"dist":{"tarball" : "${PACKAGE_URL}/-/left-1.0.0.tgz","attestations":{"url":"${REGISTRY_URL}/-/npm/v1/attestations/left@1.0.0"}}}`,
    );
    expect(text).toContain('"readme" :  "# \\ud83d\\ude00"');
  });

  test("keeps the upstream's revision, and makes a stable one where there is none", () => {
    expect(render(document([manifest("1.0.0")], { _rev: "7-abc" }))["_rev"]).toBe("7-abc");
    const made = render(document([manifest("1.0.0")]))["_rev"];
    expect(made).toMatch(/^1-[0-9a-f]{8}$/u);
    expect(render(document([manifest("1.0.0")]))["_rev"]).toBe(made);
    expect(render(document([manifest("1.0.0"), manifest("1.1.0")]))["_rev"]).not.toBe(made);
    expect(render(document([manifest("1.0.0")], { _rev: "a/../b" }))["_rev"]).toBe(made);
  });

  test("hides a blocked version everywhere and explains it", () => {
    const bytes = document([manifest("1.0.0"), manifest("1.1.0"), manifest("1.2.0")], {
      "dist-tags": { latest: "1.2.0", next: "1.2.0", old: "1.0.0" },
    });
    for (const form of ["full", "abbreviated"] as const) {
      const got = render(bytes, form, ["1.2.0"]);
      expect(Object.keys(got.versions)).toEqual(["1.0.0", "1.1.0"]);
      expect(got.time).not.toHaveProperty(["1.2.0"]);
      expect(got["dist-tags"]).toEqual({ latest: "1.1.0", old: "1.0.0" });
      expect(got._policy).toEqual({
        hidden: { "1.2.0": { rule: "operator-status", reason: "miner", until: null } },
        droppedTags: { next: "1.2.0" },
        movedTags: { latest: { from: "1.2.0", to: "1.1.0" } },
      });
    }
    expect(render(bytes)._policy).toBeUndefined();
  });

  test("gives npm the refusal to print, in the full form", () => {
    const versions = Array.from({ length: 25 }, (_, minor) => `1.${minor}.0`);
    const bytes = document(["2.0.0", ...versions].map((version) => manifest(version)));
    const { policyRestrictions } = render(bytes, "full", versions);
    expect(Object.keys(policyRestrictions?.versions ?? {})).toEqual(versions);
    const lines = policyRestrictions?.message.split("\n") ?? [];
    expect(lines).toHaveLength(21);
    expect(lines[19]).toMatch(/^left@1\.24\.0 is blocked in the registry .*: miner/u);
    expect(lines[20]).toBe("5 more versions are refused.");
    const requestUrl = "http://here.test/-/request?registry=default&package=left";
    const told = renderUpstreamView(bytes, {
      form: "full",
      packageUrl: PACKAGE_URL,
      requestUrl,
      policy: policy(versions),
    });
    const { policyRestrictions: withPage } = JSON.parse(Buffer.from(told.bytes).toString()) as Packument;
    expect(withPage?.message).toBe(`${policyRestrictions?.message}\nAsk at ${requestUrl}`);
    expect(render(bytes, "abbreviated", versions).policyRestrictions).toBeUndefined();
    expect(render(bytes).policyRestrictions).toBeUndefined();
  });

  test("tells that nothing is left", () => {
    const view = renderUpstreamView(document([manifest("1.0.0")]), {
      form: "full",
      packageUrl: PACKAGE_URL,
      policy: policy(["*"]),
    });
    expect(view.shown).toBe(0);
    expect(view.hidden).toHaveLength(1);
  });

  test("lists versions with build metadata without it", () => {
    const bytes = document([manifest("1.0.0"), manifest("1.1.0+4.17.0")], {
      "dist-tags": { latest: "1.1.0+4.17.0" },
    });
    const got = render(bytes);
    expect(Object.keys(got.versions)).toEqual(["1.0.0", "1.1.0"]);
    expect(got.versions["1.1.0"]).toMatchObject({
      version: "1.1.0",
      _id: "left@1.1.0",
      dist: {
        tarball: `${PACKAGE_URL}/-/left-1.1.0.tgz`,
        upstreamVersion: "1.1.0+4.17.0",
        integrity: "sha512-x",
      },
    });
    expect(got["dist-tags"]).toEqual({ latest: "1.1.0" });
    expect(got.time["1.1.0"]).toBe("2026-01-02T00:00:00.000Z");

    const index = indexDocument(bytes, "left").serialize();
    expect(readVersionFacts(index, "1.1.0+4.17.0")).toEqual(readVersionFacts(index, "1.1.0"));
    expect(readVersionFacts(index, "1.1.0")).toMatchObject({
      upstreamVersion: "1.1.0+4.17.0",
      tarball: "https://upstream.test/left/-/left-1.1.0+4.17.0.tgz",
    });
    expect(readVersionFacts(index, "1.1.0+other")).toBeNull();
    expect(indexSummary(index).distTags).toEqual(new Map([["latest", "1.1.0"]]));
  });

  test("takes the later of two versions that differ in build metadata only", () => {
    const bytes = document([manifest("1.0.0+b"), manifest("1.0.0+a"), manifest("1.0.0+c")], {
      time: {
        "1.0.0+b": "2026-01-01T00:00:00Z",
        "1.0.0+a": "2026-03-01T00:00:00Z",
        "1.0.0+c": "2026-02-01T00:00:00Z",
      },
    });
    expect(render(bytes).versions["1.0.0"]).toMatchObject({ dist: { upstreamVersion: "1.0.0+a" } });
    expect(readVersionFacts(indexDocument(bytes, "left").serialize(), "1.0.0")).toMatchObject({
      upstreamVersion: "1.0.0+a",
      otherSpellings: ["1.0.0+c", "1.0.0+b"],
    });
  });

  test("blocks a version by the upstream's spelling too", () => {
    expect(
      render(document([manifest("1.1.0+4.17.0"), manifest("1.0.0")]), "full", ["1.1.0+4.17.0"]).versions,
    ).not.toHaveProperty(["1.1.0"]);
  });

  test("leaves out what is no version, and tags that point nowhere", () => {
    const bytes = document([manifest("1.0.0"), manifest("v2.0.0"), manifest("1.0"), manifest("__proto__")], {
      "dist-tags": { latest: "9.0.0", next: "v2.0.0", beta: 7 },
    });
    const got = render(bytes);
    expect(Object.keys(got.versions)).toEqual(["1.0.0"]);
    expect(got["dist-tags"]).toEqual({ latest: "1.0.0" });
    expect(Object.keys(got.time)).toEqual(["1.0.0"]);
  });

  test("builds a tarball URL where the upstream has none", () => {
    for (const dist of [undefined, null, {}, { tarball: 5 }, { integrity: "sha512-y" }]) {
      const got = render(document([manifest("1.0.0", { dist })]), "abbreviated");
      expect(got.versions["1.0.0"]?.["dist"]).toMatchObject({ tarball: `${PACKAGE_URL}/-/left-1.0.0.tgz` });
    }
  });

  test("takes the last of repeated members, for policy and client alike", () => {
    const twice = (dist: string): Buffer =>
      Buffer.from(
        `{"name":"left","versions":{"1.0.0":{"name":"left","version":"1.0.0","dist":{}}},` +
          `"versions":{"1.0.0":{"version":"9.9.9","name":"left","version":"1.0.0",${dist}}}}`,
      );
    const bytes = twice(
      '"dist":{"tarball":"https://a.test/2","integrity":"sha512-old"},"dist":{"tarball":"https://a.test/3"}',
    );
    expect(render(bytes).versions["1.0.0"]).toEqual({
      name: "left",
      version: "1.0.0",
      dist: { tarball: `${PACKAGE_URL}/-/left-1.0.0.tgz` },
    });
    expect(readVersionFacts(indexDocument(bytes, "left").serialize(), "1.0.0")).toMatchObject({
      tarball: "https://a.test/3",
      integrity: null,
    });
  });

  test("keeps times of versions that are no more in the full form only", () => {
    const time = {
      "created": "2020-01-01T00:00:00Z",
      "modified": "2026-01-01T00:00:00Z",
      "0.9.0": "2020-01-01T00:00:00Z",
      "unpublished": { a: 1 },
    };
    const bytes = document([manifest("1.0.0")], { time });
    expect(Object.keys(render(bytes).time)).toEqual(["created", "modified", "0.9.0", "unpublished"]);
    const short = render(bytes, "abbreviated");
    expect(Object.keys(short)).toEqual(["name", "modified", "dist-tags", "versions", "time"]);
    expect(short.time).toEqual({ created: "2020-01-01T00:00:00.000Z", modified: "2026-01-01T00:00:00.000Z" });
  });

  test("drops a deprecation that says nothing, and derives hasInstallScript", () => {
    const bytes = document([
      manifest("1.0.0", { deprecated: "" }),
      manifest("1.1.0", { deprecated: false, scripts: { postinstall: "x" } }),
      manifest("1.2.0", { deprecated: "old", scripts: { test: "x" }, bundledDependencies: ["a"] }),
      manifest("1.3.0", { scripts: { install: "" } }),
    ]);
    expect(render(bytes).versions["1.0.0"]).not.toHaveProperty("deprecated");
    const short = render(bytes, "abbreviated").versions;
    expect(short["1.1.0"]).not.toHaveProperty("deprecated");
    expect(short["1.1.0"]).toMatchObject({ hasInstallScript: true });
    expect(short["1.2.0"]).toMatchObject({ deprecated: "old", bundleDependencies: ["a"] });
    expect(short["1.2.0"]).not.toHaveProperty("hasInstallScript");
    expect(short["1.3.0"]).not.toHaveProperty("hasInstallScript");
    const index = indexDocument(bytes, "left").serialize();
    expect(readVersionFacts(index, "1.1.0")).toMatchObject({ hasInstallScript: true, deprecated: null });
    expect(readVersionFacts(index, "1.2.0")).toMatchObject({ hasInstallScript: false, deprecated: "old" });
    expect(readVersionFacts(index, "1.3.0")).toMatchObject({ hasInstallScript: false });
  });
});

describe("indexDocument", () => {
  test.each([
    ["another package", '{"name":"right"}', "another package"],
    ["no name", "{}", "does not say its name"],
    ["an array", "[]", "expected an object"],
    ["HTML", "<html>", "expected an object"],
    ["nothing", "", "expected an object"],
    ["a cut document", '{"name":"left","versions":{"1.0.0":{"na', "not closed"],
    ["a tail", '{"name":"left"} x', "something after its end"],
    ["versions of the wrong type", '{"name":"left","versions":[]}', "versions"],
    ["tags of the wrong type", '{"name":"left","dist-tags":"latest"}', "dist-tags"],
  ])("refuses %s", (_, text, complaint) => {
    expect(() => indexDocument(Buffer.from(text), "left")).toThrow(
      expect.objectContaining({ code: "upstream-invalid" }),
    );
    expect(() => indexDocument(Buffer.from(text), "left")).toThrow(complaint);
  });

  test("refuses what is not UTF-8", () => {
    const bytes = Buffer.concat([
      Buffer.from('{"name":"left","readme":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}'),
    ]);
    expect(() => indexDocument(bytes, "left")).toThrow("not UTF-8");
  });

  test("keeps one line per version, also of a document with line breaks", () => {
    const source = JSON.parse(
      document([
        manifest("1.0.0", { dependencies: { a: "^1" }, license: { type: "MIT" } }),
        manifest("11.0.0"),
      ]).toString(),
    ) as Json;
    const index = indexDocument(Buffer.from(JSON.stringify(source, null, 2)), "left").serialize();
    expect(Buffer.from(index).toString().split("\n")).toHaveLength(3);
    expect(readVersionFacts(index, "1.0.0")).toMatchObject({
      dependencies: { a: "^1" },
      license: { type: "MIT" },
    });
    for (const absent of ["1.0", "1.0.0-", ".", "1", "0.0.0", "(.*)", "1.0.0 ", "\n1.0.0"]) {
      expect(readVersionFacts(index, absent)).toBeNull();
    }
  });
});
