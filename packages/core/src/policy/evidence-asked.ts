import { hasAdvisoryOf } from "./matching.ts";
import type { RuleId } from "./rule-settings.ts";
import type { PolicyContext } from "./verdict.ts";

/** What a server has to look up in its own records before it can judge. */
export interface EvidenceAsked {
  /** Which versions were served before. */
  served: boolean;
  /** What is in tarballs. */
  contents: boolean;
  /** When versions were first seen at the upstream. */
  firstSeen: boolean;
  /** What was verified of where versions come from. */
  proofs: boolean;
}

const SERVED: readonly RuleId[] = [
  "review-first",
  "trust-downgrade",
  "licence",
  "install-script",
  "prerelease",
  "age",
];
const CONTENTS: readonly RuleId[] = ["licence", "install-script"];

/**
 * Tells which evidence the rules in force ask for, given the package's advisories. A context without what is
 * asked leads to verdicts that another context contradicts.
 */
export function evidenceAsked(
  context: Pick<PolicyContext, "rules" | "advisories" | "frozenAt">,
): EvidenceAsked {
  const { rules } = context;
  const isInForce = (id: RuleId): boolean => rules[id].mode === "enforce";
  const hasVulnerability = hasAdvisoryOf("vulnerability", context);
  return {
    served:
      SERVED.some(isInForce) ||
      (isInForce("suspected-malware") && hasAdvisoryOf("malware", context)) ||
      (isInForce("vulnerability") && hasVulnerability),
    contents: contentRules(context).length > 0,
    firstSeen: isInForce("age") || context.frozenAt !== null,
    proofs: isInForce("trust-downgrade") || isFastTrack(context),
  };
}

/** The rules in force that ask what is in tarballs. */
export function contentRules(context: Pick<PolicyContext, "rules" | "advisories">): readonly RuleId[] {
  const { rules } = context;
  const asking = CONTENTS.filter((id) => rules[id].mode === "enforce");
  return isFastTrack(context) ? [...asking, "age"] : asking;
}

// The fast track looks for scripts that were not there before, and for proof that is not there any more.
function isFastTrack(context: Pick<PolicyContext, "rules" | "advisories">): boolean {
  const { mode, options } = context.rules.age;
  return mode === "enforce" && options.fastTrack !== null && hasAdvisoryOf("vulnerability", context);
}
