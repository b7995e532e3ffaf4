import { isoOf, momentText, opinion } from "../opinion.ts";
import { versionClock } from "../version-clock.ts";
import type { PolicyRule } from "../verdict.ts";

/**
 * Against versions from upstream that came after the registry was frozen. Other registries ask the same upstream, and
 * what they learn must not show here. Freezing is an operator's word, so it goes under that rule.
 */
export const frozen: PolicyRule<"operator-status"> = {
  id: "operator-status",
  reads: "facts",
  isIdle: ({ frozenAt }) => frozenAt === null,
  judge(facts, context) {
    const { frozenAt } = context;
    if (facts.origin === "local" || frozenAt === null) return null;
    const clock = versionClock(facts, context);
    if (clock === null || clock.at <= frozenAt) return null;
    return opinion({
      outcome: "deny",
      reason:
        `The registry is read-only (frozen since ${momentText(frozenAt)}), and this version was ${clock.source} ` +
        `after that, on ${momentText(clock.at)}`,
      evidence: { frozenAt: isoOf(frozenAt), publishedAt: facts.publishedAt, clock: clock.source },
    });
  },
};
