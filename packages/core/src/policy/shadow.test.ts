import { expect, it } from "vitest";
import type { RuleOpinion } from "./decide.ts";
import type { PolicyException } from "./exception.ts";
import type { RuleId, RuleMode } from "./rule-settings.ts";
import { shadowRefusals } from "./shadow.ts";
import type { Outcome } from "./verdict.ts";

type Said = [rule: RuleId, mode: RuleMode, outcome: Outcome, lifted?: boolean];

function opinionsOf(...all: Said[]): RuleOpinion[] {
  return all.map(([rule, mode, outcome, lifted = false]) => ({
    rule,
    mode,
    opinion: { outcome, reason: "", evidence: {}, until: null, recheckAt: null, reference: null },
    exception: lifted ? ({ id: "e" } as PolicyException) : null,
  }));
}

const inShadow = ({ mode }: RuleOpinion): boolean => mode === "shadow";

it.each<[string, Said[], RuleId[]]>([
  [
    "each rule in shadow that is against it",
    [
      ["licence", "shadow", "hide"],
      ["age", "shadow", "hold"],
    ],
    ["licence", "age"],
  ],
  [
    "none that only warns or is off",
    [
      ["licence", "shadow", "warn"],
      ["age", "off", "hold"],
    ],
    [],
  ],
  [
    "none behind one in force",
    [
      ["licence", "shadow", "hide"],
      ["vulnerability", "enforce", "hide"],
      ["age", "shadow", "hold"],
    ],
    ["licence"],
  ],
  [
    "those behind one in force that an exception lifts",
    [
      ["vulnerability", "enforce", "hide", true],
      ["age", "shadow", "hold"],
    ],
    ["age"],
  ],
  ["none that an exception lifts", [["age", "shadow", "hold", true]], []],
  [
    "none behind an operator's word",
    [
      ["licence", "shadow", "hide"],
      ["operator-status", "enforce", "allow"],
      ["age", "shadow", "hold"],
    ],
    ["licence"],
  ],
])("finds %s", (_what, said, expected) => {
  expect(shadowRefusals(opinionsOf(...said), inShadow).map(({ rule }) => rule)).toEqual(expected);
});

it("tries one rule, whatever its mode is", () => {
  const said = opinionsOf(["licence", "shadow", "hide"], ["age", "off", "hold"]);
  expect(shadowRefusals(said, ({ rule }) => rule === "age").map(({ rule }) => rule)).toEqual(["age"]);
});
