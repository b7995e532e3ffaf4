import { describe, expect, test } from "vitest";
import { isEntrepotError } from "../errors.ts";
import { PROFILES, RULE_IDS } from "./default-settings.ts";
import { parseMode, parseRuleId, parseRuleOptions, RULE_DESCRIPTIONS } from "./rule-options.ts";
import type { RuleId } from "./rule-settings.ts";

function complaint(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(isEntrepotError(error, "request-invalid")).toBe(true);
    return (error as Error).message;
  }
  return expect.unreachable("it was taken");
}

describe("parseRuleOptions", () => {
  test.each(RULE_IDS)("takes every profile's own options of %s, and nothing at all", (rule) => {
    for (const profile of [PROFILES.standard, PROFILES.strict]) {
      const { options } = profile[rule];
      expect(parseRuleOptions(rule, options)).toEqual(options);
      expect(parseRuleOptions(rule, {}, options)).toEqual(options);
    }
    expect(parseRuleOptions(rule, undefined)).toEqual(PROFILES.standard[rule].options);
    expect(RULE_DESCRIPTIONS[rule]).toMatch(/^[A-Z].*\.$/u);
  });

  test("keeps what is not given, inside members too", () => {
    expect(parseRuleOptions("age", { hours: 24, fastTrack: { hours: 1 } })).toEqual({
      hours: 24,
      firstReleaseHours: 168,
      newDependencyHours: 48,
      exempt: [],
      fastTrack: { severity: "high", hours: 1, inUseOnly: true },
    });
    expect(parseRuleOptions("age", { fastTrack: null }).fastTrack).toBeNull();
    expect(parseRuleOptions("vulnerability", { graceDays: { high: 5 } }).graceDays).toEqual({
      exploited: 3,
      critical: 7,
      high: 5,
      other: 90,
    });
    const base = parseRuleOptions("age", { hours: 24, exempt: ["@acme/*"] });
    expect(parseRuleOptions("age", { hours: 48 }, base)).toEqual({ ...base, hours: 48 });
  });

  test("brings entries of lists into one form", () => {
    const raw = { entries: ["left", { packages: "@acme/*", range: "[1.0,2.0)", reason: " miner " }] };
    expect(parseRuleOptions("deny-list", raw)).toEqual({
      entries: [
        { packages: "left", range: "*", reason: "" },
        { packages: "@acme/*", range: ">=1.0.0 <2.0.0", reason: "miner" },
      ],
    });
  });

  test.each<[RuleId, unknown, string]>([
    [
      "age",
      { hour: 1 },
      'There is no option "hour" in the rule age. It has: hours, firstReleaseHours, newDependencyHours, exempt',
    ],
    ["malware", { x: 1 }, 'There is no option "x" in the rule malware. It has none.'],
    ["age", [], "The rule age must be an object."],
    ["age", "x", "The rule age must be an object."],
    ["age", { hours: -1 }, "Hours of the rule age must be a number of hours from 0 to 8760."],
    ["age", { hours: Number.NaN }, "Hours of the rule age must be a number"],
    ["age", { hours: "72" }, "Hours of the rule age must be a number"],
    ["age", { hours: 1e9 }, "Hours of the rule age must be a number"],
    ["age", { hours: null }, "Hours of the rule age must be a number"],
    ["age", { exempt: ["*"] }, "a star alone would match every name"],
    ["age", { exempt: ["react-*"] }, "could cover names that nobody has looked at"],
    ["age", { exempt: "x" }, "Exempt of the rule age must be a list."],
    ["age", { exempt: [1] }, "A name in exempt of the rule age must be a text."],
    [
      "age",
      { fastTrack: { severity: "bad" } },
      "Severity of fastTrack of the rule age must be one of none, low",
    ],
    ["vulnerability", { epssMin: 2 }, "a number of the EPSS percentile from 0 to 1, or null"],
    ["vulnerability", { onlyWhereFixed: 1 }, "must be true or false"],
    [
      "vulnerability",
      { graceDays: { low: 1 } },
      'There is no option "low" in graceDays of the rule vulnerability',
    ],
    ["deny-list", { entries: [{ packages: "left", range: "latest" }] }, "is not a range of versions"],
    ["deny-list", { entries: [{ packages: "left", versions: "1" }] }, 'There is no "versions" in entry 1'],
    ["deny-list", { entries: [null] }, "Entry 1 in entries of the rule deny-list must be a name"],
    ["deny-list", { entries: [{ packages: "left", reason: "x".repeat(501) }] }, "500 characters"],
    ["deny-list", { entries: Array.from({ length: 5001 }, () => "left") }, "may have 5000 entries at most"],
    ["licence", { denied: ["GPL"] }, "must list SPDX licence ids such as MIT"],
    ["licence", { denied: ["MIT OR ISC"] }, '"MIT OR ISC" is none'],
    ["install-script", { condition: "old" }, "must be one of any, new"],
  ])("refuses %s %j", (rule, raw, text) => {
    expect(complaint(() => parseRuleOptions(rule, raw))).toContain(text);
  });

  test("is not led astray by names of every object", () => {
    const raw = JSON.parse('{"__proto__":{"hours":1}}') as unknown;
    expect(complaint(() => parseRuleOptions("age", raw))).toContain('"__proto__"');
    expect(complaint(() => parseRuleOptions("age", { constructor: 1 }))).toContain('"constructor"');
  });
});

test("modes and ids of rules are those there are", () => {
  expect(parseMode("shadow")).toBe("shadow");
  expect(complaint(() => parseMode("on"))).toBe("A rule's mode is one of off, shadow, enforce.");
  expect(parseRuleId("age")).toBe("age");
  expect(complaint(() => parseRuleId("__proto__"))).toContain("A rule is one of operator-status, malware");
});
