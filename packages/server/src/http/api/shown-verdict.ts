import type { Verdict, VerdictAnswer } from "@entrepot/core";
import { isoOrNull } from "./iso-of.ts";

/** Why a version is kept back, in short; the same shape for one that is not. */
export function shownVerdictOf(refusal: Verdict | null): VerdictAnswer {
  if (refusal === null) return { outcome: "allow", rule: null, reason: null, until: null, alternatives: [] };
  const { outcome, rule, reason, until, alternatives } = refusal;
  return { outcome, rule, reason, until: isoOrNull(until), alternatives };
}
