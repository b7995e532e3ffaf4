import { coversException } from "./covers-exception.ts";
import type { PolicyException } from "./exception.ts";
import type { RuleId, RuleMode } from "./rule-settings.ts";
import { RULES } from "./rules/index.ts";
import {
  isSelectable,
  type Opinion,
  type PackageHistory,
  type PolicyContext,
  type PolicyDepth,
  type PolicyRule,
  type Verdict,
  type VersionFacts,
} from "./verdict.ts";

const DEPTHS: readonly PolicyDepth[] = ["version", "facts", "history"];

const DEFAULT_VERDICT: Verdict = Object.freeze({
  outcome: "allow",
  rule: "default",
  reason: "No rule has anything against it.",
  evidence: Object.freeze({}),
  until: null,
  recheckAt: null,
  alternatives: Object.freeze([]) as readonly string[],
  reference: null,
});

/** A rule's opinion as a report shows it: with the mode that the rule has, and what lifts it. */
export interface RuleOpinion {
  rule: RuleId;
  mode: RuleMode;
  opinion: Opinion;
  /** The exception because of which the opinion does not count; null if there is none. */
  exception: PolicyException | null;
}

/**
 * Decides what may be done with one version. Pure, and the only way to a packument entry, a tarball, a
 * promotion, a push or an audit row. Rules in force are asked in the fixed order of `RULES`: the first that
 * refuses decides, unless an exception lifts it; an operator's "allowed" ends the search; the first warning
 * counts if nothing refuses. `recheckAt` of the verdict is the earliest time at which it may change by itself.
 *
 * @param history The package's versions, needed where {@link policyDepth} says `history`
 *
 * @example
 * decide(facts, context).outcome // "allow"
 */
export function decide(
  facts: VersionFacts,
  context: PolicyContext,
  history: PackageHistory = { versions: [facts] },
): Verdict {
  let soft: Verdict | null = null;
  let recheckAt: number | null = null;
  for (const rule of RULES) {
    if (!isActive(rule, context)) continue;
    const opinion = rule.judge(facts, context, history);
    if (opinion === null) continue;
    recheckAt = earlier(recheckAt, opinion.recheckAt);
    if (opinion.outcome === "warn") {
      soft ??= { ...opinion, rule: rule.id, alternatives: [] };
      continue;
    }
    const exception = isSelectable(opinion) ? null : liftingException(rule.id, facts, context);
    if (exception === null) return { ...opinion, recheckAt, rule: rule.id, alternatives: [] };
    recheckAt = earlier(recheckAt, exception.expiresAt);
    soft = passedVerdict({ rule: rule.id, opinion, exception });
  }
  if (soft === null) return recheckAt === null ? DEFAULT_VERDICT : { ...DEFAULT_VERDICT, recheckAt };
  return { ...soft, recheckAt };
}

/**
 * What every rule thinks of a version, in their order, whether it is in force or not: for explanations and for
 * reports of what a rule would do. Rules that have no opinion are left out.
 */
export function opinionsOf(
  facts: VersionFacts,
  context: PolicyContext,
  history: PackageHistory = { versions: [facts] },
): RuleOpinion[] {
  const found: RuleOpinion[] = [];
  for (const rule of RULES) {
    const opinion = rule.isIdle(context) ? null : rule.judge(facts, context, history);
    if (opinion === null) continue;
    const exception = isSelectable(opinion) ? null : liftingException(rule.id, facts, context);
    found.push({ rule: rule.id, mode: context.rules[rule.id].mode, opinion, exception });
  }
  return found;
}

/**
 * How much must be known of each version before {@link decide} can be asked: `none` if every version is
 * allowed by default in this context, else the most that an active rule reads.
 */
export function policyDepth(context: PolicyContext): "none" | PolicyDepth {
  let depth = -1;
  for (const rule of RULES) {
    if (isActive(rule, context)) depth = Math.max(depth, DEPTHS.indexOf(rule.reads));
  }
  return DEPTHS[depth] ?? "none";
}

function isActive(rule: PolicyRule, context: PolicyContext): boolean {
  return context.rules[rule.id].mode === "enforce" && !rule.isIdle(context);
}

function liftingException(rule: RuleId, facts: VersionFacts, context: PolicyContext): PolicyException | null {
  return context.exceptions.find((exception) => coversException(exception, { rule, facts, context })) ?? null;
}

function passedVerdict({
  rule,
  opinion,
  exception,
}: {
  rule: RuleId;
  opinion: Opinion;
  exception: PolicyException;
}): Verdict {
  return {
    outcome: "allow",
    rule: "exception",
    reason: `An exception lets it pass: ${exception.reason}`,
    evidence: {
      exception: exception.id,
      owner: exception.owner,
      expiresAt: exception.expiresAt,
      against: rule,
      because: opinion.reason,
    },
    until: null,
    recheckAt: null,
    alternatives: [],
    reference: null,
  };
}

function earlier(first: number | null, second: number | null): number | null {
  if (first === null || second === null) return first ?? second;
  return Math.min(first, second);
}
