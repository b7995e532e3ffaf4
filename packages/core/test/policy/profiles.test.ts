import { describe, expect, test } from "vitest";
import { decide } from "../../src/policy/decide.ts";
import { PROFILES, RULE_IDS } from "../../src/policy/default-settings.ts";
import { judgePackage } from "../../src/policy/judge-package.ts";
import { parseRuleOptions } from "../../src/policy/rule-options.ts";
import { RULES } from "../../src/policy/rules/index.ts";
import type { PolicyContext, VersionFacts } from "../../src/policy/verdict.ts";
import { advisoryOf, below, contextOf, DAY, factsOf, HOUR, iso, NOW, servedAs } from "./fixtures.ts";

function published(version: string, daysAgo: number, known: Partial<VersionFacts> = {}): VersionFacts {
  return factsOf(version, { publishedAt: iso(NOW - daysAgo * DAY), ...known });
}

function visible(versions: readonly VersionFacts[], context: PolicyContext): string[] {
  const { hidden } = judgePackage(
    versions.map((facts) => ({ ...facts, facts: () => facts })),
    context,
  );
  return versions.map(({ version }) => version).filter((version) => !hidden.has(version));
}

describe("the strict profile", () => {
  const versions = [
    published("1.0.0", 400),
    published("1.0.1", 300),
    published("1.1.0-rc.1", 200),
    published("1.1.0", 100, { hasInstallScript: true }),
    published("1.2.0", 2),
    published("1.0.2", 2),
  ];

  test("leaves what is old, released, without scripts and faults; and the fix of two days ago", () => {
    const fault = { introduced: "1.0.1", end: { kind: "fixed" as const, version: "1.0.2" } };
    const context = contextOf({
      rules: PROFILES.strict,
      advisories: [advisoryOf({ affected: { versions: [], intervals: [fault] } })],
    });
    expect(visible(versions, context)).toEqual(["1.0.0", "1.0.2"]);
  });

  test("refuses each of the others by another rule", () => {
    const context = contextOf({
      rules: PROFILES.strict,
      advisories: [advisoryOf({ affected: below("1.0.1") })],
    });
    const { hidden } = judgePackage(
      versions.map((facts) => ({ ...facts, facts: () => facts })),
      context,
    );
    const rules = [...hidden].map(([version, { rule }]) => `${version} ${rule}`);
    expect(rules).toEqual([
      "1.0.0 vulnerability",
      "1.1.0-rc.1 prerelease",
      "1.1.0 install-script",
      "1.2.0 age",
      "1.0.2 age",
    ]);
    expect(hidden.get("1.2.0")).toMatchObject({
      outcome: "hold",
      until: NOW + 12 * DAY,
      alternatives: ["1.0.1"],
    });
  });
});

test("the standard profile has nothing against a package of which nothing bad is known", () => {
  const risky = published("1.0.0-rc.1", 0, { hasInstallScript: true, license: null, hasSignatures: false });
  expect(decide(risky, contextOf({ rules: PROFILES.standard }))).toMatchObject({
    outcome: "allow",
    rule: "default",
  });
});

test("the delay of upstream versions lets go by the clock", () => {
  const options = parseRuleOptions("age", { hours: 7 * 24, firstReleaseHours: 0 });
  const rules = { ...PROFILES.standard, age: { mode: "enforce" as const, options } };
  const versions = [published("1.2.3", 100), published("1.3.0", 1)];
  expect(visible(versions, contextOf({ rules }))).toEqual(["1.2.3"]);
  expect(visible(versions, contextOf({ rules, now: NOW + 6 * DAY - HOUR }))).toEqual(["1.2.3"]);
  expect(visible(versions, contextOf({ rules, now: NOW + 6 * DAY }))).toEqual(["1.2.3", "1.3.0"]);
});

test("every rule is asked, three times for the operator (refused, frozen, allowed), in the order of the profiles", () => {
  const asked = [...new Set(RULES.map(({ id }) => id))];
  expect(asked.sort()).toEqual([...RULE_IDS].sort());
  expect(RULES.map(({ id }) => id)).toEqual([
    "operator-status",
    "operator-status",
    "malware",
    "name-claim",
    "published-secret",
    "integrity-change",
    "operator-status",
    "suspected-malware",
    "deny-list",
    "allow-only",
    "scanned-only",
    "review-first",
    "trust-downgrade",
    "vulnerability",
    "licence",
    "install-script",
    "look-alike",
    "prerelease",
    "deprecated",
    "age",
    "unlisted",
    "newer-patch",
    "recent",
    "aged",
  ]);
});

test("what is in use stays available to those who pinned it, whatever rule comes over it later", () => {
  const context = contextOf({
    rules: { ...PROFILES.strict, "install-script": { mode: "off", options: { condition: "any" } } },
    advisories: [],
    served: servedAs("1.3.0", "2.0.0-rc.1"),
  });
  for (const facts of [published("1.3.0", 1), published("2.0.0-rc.1", 100)]) {
    expect(decide(facts, context).outcome).toBe("hide");
  }
});
