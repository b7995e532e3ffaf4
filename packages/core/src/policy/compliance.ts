import type { RuleOpinion } from "./decide.ts";
import { isSelectable, type Opinion } from "./verdict.ts";

/** Whether a version is as policy wants it: yes; yes, with something to know; no. */
export type ComplianceResult = "compliant" | "warn" | "noncompliant";

/** What one rule has to say of a version, as far as compliance goes. */
export interface ComplianceReason extends RuleOpinion {
  /** What this rule alone would make of it. */
  result: ComplianceResult;
  /** False where it does not count, as an exception or an operator's word lifts it. */
  counts: boolean;
}

/** A version's compliance, with all that led to it. */
export interface ComplianceOf {
  result: ComplianceResult;
  /** Of rules in force, the worst first. */
  reasons: ComplianceReason[];
  /** Of rules that only report, the worst first; they change nothing. */
  shadow: ComplianceReason[];
}

const RESULTS: readonly ComplianceResult[] = ["compliant", "warn", "noncompliant"];

/**
 * Sums opinions up: the worst of those that count decides. It is `noncompliant` exactly where the version is refused
 * or kept out of packuments.
 *
 * @param opinions In the order in which the rules are asked, as `opinionsOf` has them
 */
export function complianceOf(opinions: readonly RuleOpinion[]): ComplianceOf {
  const all: ComplianceReason[] = [];
  let isSettled = false;
  for (const one of opinions) {
    const { rule, mode, opinion, exception } = one;
    if (mode === "off") continue;
    const counts = mode === "enforce" && !isSettled && exception === null;
    all.push({ ...one, result: resultOf(opinion), counts });
    // An operator's "allowed" ends the search.
    if (counts && rule === "operator-status" && isSelectable(opinion)) isSettled = true;
  }
  const worst = Math.max(0, ...all.filter(({ counts }) => counts).map(weightOf));
  all.sort((one, other) => Number(other.counts) - Number(one.counts) || weightOf(other) - weightOf(one));
  return {
    result: RESULTS[worst] ?? "noncompliant",
    reasons: all.filter(({ mode }) => mode === "enforce"),
    shadow: all.filter(({ mode }) => mode === "shadow"),
  };
}

function resultOf(opinion: Opinion): ComplianceResult {
  if (!isSelectable(opinion)) return "noncompliant";
  return opinion.outcome === "warn" ? "warn" : "compliant";
}

function weightOf({ result }: ComplianceReason): number {
  return RESULTS.indexOf(result);
}
