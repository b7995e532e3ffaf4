import { toldDeprecation } from "../deprecation.ts";
import { cut, opinion } from "../opinion.ts";
import type { PolicyRule } from "../verdict.ts";

const TEXT_LENGTH = 200;

/** Warns of versions that their authors have deprecated, or an operator here. */
export const deprecated: PolicyRule<"deprecated"> = {
  id: "deprecated",
  reads: "facts",
  isIdle: () => false,
  judge(facts, context) {
    const found = toldDeprecation(facts, context);
    if (found === null) return null;
    const text = cut(found.text, TEXT_LENGTH);
    const who = found.by === "operator" ? "An operator has" : "Its authors have";
    return opinion({
      outcome: "warn",
      reason: `${who} deprecated it: ${text}`,
      evidence: { deprecated: text, by: found.by },
    });
  },
};
