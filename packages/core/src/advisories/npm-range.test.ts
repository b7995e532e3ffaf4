import fc from "fast-check";
import semver from "semver";
import { describe, expect, test } from "vitest";
import type { AffectedInterval, AffectedVersions } from "./advisory.ts";
import { isAffected } from "./match.ts";
import { fixedVersionsOf, npmRangeOf, patchedRangeOf } from "./npm-range.ts";

/** How npm evaluates `vulnerable_versions`. */
const NPM_OPTIONS = { includePrerelease: true, loose: true };

function affectedBy(
  intervals: readonly AffectedInterval[],
  versions: readonly string[] = [],
): AffectedVersions {
  return { versions, intervals };
}

function below(version: string): AffectedInterval {
  return { introduced: "0", end: { kind: "fixed", version } };
}

describe("npmRangeOf", () => {
  test.each([
    ["nothing", affectedBy([]), "<0.0.0-0"],
    ["everything", affectedBy([{ introduced: "0", end: null }]), "*"],
    ["from the first release on", affectedBy([{ introduced: "0.0.0", end: null }]), ">=0.0.0"],
    ["below a version", affectedBy([below("1.2.0")]), "<1.2.0"],
    [
      "an inclusive end",
      affectedBy([{ introduced: "1.0.0", end: { kind: "lastAffected", version: "1.9.0" } }]),
      ">=1.0.0 <=1.9.0",
    ],
    ["listed only", affectedBy([], ["2.0.0", "1.0.0"]), "=1.0.0 || =2.0.0"],
    ["listed inside an interval", affectedBy([below("1.2.0")], ["1.0.0", "1.2.0"]), "<=1.2.0"],
    ["loose spellings", affectedBy([], ["v1.0.0", "1.0"]), "<0.0.0-0"],
    [
      "stretches that touch",
      affectedBy([{ introduced: "1.2.0", end: { kind: "fixed", version: "1.4.0" } }, below("1.2.0")]),
      "<1.4.0",
    ],
    ["one inside another", affectedBy([below("3.0.0"), below("1.0.0")]), "<3.0.0"],
    [
      "an end before the beginning",
      affectedBy([{ introduced: "2.0.0", end: { kind: "fixed", version: "1.0.0" } }]),
      "<0.0.0-0",
    ],
  ])("%s", (_what, affected, range) => {
    expect(npmRangeOf(affected)).toBe(range);
  });

  test("is evaluated by npm exactly as we do, pre-releases included", { timeout: 60_000 }, () => {
    let affectedOnes = 0;
    const others = fc.array(version(), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(affectedVersions(), others, (affected, random) => {
        const range = npmRangeOf(affected);
        const candidates = [...new Set([...random, ...nearby(affected)])];
        const expected = candidates.filter((candidate) => isAffected(affected, candidate));
        affectedOnes += expected.length;
        const npm = new semver.Range(range, NPM_OPTIONS);
        expect(
          candidates.filter((candidate) => npm.test(candidate)),
          range,
        ).toEqual(expected);
      }),
      { numRuns: 1500 },
    );
    expect(affectedOnes).toBeGreaterThan(1000);
  });
});

describe("fixedVersionsOf and patchedRangeOf", () => {
  test.each<{ what: string; affected: AffectedVersions; fixed: string[]; patched: string }>([
    {
      what: "nothing fixed",
      affected: affectedBy([{ introduced: "0", end: null }]),
      fixed: [],
      patched: "<0.0.0",
    },
    { what: "one fix", affected: affectedBy([below("1.2.0")]), fixed: ["1.2.0"], patched: ">=1.2.0" },
    {
      what: "a fix in each line",
      affected: affectedBy([
        { introduced: "2.0.0", end: { kind: "fixed", version: "2.3.0" } },
        below("1.2.0"),
      ]),
      fixed: ["1.2.0", "2.3.0"],
      patched: ">=1.2.0 <2.0.0 || >=2.3.0",
    },
    {
      what: "fixed by one, affected by another",
      affected: affectedBy([
        below("1.2.0"),
        { introduced: "1.1.0", end: { kind: "fixed", version: "1.3.0" } },
      ]),
      fixed: ["1.3.0"],
      patched: ">=1.3.0",
    },
    {
      what: "an inclusive end is no fix",
      affected: affectedBy([{ introduced: "0", end: { kind: "lastAffected", version: "1.9.0" } }]),
      fixed: [],
      patched: "<0.0.0",
    },
    {
      what: "a fix that is listed",
      affected: affectedBy([below("1.2.0")], ["1.2.0"]),
      fixed: [],
      patched: "<0.0.0",
    },
  ])("$what", ({ affected, fixed, patched }) => {
    expect(fixedVersionsOf(affected)).toEqual(fixed);
    expect(patchedRangeOf(affected)).toBe(patched);
  });

  test("what is fixed is not affected", () => {
    fc.assert(
      fc.property(affectedVersions(), (affected) => {
        for (const fixed of fixedVersionsOf(affected)) expect(isAffected(affected, fixed)).toBe(false);
      }),
    );
  });
});

/** Versions from a small space, so that they meet: with pre-releases, zeros, long and odd identifiers. */
function version(): fc.Arbitrary<string> {
  const number = fc.constantFrom(0, 0, 1, 2, 3, 10, 9007199254740991);
  const identifier = fc.oneof(
    fc.constantFrom(
      "0",
      "1",
      "2",
      "10",
      "a",
      "alpha",
      "beta",
      "rc",
      "rc1",
      "x",
      "X",
      "-",
      "--",
      "0a",
      "A",
      "1-0",
    ),
    fc.constantFrom("20210922031142123", "20210922031142125", "a".repeat(240)),
  );
  const prerelease = fc.option(fc.array(identifier, { minLength: 1, maxLength: 3 }), { freq: 2 });
  return fc
    .tuple(number, number, number, prerelease)
    .map(([major, minor, patch, identifiers]) => {
      const core = `${major}.${minor}.${patch}`;
      return identifiers === null ? core : `${core}-${identifiers.join(".")}`;
    })
    .filter((text) => text.length <= 256);
}

function interval(): fc.Arbitrary<AffectedInterval> {
  const introduced = fc.oneof(fc.constantFrom("0", "0.0.0", "0.0.0-0"), version());
  const end = fc.record({
    kind: fc.constantFrom("fixed" as const, "lastAffected" as const),
    version: version(),
  });
  return fc.record({ introduced, end: fc.option(end, { freq: 5 }) });
}

function affectedVersions(): fc.Arbitrary<AffectedVersions> {
  const loose = fc.constantFrom("v1.0.0", "1.0", "01.0.0", "latest", "", "||", "*");
  return fc.record({
    versions: fc.array(fc.oneof({ arbitrary: version(), weight: 4 }, { arbitrary: loose, weight: 1 }), {
      maxLength: 4,
    }),
    intervals: fc.array(interval(), { maxLength: 4 }),
  });
}

/** The boundaries themselves, and what comes right before and after them. */
function nearby({ versions, intervals }: AffectedVersions): string[] {
  const bounds = [
    ...versions,
    ...intervals.flatMap(({ introduced, end }) => [introduced, end?.version ?? "0.0.0"]),
  ];
  return bounds.flatMap((bound) => {
    const parsed = semver.parse(bound);
    if (parsed === null || bound.length > 240) return [];
    const core = `${parsed.major}.${parsed.minor}.${parsed.patch}`;
    const above = `${parsed.version}${parsed.prerelease.length === 0 ? "-" : "."}0`;
    const next = semver.inc(core, "patch") ?? "";
    const around = [parsed.version, core, `${core}-0`, `${core}-zzz`, above, next, "0.0.0-0"];
    return around.filter((candidate) => semver.valid(candidate) !== null);
  });
}
