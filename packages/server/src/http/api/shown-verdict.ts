import type { Verdict } from "@entrepot/core";
import { isoOrNull } from "./iso-of.ts";

/** Why a version is kept back, in short; the same shape for one that is not. */
export function shownVerdictOf(refusal: Verdict | null): Record<string, unknown> {
  if (refusal === null) return { outcome: "allow", rule: null, reason: null, until: null, alternatives: [] };
  const { outcome, rule, reason, until, alternatives } = refusal;
  return { outcome, rule, reason, until: isoOrNull(until), alternatives };
}
