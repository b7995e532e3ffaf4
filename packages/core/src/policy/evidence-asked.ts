import { hasAdvisoryOf } from "./matching.ts";
import type { RuleId } from "./rule-settings.ts";
import type { PolicyContext } from "./verdict.ts";

/** What a server has to look up in its own records before it can judge. */
export interface EvidenceAsked {
  /** Which versions were served before. */
  served: boolean;
  /** What is in tarballs. */
  contents: boolean;
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
export function evidenceAsked(context: Pick<PolicyContext, "rules" | "advisories">): EvidenceAsked {
  const { rules } = context;
  const isInForce = (id: RuleId): boolean => rules[id].mode === "enforce";
  const hasVulnerability = hasAdvisoryOf("vulnerability", context);
  // The fast track looks for scripts that were not there before.
  const isFastTrack = hasVulnerability && isInForce("age") && rules.age.options.fastTrack !== null;
  return {
    served:
      SERVED.some(isInForce) ||
      (isInForce("suspected-malware") && hasAdvisoryOf("malware", context)) ||
      (isInForce("vulnerability") && hasVulnerability),
    contents: CONTENTS.some(isInForce) || isFastTrack,
  };
}
