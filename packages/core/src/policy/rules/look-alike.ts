import { opinion } from "../opinion.ts";
import type { PolicyRule } from "../verdict.ts";

/** Holds packages from upstream whose name can be taken for a much used one. */
export const lookAlike: PolicyRule<"look-alike"> = {
  id: "look-alike",
  reads: "version",
  isIdle: (context) => context.lookAlike === null,
  judge(facts, context) {
    if (context.lookAlike === null || facts.origin === "local") return null;
    const { name, because } = context.lookAlike;
    return opinion({
      outcome: "hold",
      reason: `The name ${context.name} can be taken for ${name} (${because}); is that the one you want?`,
      evidence: { name: context.name, takenFor: name, because },
    });
  },
};
