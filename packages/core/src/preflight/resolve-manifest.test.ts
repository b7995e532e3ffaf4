import fc from "fast-check";
import semver from "semver";
import { describe, expect, it } from "vitest";
import type { WantedPackage } from "../lockfiles/lockfile.ts";
import { bareFacts } from "../policy/judge-package.ts";
import type { Verdict } from "../policy/verdict.ts";
import type { Lift } from "./lift.ts";
import type { PackageLookup, PreflightOptions } from "./package-standing.ts";
import { resolveManifest, type ManifestCheck } from "./resolve-manifest.ts";

/** A version of the world: what it depends on, and whether it is refused; by nothing that can be lifted: null. */
interface FakeVersion {
  dependencies?: Record<string, string>;
  refused?: Lift | null | undefined;
  deprecated?: boolean | undefined;
}
type World = Record<string, Record<string, FakeVersion>>;

const HELD: Lift = { rules: ["age"], until: 1000 };
const GRAVE: Lift = { rules: ["vulnerability"], until: null };

function verdict(lift: Lift | null): Verdict {
  return {
    outcome: "deny",
    rule: lift?.rules[0] ?? "operator-status",
    reason: "it is refused",
    evidence: {},
    until: lift?.until ?? null,
    recheckAt: null,
    alternatives: [],
    reference: null,
  };
}

function lookupIn(world: World, passes: ReadonlySet<string> = new Set()): PackageLookup {
  return async (name) => {
    const found = world[name];
    if (found === undefined) return { why: "there is no such package", isMissing: true };
    const versions = Object.keys(found);
    const isHidden = (version: string): boolean =>
      found[version]?.refused !== undefined && !passes.has(`${name}@${version}`);
    const latest = versions.toSorted(semver.rcompare)[0] ?? "";
    return {
      versions,
      distTags: new Map([["latest", latest]]),
      hidden: new Map(
        versions.filter(isHidden).map((version) => [version, verdict(found[version]?.refused ?? null)]),
      ),
      facts: async (version) => ({
        ...bareFacts({ version, upstreamVersion: null, origin: "upstream" }),
        dependencies: found[version]?.dependencies ?? null,
        deprecated: found[version]?.deprecated === true ? "old" : null,
      }),
      lift: async (version) => found[version]?.refused ?? null,
    };
  };
}

function wantedOf(
  ranges: Record<string, string>,
  kind: WantedPackage["kind"] = "dependency",
): WantedPackage[] {
  return Object.entries(ranges).map(([name, range]) => ({ name, range, kind }));
}

async function resolve(
  world: World,
  wanted: readonly WantedPackage[],
  known: Partial<PreflightOptions> & { passes?: ReadonlySet<string> } = {},
): Promise<ManifestCheck> {
  const { passes, ...options } = known;
  const lookup = lookupIn(world, passes);
  return await resolveManifest(wanted, {
    lookup,
    concurrency: 4,
    pause: async () => undefined,
    isOver: () => false,
    onProgress: () => undefined,
    ...options,
  });
}

const needed = (check: ManifestCheck): string[] =>
  check.needed.map(({ name, version }) => `${name}@${version}`);

describe("what a manifest asks for", () => {
  it("is followed through what is chosen under policy", async () => {
    const check = await resolve(
      {
        a: { "1.0.0": { dependencies: { b: "^1.0.0" } }, "1.1.0": { refused: HELD } },
        b: { "1.0.0": {}, "1.2.0": { deprecated: true } },
      },
      wantedOf({ a: "^1.0.0" }),
    );
    expect(check).toMatchObject({ chosenCount: 2, blocked: [], needed: [], missing: [], notChecked: [] });
  });

  it("is a dead end where a range below has no version left, and one exception unblocks it", async () => {
    const check = await resolve(
      {
        a: { "1.0.0": { dependencies: { b: "^1.0.0" } } },
        b: { "1.0.0": { refused: GRAVE }, "1.1.0": { refused: HELD, dependencies: { c: "1" } }, "2.0.0": {} },
        c: { "1.0.0": {} },
      },
      wantedOf({ a: "^1.0.0" }),
    );
    expect(check.blocked).toMatchObject([
      {
        name: "b",
        range: "^1.0.0",
        path: ["a@1.0.0"],
        candidates: [{ version: "1.1.0" }, { version: "1.0.0" }],
      },
    ]);
    expect(check.needed).toMatchObject([{ name: "b", version: "1.1.0", lift: HELD }]);
    expect([check.stuck, check.chosenCount]).toEqual([[], 3]);
  });

  it("needs one version for several ranges where one fits them all", async () => {
    const check = await resolve(
      {
        a: { "1.0.0": { dependencies: { c: "^1.0.0" } } },
        b: { "1.0.0": { dependencies: { c: "1.0.0" } } },
        c: { "1.0.0": { refused: GRAVE }, "1.1.0": { refused: HELD } },
      },
      wantedOf({ a: "*", b: "*" }),
    );
    expect(needed(check)).toEqual(["c@1.0.0"]);
    expect(check.blocked.length).toBe(2);
  });

  it("needs what lies behind an exception too", async () => {
    const check = await resolve(
      { a: { "1.0.0": { refused: HELD, dependencies: { b: "1" } } }, b: { "1.0.0": { refused: HELD } } },
      wantedOf({ a: "1.0.0" }),
    );
    expect(needed(check)).toEqual(["a@1.0.0", "b@1.0.0"]);
    expect(check.blocked.map(({ path }) => path)).toEqual([[], ["a@1.0.0"]]);
  });

  it("is stuck where no exception may help", async () => {
    const check = await resolve({ a: { "1.0.0": { refused: null } } }, wantedOf({ a: "1" }));
    expect(check).toMatchObject({ needed: [], stuck: [{ name: "a", range: "1" }] });
  });

  it("needs nothing for what is optional, unless something else asks for it", async () => {
    const world: World = { a: { "1.0.0": { refused: HELD } }, b: { "1.0.0": { dependencies: { a: "1" } } } };
    const optional = wantedOf({ a: "1" }, "optional");
    expect(await resolve(world, optional)).toMatchObject({ needed: [], blocked: [{ isOptional: true }] });
    const both = await resolve(world, [...optional, ...wantedOf({ b: "1" })]);
    expect([needed(both), both.blocked[0]?.isOptional]).toEqual([["a@1.0.0"], false]);
  });

  it("tells what is missing, what comes from elsewhere, and follows circles once", async () => {
    const check = await resolve(
      {
        a: { "1.0.0": { dependencies: { a: "1", gone: "1", git: "u/r", b: "^9", alias: "npm:c@1" } } },
        b: { "1.0.0": {} },
        c: { "1.0.0": {} },
      },
      wantedOf({ a: "1" }),
    );
    expect(check.missing.map(({ name, range, why }) => `${name}@${range}: ${why}`)).toEqual([
      "gone@1: there is no such package",
      "b@^9: no version fits",
    ]);
    expect(check.notChecked).toEqual([{ what: "git@u/r", why: "it comes from no registry" }]);
    expect(check.chosenCount).toBe(2);
  });

  it("is not followed for ever", async () => {
    const deep: World = {};
    for (let at = 0; at < 300; at += 1) {
      deep[`p${at}`] = { "1.0.0": { dependencies: { [`p${at + 1}`]: "1" } } };
    }
    const check = await resolve(deep, wantedOf({ p0: "1" }));
    expect(check.chosenCount).toBe(200);
    expect(check.notChecked).toMatchObject([{ what: "the rest" }]);
  });

  it("says what it had no time for, and how far it is", async () => {
    const progress: number[] = [];
    const check = await resolve(
      { a: { "1.0.0": { dependencies: { b: "1" } } }, b: { "1.0.0": {} } },
      wantedOf({ a: "1" }),
      { isOver: () => progress.length >= 2, onProgress: ({ done }) => progress.push(done) },
    );
    expect(check.notChecked).toEqual([{ what: "b", why: "there was no time left for it" }]);
  });
});

const NAMES = ["a", "b", "c", "d", "e"];
const VERSIONS = ["1.0.0", "1.1.0", "1.2.0", "2.0.0"];
const range = fc.constantFrom("*", "^1.0.0", "~1.1.0", "1.0.0", "1.2.0", ">=1.1.0", "^2.0.0", "latest");
const dependencies = fc.dictionary(fc.constantFrom(...NAMES), range, { maxKeys: 3 });
const lift = fc.constantFrom<Lift | null | undefined>(undefined, undefined, HELD, GRAVE, HELD, null);
const version = fc.record({ dependencies, refused: lift, deprecated: fc.boolean() });
const packageOf = fc.dictionary(fc.constantFrom(...VERSIONS), version, { minKeys: 1, maxKeys: 4 });
const world: fc.Arbitrary<World> = fc.record({
  a: packageOf,
  b: packageOf,
  c: packageOf,
  d: packageOf,
  e: packageOf,
});

/** Ranges without a version that an installation needs. */
function openIn(check: ManifestCheck): Set<string> {
  return new Set(
    check.stuck.filter((item) => !item.isOptional).map(({ name, range: text }) => `${name}@${text}`),
  );
}

/** Those of a manifest that is resolved as things stand. */
async function openAsThingsStand(
  where: World,
  wanted: WantedPackage[],
  passes: Set<string>,
): Promise<Set<string>> {
  const unliftable = structuredClone(where);
  for (const versions of Object.values(unliftable)) {
    for (const item of Object.values(versions)) if (item.refused !== undefined) item.refused = null;
  }
  return openIn(await resolve(unliftable, wanted, { passes }));
}

it("proposes what unblocks a manifest, and nothing that could be spared", async () => {
  await fc.assert(
    fc.asyncProperty(world, dependencies, async (where, ranges) => {
      const wanted = wantedOf(ranges);
      const check = await resolve(where, wanted);
      const passes = new Set(needed(check));
      const open = await openAsThingsStand(where, wanted, passes);
      expect(open).toEqual(openIn(check));
      for (const { name, candidates } of check.stuck.flatMap((item) => blockedOf(check, item))) {
        for (const item of candidates) expect(where[name]?.[item.version]?.refused).toBeNull();
      }
      for (const spared of passes) {
        const fewer = new Set([...passes].filter((item) => item !== spared));
        const opened = await openAsThingsStand(where, wanted, fewer);
        expect([...opened].some((key) => !open.has(key))).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
}, 60_000);

function blockedOf(check: ManifestCheck, of: { name: string; range: string }): ManifestCheck["blocked"] {
  return check.blocked.filter((item) => item.name === of.name && item.range === of.range);
}
