import type { Advisory, Severity } from "./advisory.ts";

/** How much a vulnerability matters, from 1, hardly, to 5, at once. */
export type RiskLevel = 1 | 2 | 3 | 4 | 5;

/** By what a workspace sorts vulnerabilities. */
export interface RiskProfile {
  /** CVSS base scores from which on one is of category 2, 3, 4 and 5. */
  scores: readonly [number, number, number, number];
  /** EPSS percentile, 0 to 1, from which on it is one category higher; null: never. */
  epssRaise: number | null;
  /** The least category of one that is known to be exploited. */
  exploitedLeast: RiskLevel;
  /** Stands in for the severity of one that has neither a score nor a severity. */
  unknownAs: Severity;
  /** Names of types of assessments: as what an advisory of a category counts that nobody assessed. */
  automatic: Readonly<Partial<Record<RiskLevel, string>>>;
}

/** A category with what led to it, in the order in which it did. */
export interface RiskCategory {
  category: RiskLevel;
  reasons: string[];
}

/** What holds where nothing else was chosen. */
export const RISK_PROFILE: RiskProfile = {
  scores: [2, 4, 7, 9],
  epssRaise: 0.95,
  exploitedLeast: 5,
  unknownAs: "high",
  automatic: {},
};

/** The middle of what CVSS means by each word. */
const SCORES: Readonly<Record<Severity, number>> = {
  none: 0,
  low: 2.5,
  moderate: 5.5,
  high: 8,
  critical: 9.5,
};
const LEVELS: readonly RiskLevel[] = [1, 2, 3, 4, 5];

/** Sorts an advisory by severity, and by what is known of attacks. Malware is always of category 5. */
export function riskCategory(
  {
    kind,
    score,
    severity,
    epss,
    kevSince,
  }: Pick<Advisory, "kind" | "score" | "severity" | "epss" | "kevSince">,
  profile: RiskProfile,
): RiskCategory {
  if (kind === "malware") return { category: 5, reasons: ["It is malware."] };
  const counted = score ?? SCORES[severity ?? profile.unknownAs];
  let level = profile.scores.filter((least) => counted >= least).length;
  const reasons = [`${saidOf(score, severity, profile)}: category ${level + 1}.`];
  const { epssRaise } = profile;
  if (epss !== null && epssRaise !== null && epss.percentile >= epssRaise && level < LEVELS.length - 1) {
    level += 1;
    reasons.push(
      `Its EPSS percentile is ${epss.percentile}, at least ${epssRaise}: one more, category ${level + 1}.`,
    );
  }
  if (kevSince !== null && level + 1 < profile.exploitedLeast) {
    level = profile.exploitedLeast - 1;
    reasons.push(`It has been known to be exploited since ${kevSince}: category ${profile.exploitedLeast}.`);
  }
  return { category: LEVELS[level] ?? 5, reasons };
}

function saidOf(score: number | null, severity: Severity | null, { unknownAs }: RiskProfile): string {
  if (score !== null) return `Its CVSS score is ${score}`;
  if (severity !== null) return `It has no score; its severity is ${severity}`;
  return `It has neither a score nor a severity, which counts as ${unknownAs}`;
}
