import { operatorStatus } from "./operator-status.ts";
import type { PolicyContext, PolicyRule, Verdict, VersionFacts } from "./verdict.ts";

/** The order in which rules are asked; the first that has an opinion decides. */
const RULES: readonly PolicyRule[] = [operatorStatus];

const DEFAULT_VERDICT: Verdict = Object.freeze({
  outcome: "allow",
  rule: "default",
  reason: "No rule has anything against it.",
  evidence: Object.freeze({}),
  until: null,
  alternatives: Object.freeze([]) as readonly string[],
  reference: null,
});

/**
 * Decides what may be done with one version. Pure, and the only way to a packument entry, a tarball, a
 * promotion, a push or an audit row. Rules are asked in a fixed order: the operator's status, then the
 * default, which allows.
 *
 * @example
 * decide(facts, { registry: "default", purpose: "tarball", now: Date.now(), epoch: 0, statuses: new Map()
 * }).outcome // "allow"
 */
export function decide(facts: VersionFacts, context: PolicyContext): Verdict {
  for (const rule of RULES) {
    const verdict = rule.isIdle(context) ? null : rule.judge(facts, context);
    if (verdict !== null) return verdict;
  }
  return DEFAULT_VERDICT;
}

/**
 * How much must be known of each version before {@link decide} can be asked: `none` if every version is
 * allowed by default in this context, `version` if the spelling of the version is enough, `facts` if all of
 * it is needed.
 */
export function policyDepth(context: PolicyContext): "none" | "version" | "facts" {
  const active = RULES.filter((rule) => !rule.isIdle(context));
  if (active.length === 0) return "none";
  return active.some((rule) => rule.reads === "facts") ? "facts" : "version";
}
