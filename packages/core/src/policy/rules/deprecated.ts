import { cut, opinion } from "../opinion.ts";
import type { PolicyRule } from "../verdict.ts";

const TEXT_LENGTH = 200;

/** Warns of versions that their authors have deprecated. */
export const deprecated: PolicyRule<"deprecated"> = {
  id: "deprecated",
  reads: "facts",
  isIdle: () => false,
  judge(facts) {
    if (facts.deprecated === null) return null;
    return opinion({
      outcome: "warn",
      reason: `Its authors have deprecated it: ${cut(facts.deprecated, TEXT_LENGTH)}`,
      evidence: { deprecated: cut(facts.deprecated, TEXT_LENGTH) },
    });
  },
};
