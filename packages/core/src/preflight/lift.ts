import { NEVER_LIFTED } from "../policy/default-settings.ts";
import { decide } from "../policy/decide.ts";
import { RULE_IDS } from "../policy/default-settings.ts";
import type { PolicyException } from "../policy/exception.ts";
import type { RuleId } from "../policy/rule-settings.ts";
import {
  isSelectable,
  type PackageHistory,
  type PolicyContext,
  type Verdict,
  type VersionFacts,
} from "../policy/verdict.ts";

/** What an exception has to lift, so that a version passes. */
export interface Lift {
  /** In the order in which they refuse. */
  rules: RuleId[];
  /** When the version passes by itself, in milliseconds; null: never, or nobody knows. */
  until: number | null;
}

/**
 * The fewest rules that an exception has to name to let a hidden version pass; null if none may: because of an
 * operator's word, a claim, bytes that changed, or malware, for which nobody should be asked in passing.
 */
export function liftFor(facts: VersionFacts, context: PolicyContext, history: PackageHistory): Lift | null {
  const rules: RuleId[] = [];
  let until: number | null = 0;
  // Each turn names one rule more, and no rule refuses what it was lifted for.
  for (let turn = 0; turn <= RULE_IDS.length; turn += 1) {
    const verdict = decide(facts, withException(facts, context, rules), history);
    if (isSelectable(verdict)) return { rules, until: until === 0 ? null : until };
    const rule = liftedBy(verdict);
    if (rule === null || rules.includes(rule)) return null;
    rules.push(rule);
    until = verdict.until === null || until === null ? null : Math.max(until, verdict.until);
  }
  return null;
}

function liftedBy({ rule }: Verdict): RuleId | null {
  if (rule === "default" || rule === "exception" || rule === "malware") return null;
  return NEVER_LIFTED.has(rule) ? null : rule;
}

function withException(
  { version }: VersionFacts,
  context: PolicyContext,
  rules: readonly RuleId[],
): PolicyContext {
  if (rules.length === 0) return context;
  const trial: PolicyException = {
    id: "",
    packages: context.name,
    range: version,
    rules,
    reason: "",
    owner: "",
    approvedBy: [],
    expiresAt: null,
  };
  return { ...context, exceptions: [...context.exceptions, trial] };
}

/** Orders lifts from the one that asks for least: the mildest rule, then the shortest hold, then the fewest rules. */
export function compareLifts(one: Lift, other: Lift): number {
  return (
    gravity(other) - gravity(one) ||
    compareTimes(one.until, other.until) ||
    one.rules.length - other.rules.length
  );
}

// The rules are asked from the gravest to the mildest.
function gravity({ rules }: Lift): number {
  return Math.min(...rules.map((rule) => RULE_IDS.indexOf(rule)));
}

function compareTimes(one: number | null, other: number | null): number {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? 1 : -1;
  return one - other;
}
