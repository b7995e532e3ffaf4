import { opinion, wasServed } from "../opinion.ts";
import type { PolicyRule } from "../verdict.ts";

/** Holds every upstream version that was not used here before, until an exception to this rule releases it. */
export const reviewFirst: PolicyRule<"review-first"> = {
  id: "review-first",
  reads: "version",
  isIdle: () => false,
  judge(facts, context) {
    if (facts.origin === "local" || wasServed(facts, context)) return null;
    return opinion({
      outcome: "hold",
      reason: "Nobody here has used this version before, and new ones are looked at first",
      evidence: { servedVersions: context.served.size },
    });
  },
};
