import { describe, expect, it } from "vitest";
import { complianceOf } from "../../src/policy/compliance.ts";
import { decide, historyOf, opinionsOf, policyDepth } from "../../src/policy/decide.ts";
import { PROFILES } from "../../src/policy/default-settings.ts";
import { judgePackage } from "../../src/policy/judge-package.ts";
import type { RuleId, RuleMode, RuleSettings } from "../../src/policy/rule-settings.ts";
import type { VersionFacts } from "../../src/policy/verdict.ts";
import { contextOf, DAY, factsOf, iso, NOW } from "./fixtures.ts";

const NOTES = ["unlisted", "newer-patch", "recent", "aged"] as const;

function settings(mode: RuleMode, outcome: "allow" | "warn"): RuleSettings {
  const chosen = NOTES.map((id): [RuleId, object] => [
    id,
    { mode, options: { ...PROFILES.standard[id].options, outcome } },
  ]);
  return { ...PROFILES.standard, ...Object.fromEntries(chosen) };
}

const VERSIONS: VersionFacts[] = [
  factsOf("1.0.0", { publishedAt: iso(NOW - 4 * 365 * DAY) }),
  factsOf("1.0.1-rc.1", { publishedAt: iso(NOW - 99 * DAY) }),
  factsOf("1.0.2", { publishedAt: iso(NOW - 98 * DAY) }),
  factsOf("1.0.3", { publishedAt: iso(NOW - 97 * DAY), deprecated: "broken" }),
  factsOf("1.1.0", { publishedAt: iso(NOW - 2 * DAY) }),
  factsOf("2.0.0", { publishedAt: null }),
];

function notesOn(version: string, rules: RuleSettings, unlisted: readonly string[] = []): string[] {
  const facts = VERSIONS.find((item) => item.version === version);
  if (facts === undefined) throw new Error(`There is no ${version}.`);
  const context = contextOf({ rules, unlisted: new Set(unlisted) });
  const { result, reasons } = complianceOf(opinionsOf(facts, context, historyOf(VERSIONS)));
  const found = reasons.filter(({ rule }) => NOTES.some((id) => id === rule));
  return [result, ...found.map((one) => `${one.rule} ${one.result}`)];
}

describe("rules that only take note", () => {
  it.each<[string, string[], string[]]>([
    ["1.0.0", [], ["newer-patch", "aged"]],
    ["1.0.1-rc.1", [], ["newer-patch"]],
    ["1.0.2", [], []],
    ["1.1.0", [], ["recent"]],
    ["2.0.0", [], []],
    ["1.0.2", ["1.0.2"], ["unlisted"]],
    ["1.0.2", ["*"], ["unlisted"]],
    ["1.0.2", ["1.0.0"], []],
  ])("of %s, unlisted being %j, tell of %j", (version, unlisted, rules) => {
    const isNoted = rules.length > 0;
    const warned = rules.map((rule) => `${rule} warn`);
    expect(notesOn(version, settings("enforce", "warn"), unlisted)).toEqual([
      isNoted ? "warn" : "compliant",
      ...warned,
    ]);
    const fine = rules.map((rule) => `${rule} compliant`);
    expect(notesOn(version, settings("enforce", "allow"), unlisted)).toEqual(["compliant", ...fine]);
  });

  it("are off unless somebody wants them, and say nothing then", () => {
    expect(NOTES.map((id) => PROFILES.standard[id].mode)).toEqual(["off", "off", "off", "off"]);
    expect(PROFILES.standard["unlisted"].options.outcome).toBe("warn");
    expect(PROFILES.standard["aged"].options).toEqual({ days: 1095, outcome: "allow" });
    expect(PROFILES.standard["recent"].options).toEqual({ days: 30, outcome: "allow" });
    expect(notesOn("1.0.0", PROFILES.standard, ["*"])).toEqual(["compliant"]);
  });

  it("refuse nothing, and ask for nothing to be read when packages are judged", () => {
    const context = contextOf({ rules: settings("enforce", "warn"), unlisted: new Set(["*"]) });
    expect(policyDepth(context)).toBe("none");
    const versions = VERSIONS.map((facts) => ({
      version: facts.version,
      upstreamVersion: null,
      origin: facts.origin,
      facts: (): VersionFacts => facts,
    }));
    expect(judgePackage(versions, context)).toEqual({ hidden: new Map(), passed: [], recheckAt: null });
  });

  it("know when they will say something else", () => {
    const [old, , , , young] = VERSIONS as [VersionFacts, unknown, unknown, unknown, VersionFacts];
    const context = contextOf({ rules: settings("enforce", "warn") });
    const becomesOld = NOW - 2 * DAY + 3 * 365 * DAY;
    expect(decide(young, context).recheckAt).toBe(NOW + 28 * DAY);
    expect(decide(young, { ...context, now: NOW + 28 * DAY })).toMatchObject({
      rule: "default",
      recheckAt: becomesOld,
    });
    expect(decide(young, { ...context, now: becomesOld })).toMatchObject({ rule: "aged", recheckAt: null });
    expect(decide(old, context)).toMatchObject({ rule: "aged", outcome: "warn" });
  });
});
