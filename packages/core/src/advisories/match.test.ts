import fc from "fast-check";
import semver from "semver";
import { describe, expect, test } from "vitest";
import type { AffectedVersions, PackageAdvisory } from "./advisory.ts";
import { withEvidence } from "./exploit-evidence.ts";
import { isAffected, matchAdvisories } from "./match.ts";
import { npmRangeOf } from "./npm-range.ts";
import { parseOsvRecord } from "./parse-osv.ts";

type Events = Record<string, string>[];

/** What a record says about the package `left-pad`. */
function affectedBy({ events, versions }: { events?: Events; versions?: string[] }): AffectedVersions {
  const ranges = events === undefined ? [] : [{ type: "SEMVER", events }];
  return advisoryOf({ ranges, ...(versions === undefined ? {} : { versions }) }).affected;
}

function advisoryOf(
  entry: Record<string, unknown>,
  record: Record<string, unknown> = {},
  name = "left-pad",
): PackageAdvisory {
  const raw = {
    id: "GHSA-test",
    modified: "2026-01-01T00:00:00Z",
    affected: [{ package: { ecosystem: "npm", name }, ...entry }],
    ...record,
  };
  const parsed = parseOsvRecord(raw, "test");
  if ("problem" in parsed) throw new Error(parsed.problem);
  const affected = parsed.packages.get(name);
  if (affected === undefined) throw new Error(`nothing about ${name}`);
  return { ...parsed.advisory, affected };
}

function affectedOf(affected: AffectedVersions, versions: readonly string[]): string[] {
  return versions.filter((version) => isAffected(affected, version));
}

/** One test for each pitfall of matching that is known from other products. */
describe("pitfalls", () => {
  test("a list without a range means the list, and introduced 0 means from the lowest version on", () => {
    const listed = affectedBy({ versions: ["1.0.1"] });
    expect(affectedOf(listed, ["1.0.0", "1.0.1", "1.0.2"])).toEqual(["1.0.1"]);
    const all = affectedBy({ events: [{ introduced: "0" }] });
    expect(affectedOf(all, ["0.0.0-0", "0.0.0-alpha", "0.0.0", "99.0.0"])).toHaveLength(4);
    const both = affectedBy({ versions: ["1.0.1"], events: [{ introduced: "2.0.0" }] });
    expect(affectedOf(both, ["1.0.0", "1.0.1", "2.0.0"])).toEqual(["1.0.1", "2.0.0"]);
    const neither = affectedBy({});
    expect(affectedOf(neither, ["0.0.0", "1.0.1"])).toEqual([]);
    const first = affectedBy({ events: [{ introduced: "0.0.0" }] });
    expect(affectedOf(first, ["0.0.0-alpha", "0.0.0"])).toEqual(["0.0.0"]);
  });

  test("events count in the order of their versions, in pairs", () => {
    const pairs = affectedBy({
      events: [{ fixed: "2.3.0" }, { introduced: "2.0.0" }, { fixed: "1.2.10" }, { introduced: "1.2.9" }],
    });
    const versions = ["1.2.8", "1.2.9", "1.2.10", "1.9.0", "2.0.0", "2.2.9", "2.3.0"];
    expect(affectedOf(pairs, versions)).toEqual(["1.2.9", "2.0.0", "2.2.9"]);
  });

  test("fixed is exclusive, last_affected inclusive, limit cuts", () => {
    const versions = ["1.0.0", "1.4.9", "1.5.0", "1.5.1"];
    expect(affectedOf(affectedBy({ events: [{ introduced: "0" }, { fixed: "1.5.0" }] }), versions)).toEqual([
      "1.0.0",
      "1.4.9",
    ]);
    const last = affectedBy({ events: [{ introduced: "0" }, { last_affected: "1.5.0" }] });
    expect(affectedOf(last, versions)).toEqual(["1.0.0", "1.4.9", "1.5.0"]);
    const limited = affectedBy({ events: [{ introduced: "0" }, { limit: "1.0.1" }, { limit: "1.5.0" }] });
    expect(affectedOf(limited, versions)).toEqual(["1.0.0", "1.4.9"]);
    const limitedLate = affectedBy({ events: [{ introduced: "0" }, { fixed: "1.4.0" }, { limit: "9.0.0" }] });
    expect(affectedOf(limitedLate, versions)).toEqual(["1.0.0"]);
    const limitedBefore = affectedBy({ events: [{ introduced: "1.5.0" }, { limit: "1.5.0" }] });
    expect(affectedOf(limitedBefore, versions)).toEqual([]);
    const unlimited = affectedBy({ events: [{ introduced: "1.5.0" }, { limit: "*" }] });
    expect(affectedOf(unlimited, versions)).toEqual(["1.5.0", "1.5.1"]);
  });

  test("what begins and ends at one version is that version, or nothing", () => {
    const versions = ["0.9.0", "1.0.0", "1.0.1", "2.0.0"];
    const one = affectedBy({ events: [{ introduced: "1.0.0" }, { last_affected: "1.0.0" }] });
    expect(affectedOf(one, versions)).toEqual(["1.0.0"]);
    expect(
      affectedOf(affectedBy({ events: [{ introduced: "1.0.0" }, { fixed: "1.0.0" }] }), versions),
    ).toEqual([]);
    const without = affectedBy({
      events: [{ introduced: "0" }, { fixed: "1.0.0" }, { introduced: "1.0.0" }, { fixed: "2.0.0" }],
    });
    expect(affectedOf(without, versions)).toEqual(["0.9.0", "1.0.0", "1.0.1"]);
  });

  test("a pre-release of the fixed version is still affected", () => {
    const affected = affectedBy({ events: [{ introduced: "1.0.0" }, { fixed: "2.0.0" }] });
    const versions = ["1.0.0-rc.1", "1.0.0", "1.5.0-beta", "2.0.0-rc.1", "2.0.0", "2.0.1-rc.1"];
    expect(affectedOf(affected, versions)).toEqual(["1.0.0", "1.5.0-beta", "2.0.0-rc.1"]);
    const fixedInBeta = affectedBy({ events: [{ introduced: "0" }, { fixed: "5.0.0-beta.3" }] });
    const betas = [
      "5.0.0-alpha.9",
      "5.0.0-beta.2",
      "5.0.0-beta.3",
      "5.0.0-beta.10",
      "5.0.0-beta.x",
      "5.0.0-rc1",
    ];
    expect(affectedOf(fixedInBeta, betas)).toEqual(["5.0.0-alpha.9", "5.0.0-beta.2"]);
  });

  test("ranges of dependencies are another matter: they leave pre-releases out", () => {
    const affected = affectedBy({ events: [{ introduced: "1.2.3" }, { fixed: "2.0.0" }] });
    expect(isAffected(affected, "2.0.0-beta")).toBe(true);
    expect(semver.satisfies("2.0.0-beta", "^1.2.3")).toBe(false);
  });

  test("a range as GitHub's pages write it is no event", () => {
    const raw = { type: "SEMVER", events: [{ introduced: "0" }, { fixed: ">= 1.0, < 1.2.3" }] };
    expect(() => advisoryOf({ ranges: [raw] })).toThrow("which is not a version");
    const ignored = advisoryOf({
      ranges: [{ type: "SEMVER", events: [{ introduced: "0" }] }],
      database_specific: { last_known_affected_version_range: "<= 1.2.3" },
    });
    expect(isAffected(ignored.affected, "9.0.0")).toBe(true);
  });

  test("build metadata does not count", () => {
    const affected = affectedBy({ versions: ["1.0.0+build.1"], events: [{ introduced: "2.0.0+a" }] });
    expect(affectedOf(affected, ["1.0.0", "1.0.0+other", "1.0.1", "2.0.0", "2.0.0+b"])).toEqual([
      "1.0.0",
      "1.0.0+other",
      "2.0.0",
      "2.0.0+b",
    ]);
  });

  test("loose spellings match exactly what is listed, and are in no interval", () => {
    const long = `1.0.0-${"a".repeat(260)}`;
    const loose = ["v1.0.0", "1.0", "01.0.0", "9007199254740993.0.0", "latest", "", long];
    const all = affectedBy({ events: [{ introduced: "0" }] });
    expect(affectedOf(all, loose)).toEqual([]);
    const listed = affectedBy({ versions: ["v1.0.0", "1.0"] });
    expect(affectedOf(listed, [...loose, "1.0.0"])).toEqual(["v1.0.0", "1.0"]);
  });

  test("events of fewer than three parts are versions", () => {
    const affected = affectedBy({ events: [{ introduced: "1.2" }, { fixed: "1.90" }] });
    expect(affectedOf(affected, ["1.1.9", "1.2.0", "1.89.9", "1.90.0"])).toEqual(["1.2.0", "1.89.9"]);
    const major = affectedBy({ events: [{ introduced: "v1" }, { fixed: "2-rc.1" }] });
    expect(affectedOf(major, ["1.0.0", "2.0.0-rc.0", "2.0.0-rc.1"])).toEqual(["1.0.0", "2.0.0-rc.0"]);
  });

  test("names are case-sensitive", () => {
    const parsed = parseOsvRecord(
      {
        id: "GHSA-test",
        modified: "2026-01-01T00:00:00Z",
        affected: [{ package: { ecosystem: "npm", name: "JSONStream" }, versions: ["1.0.0"] }],
      },
      "test",
    );
    expect("packages" in parsed ? [...parsed.packages.keys()] : []).toEqual(["JSONStream"]);
  });

  test("what was withdrawn concerns nothing", () => {
    const entry = { versions: ["1.0.0"] };
    const list = [
      advisoryOf(entry, { id: "GHSA-a" }),
      advisoryOf(entry, { id: "GHSA-b", withdrawn: "2026-02-01T00:00:00Z" }),
      advisoryOf({ versions: ["2.0.0"] }, { id: "GHSA-c" }),
    ];
    expect(matchAdvisories(list, "1.0.0").map(({ id }) => id)).toEqual(["GHSA-a"]);
    expect(matchAdvisories(list, "3.0.0")).toEqual([]);
  });

  test("a placeholder that replaced malware is no safe version", () => {
    const malware = advisoryOf(
      { ranges: [{ type: "SEMVER", events: [{ introduced: "0" }] }] },
      { id: "MAL-2026-1" },
    );
    expect(matchAdvisories([malware], "0.0.1-security")).toEqual([malware]);
  });

  test("evidence of exploitation comes without a change of the advisory", () => {
    const advisory = advisoryOf({ versions: ["1.0.0"] }, { aliases: ["CVE-2026-1000"] });
    const seen = withEvidence(advisory, { kev: new Map([["CVE-2026-1000", "2026-03-01"]]), epss: new Map() });
    expect(seen).toEqual({ ...advisory, kevSince: "2026-03-01" });
  });

  test("members of an object's prototype are names like others", () => {
    for (const name of ["constructor", "hasownproperty", "toString", "valueOf"]) {
      expect(isAffected(advisoryOf({ versions: ["1.0.0"] }, {}, name).affected, "1.0.0")).toBe(true);
    }
    expect(() => advisoryOf({ versions: ["1.0.0"] }, {}, "__proto__")).toThrow("not a package name");
  });
});

describe("isAffected", () => {
  test("agrees with a plain reading of the events", () => {
    const version = fc
      .tuple(fc.nat(3), fc.nat(2), fc.constantFrom("", "-0", "-rc.1", "-rc.2"))
      .map(([major, minor, pre]) => `${major}.${minor}.0${pre}`);
    const kind = fc.constantFrom("introduced", "introduced", "fixed", "last_affected");
    const events = fc.uniqueArray(fc.tuple(kind, version), { maxLength: 6, selector: ([, text]) => text });
    fc.assert(
      fc.property(events, fc.array(version, { minLength: 1 }), (pairs, versions) => {
        const list = [["introduced", "0"] as const, ...pairs];
        const affected = affectedBy({ events: list.map(([name, text]) => ({ [name]: text })) });
        for (const candidate of versions) {
          expect(isAffected(affected, candidate)).toBe(isInsideByReading(list, candidate));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("answers for every text and throws for none", () => {
    const affected = affectedBy({ events: [{ introduced: "0" }, { fixed: "2.0.0" }], versions: ["x"] });
    fc.assert(fc.property(fc.string(), (text) => void isAffected(affected, text)));
    expect(npmRangeOf(affected)).toBe("<2.0.0");
  });
});

/** The evaluation that the OSV schema describes: one event after the other, lowest first. */
function isInsideByReading(events: readonly (readonly [string, string])[], version: string): boolean {
  const sorted = [...events].sort(([, a], [, b]) => {
    if (a === "0" || b === "0") return Number(a !== "0") - Number(b !== "0");
    return semver.compare(a, b);
  });
  let isInside = false;
  for (const [kind, at] of sorted) {
    if (kind === "introduced" && (at === "0" || semver.gte(version, at))) isInside = true;
    if (kind === "fixed" && semver.gte(version, at)) isInside = false;
    if (kind === "last_affected" && semver.gt(version, at)) isInside = false;
  }
  return isInside;
}
