import { createHash } from "node:crypto";
import { refusingRules, type PolicyContext } from "@entrepot/core";

const STAMP_CHARS = 22;

/**
 * A text that differs whenever two contexts could lead to other verdicts on the same facts, the time aside: that
 * is what `recheckAt` is for. Rules that are not asked about this package are no part of it, so that a change of
 * theirs lets what was made by it stand.
 */
export function contextStamp(context: PolicyContext): string {
  const { exceptions, advisories, isClaimed, lookAlike } = context;
  const active = refusingRules(context).map(({ id }) => id);
  if (active.length === 0 && context.deprecations.size === 0) return "";
  const parts = [
    active.map((id) => [id, context.rules[id].options]),
    exceptions,
    advisories,
    isClaimed,
    lookAlike,
    // The age of the advisory data moves all the time, and matters to one rule only.
    active.includes("scanned-only") ? context.advisoriesAt : null,
    [...context.statuses],
    [...context.deprecations],
    context.frozenAt,
    context.trustsPublishTimes,
    [...context.firstSeen],
    [...context.changedIntegrity],
    [...context.served],
    [...context.contents],
    [...context.proofs],
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, STAMP_CHARS);
}
