import { describe, expect, it } from "vitest";
import { RISK_PROFILE, riskCategory, type RiskProfile } from "./risk.ts";

type Known = Parameters<typeof riskCategory>[0];

const PLAIN: Known = { kind: "vulnerability", score: null, severity: null, epss: null, kevSince: null };
const LIKELY = { probability: 0.4, percentile: 0.97, date: "2026-11-01" };
const STRICT: RiskProfile = {
  automatic: {},
  scores: [1, 3, 5, 7],
  epssRaise: 0.5,
  exploitedLeast: 4,
  unknownAs: "critical",
};

describe("the risk category of an advisory", () => {
  it.each<[string, Partial<Known>, [number, number]]>([
    ["a score of 0", { score: 0 }, [1, 1]],
    ["a moderate score", { score: 5.4 }, [3, 4]],
    ["a high score", { score: 7.5 }, [4, 5]],
    ["the score before the word", { score: 2.1, severity: "critical" }, [2, 2]],
    ["a word alone", { severity: "moderate" }, [3, 4]],
    ["neither", {}, [4, 5]],
    ["likely attacks", { score: 5.4, epss: LIKELY }, [4, 5]],
    ["attacks likely by one profile only", { score: 5.4, epss: { ...LIKELY, percentile: 0.6 } }, [3, 5]],
    ["known attacks", { score: 1.5, kevSince: "2026-01-01" }, [5, 4]],
    ["malware", { kind: "malware" }, [5, 5]],
  ])("with %s", (_what, known, [usual, strict]) => {
    expect(riskCategory({ ...PLAIN, ...known }, RISK_PROFILE).category).toBe(usual);
    expect(riskCategory({ ...PLAIN, ...known }, STRICT).category).toBe(strict);
  });

  it("comes with all that led to it", () => {
    expect(
      riskCategory({ ...PLAIN, score: 5.4, epss: LIKELY, kevSince: "2026-01-01" }, RISK_PROFILE),
    ).toEqual({
      category: 5,
      reasons: [
        "Its CVSS score is 5.4: category 3.",
        "Its EPSS percentile is 0.97, at least 0.95: one more, category 4.",
        "It has been known to be exploited since 2026-01-01: category 5.",
      ],
    });
  });
});
