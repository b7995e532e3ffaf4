import { describe, expect, it } from "vitest";
import { complianceOf } from "./compliance.ts";
import type { RuleOpinion } from "./decide.ts";
import type { PolicyException } from "./exception.ts";
import type { RuleId, RuleMode } from "./rule-settings.ts";
import type { Outcome } from "./verdict.ts";

const LIFTED: PolicyException = {
  id: "e1",
  packages: "left",
  range: "*",
  rules: null,
  reason: "",
  owner: "",
  approvedBy: [],
  expiresAt: null,
};

type Said = [RuleId, Outcome, RuleMode?, PolicyException?];

function opinionsOf(said: readonly Said[]): RuleOpinion[] {
  return said.map(([rule, outcome, mode = "enforce", exception]) => ({
    rule,
    mode,
    exception: exception ?? null,
    opinion: { outcome, reason: rule, evidence: {}, until: null, recheckAt: null, reference: null },
  }));
}

describe("compliance", () => {
  it.each<[string, Said[], string]>([
    ["no opinion", [], "compliant"],
    ["nothing against it", [["licence", "allow"]], "compliant"],
    ["a warning", [["deprecated", "warn"]], "warn"],
    ["a hold", [["age", "hold"]], "noncompliant"],
    ["a hidden version", [["vulnerability", "hide"]], "noncompliant"],
    ["a denial", [["malware", "deny"]], "noncompliant"],
    [
      "the worst of several",
      [
        ["licence", "warn"],
        ["age", "hold"],
      ],
      "noncompliant",
    ],
    ["a denial in shadow", [["licence", "deny", "shadow"]], "compliant"],
    ["a denial of a rule that is off", [["licence", "deny", "off"]], "compliant"],
    ["a denial that an exception lifts", [["licence", "deny", "enforce", LIFTED]], "compliant"],
    [
      "a denial after an operator's word",
      [
        ["operator-status", "allow"],
        ["licence", "deny"],
      ],
      "compliant",
    ],
    [
      "a denial before it",
      [
        ["malware", "deny"],
        ["operator-status", "allow"],
      ],
      "noncompliant",
    ],
  ])("%s", (_what, said, result) => {
    expect(complianceOf(opinionsOf(said)).result).toBe(result);
  });

  it("comes with what counts first, the worst first, and with what only reports apart", () => {
    const { reasons, shadow } = complianceOf(
      opinionsOf([
        ["vulnerability", "deny", "enforce", LIFTED],
        ["licence", "warn"],
        ["look-alike", "hold", "shadow"],
        ["age", "hold"],
        ["prerelease", "deny", "off"],
      ]),
    );
    expect(reasons.map(({ rule, result, counts }) => [rule, result, counts])).toEqual([
      ["age", "noncompliant", true],
      ["licence", "warn", true],
      ["vulnerability", "noncompliant", false],
    ]);
    expect(shadow.map(({ rule, result, counts }) => [rule, result, counts])).toEqual([
      ["look-alike", "noncompliant", false],
    ]);
  });
});
