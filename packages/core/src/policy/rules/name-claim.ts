import { opinion } from "../opinion.ts";
import type { PolicyRule } from "../verdict.ts";

/** Against versions from upstream of a name that a claim says is ours: dependency confusion. */
export const nameClaim: PolicyRule<"name-claim"> = {
  id: "name-claim",
  reads: "version",
  isIdle: ({ isClaimed }) => !isClaimed,
  judge({ origin }, { name }) {
    if (origin !== "upstream") return null;
    return opinion({
      outcome: "deny",
      reason: `A claim says that ${name} is our own name, so no upstream may provide it.`,
      evidence: { name },
    });
  },
};
