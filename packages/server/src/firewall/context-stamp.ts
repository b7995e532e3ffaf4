import { createHash } from "node:crypto";
import type { PolicyContext } from "@entrepot/core";

const STAMP_CHARS = 22;

/**
 * A text that differs whenever two contexts could lead to other verdicts on the same facts, the time aside: that
 * is what `recheckAt` is for. Empty for a context in which nothing is known.
 */
export function contextStamp(context: PolicyContext): string {
  const { rules, exceptions, advisories, isClaimed, lookAlike } = context;
  // The age of the advisory data moves all the time, and matters to one rule only.
  const isDataAsked = rules["scanned-only"].mode === "enforce";
  const parts = [
    rules,
    exceptions,
    advisories,
    isClaimed,
    lookAlike,
    isDataAsked ? context.advisoriesAt : null,
    [...context.statuses],
    [...context.deprecations],
    [...context.changedIntegrity],
    [...context.served],
    [...context.contents],
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, STAMP_CHARS);
}
