import { coversException } from "./covers-exception.ts";
import type { PolicyException } from "./exception.ts";
import { packageHistory } from "./package-history.ts";
import type { RuleId, RuleMode } from "./rule-settings.ts";
import { RULES } from "./rules/index.ts";
import { earlier } from "./opinion.ts";
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

/** A version that is judged, where, and beside which others. */
interface Question {
  facts: VersionFacts;
  context: PolicyContext;
  history: PackageHistory;
}

/** What is said of a version that nothing refuses, by weight: an exception, a warning, a note. */
interface Passing {
  lifted: Verdict | null;
  warned: Verdict | null;
  noted: Verdict | null;
}

/**
 * Decides what may be done with one version. Pure, and the only way to a packument entry, a tarball, a
 * promotion, a push or an audit row. Rules in force are asked in the fixed order of `RULES`: the first that
 * refuses decides, unless an exception lifts it; an operator's "allowed" ends the search; the first warning
 * counts if nothing refuses. `recheckAt` of the verdict is the earliest time at which it may change by itself:
 * before that, a verdict for the same facts, context and history is the same whatever `now` is.
 *
 * @param history The package's versions, needed where {@link policyDepth} says `history`
 *
 * @example
 * decide(facts, context).outcome // "allow"
 */
export function decide(
  facts: VersionFacts,
  context: PolicyContext,
  history: PackageHistory = historyOf([facts]),
): Verdict {
  return decideBy(activeRules(context), { facts, context, history });
}

/**
 * Makes the history of a package whose versions are all known, for {@link decide} and {@link opinionsOf}. One history
 * for all versions of a package costs least, for what rules derive from it is kept.
 *
 * @example historyOf(versions.map(factsOf))
 */
export function historyOf(versions: readonly VersionFacts[]): PackageHistory {
  const history = packageHistory(versions, (facts, context) => {
    const rules = history.derive(context, rulesBesideVulnerability);
    const { outcome, recheckAt } = decideBy(rules, { facts, context, history });
    return { isRefused: !isSelectable({ outcome }), recheckAt };
  });
  return history;
}

function rulesBesideVulnerability(_history: PackageHistory, context: PolicyContext): readonly PolicyRule[] {
  return refusingRules(context).filter(({ id }) => id !== "vulnerability");
}

/** The rules that are in force and can matter in a context, in their order. */
function activeRules(context: PolicyContext): readonly PolicyRule[] {
  return RULES.filter((rule) => context.rules[rule.id].mode === "enforce" && !rule.isIdle(context));
}

/** Those of {@link activeRules} that can refuse something: what is served depends on these alone. */
export function refusingRules(context: PolicyContext): readonly PolicyRule[] {
  return activeRules(context).filter(({ isNote }) => isNote !== true);
}

/** Like {@link decide}, by rules of {@link activeRules} that were asked for once for all versions. */
export function decideBy(rules: readonly PolicyRule[], { facts, context, history }: Question): Verdict {
  const passing: Passing = { lifted: null, warned: null, noted: null };
  let recheckAt: number | null = null;
  for (const rule of rules) {
    const opinion = rule.judge(facts, context, history);
    if (opinion === null) continue;
    recheckAt = earlier(recheckAt, opinion.recheckAt);
    if (opinion.outcome === null || isNoted(rule, opinion, passing)) continue;
    const exception = isSelectable(opinion) ? null : liftingException(rule.id, facts, context);
    if (exception === null) return { ...verdictOf(rule, opinion), recheckAt };
    recheckAt = earlier(recheckAt, exception.expiresAt);
    passing.lifted = passedVerdict({ rule: rule.id, opinion, exception });
  }
  const verdict = passing.lifted ?? passing.warned ?? passing.noted ?? DEFAULT_VERDICT;
  return verdict.recheckAt === recheckAt ? verdict : { ...verdict, recheckAt };
}

// Only an operator's "allowed" ends the search; the rules' own leave the others their say.
function isNoted(rule: PolicyRule, opinion: Opinion, passing: Passing): boolean {
  if (!isSelectable(opinion) || rule.id === "operator-status") return false;
  if (opinion.outcome === "warn") passing.warned ??= verdictOf(rule, opinion);
  else passing.noted ??= verdictOf(rule, opinion);
  return true;
}

/**
 * What every rule thinks of a version, in their order, whether it is in force or not: for explanations and for
 * reports of what a rule would do. Rules that have no opinion are left out.
 */
export function opinionsOf(
  facts: VersionFacts,
  context: PolicyContext,
  history: PackageHistory = historyOf([facts]),
): RuleOpinion[] {
  const found: RuleOpinion[] = [];
  for (const rule of RULES) {
    const { mode } = context.rules[rule.id];
    const isSilent = rule.isIdle(context) || (rule.isNote === true && mode === "off");
    const opinion = isSilent ? null : rule.judge(facts, context, history);
    if (opinion === null || opinion.outcome === null) continue;
    const exception = isSelectable(opinion) ? null : liftingException(rule.id, facts, context);
    found.push({ rule: rule.id, mode, opinion, exception });
  }
  return found;
}

/**
 * How much must be known of each version to tell which are refused: `none` if none is in this context, else the most
 * that an active rule reads which can refuse.
 */
export function policyDepth(context: PolicyContext): "none" | PolicyDepth {
  return depthOf(refusingRules(context));
}

/** The most that any of some rules reads of each version. */
export function depthOf(rules: readonly PolicyRule[]): "none" | PolicyDepth {
  const depth = Math.max(-1, ...rules.map((rule) => DEPTHS.indexOf(rule.reads)));
  return DEPTHS[depth] ?? "none";
}

// Of several that would do, the one that lasts longest, so that their order says nothing.
function liftingException(rule: RuleId, facts: VersionFacts, context: PolicyContext): PolicyException | null {
  let found: PolicyException | null = null;
  for (const exception of context.exceptions) {
    if (!coversException(exception, { rule, facts, context })) continue;
    if (found === null || isBetter(exception, found)) found = exception;
  }
  return found;
}

function isBetter(first: PolicyException, second: PolicyException): boolean {
  const ends = [first, second].map(({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY);
  if (ends[0] !== ends[1]) return (ends[0] as number) > (ends[1] as number);
  return first.id < second.id;
}

function verdictOf(rule: PolicyRule, opinion: Opinion): Verdict {
  return { ...opinion, rule: rule.id, alternatives: [] };
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
