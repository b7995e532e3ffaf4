import { promiseOf } from "../../packument/integrity-changes.ts";
import { opinion } from "../opinion.ts";
import type { PolicyRule } from "../verdict.ts";

/** Against a version whose bytes upstream are no longer those that were first seen: versions never change. */
export const integrityChange: PolicyRule<"integrity-change"> = {
  id: "integrity-change",
  reads: "facts",
  isIdle: ({ changedIntegrity }) => changedIntegrity.size === 0,
  judge(facts, { changedIntegrity }) {
    const firstSeen = changedIntegrity.get(facts.version);
    // The upstream may have gone back to what it had.
    if (firstSeen === undefined || firstSeen === promiseOf(facts)) return null;
    return opinion({
      outcome: "deny",
      reason:
        "The upstream now promises other bytes for this version than when it was first seen here, and a version never changes.",
      evidence: { firstSeen, now: promiseOf(facts) },
    });
  },
};
