import {
  opinionsOf,
  shadowRefusals,
  type Outcome,
  type PackageHistory,
  type PolicyContext,
  type RuleId,
  type RuleOpinion,
  type VersionFacts,
} from "@entrepot/core";
import type { Serving } from "./collect-servings.ts";

/** What a rule would have said to one serving. */
export interface Refusal {
  rule: RuleId;
  outcome: Outcome;
  reason: string;
}

/** A version with what it is judged by; `context` as it is today, with the evidence of all rules. */
export interface TriedVersion {
  facts: VersionFacts;
  context: PolicyContext;
  history: PackageHistory;
}

/**
 * Tells for each serving of a version which rules would have refused it at its time, if they had been in force. What was
 * published, or first served, after that time does not count.
 *
 * @param rule The rule that is tried, whatever its mode is; with null, all that are in shadow
 */
export function wouldRefuse(
  tried: TriedVersion,
  servings: readonly Serving[],
  rule: RuleId | null,
): Map<Serving, readonly Refusal[]> {
  const isAsked = (item: RuleOpinion): boolean =>
    rule === null ? item.mode === "shadow" : item.rule === rule;
  const judge = (at: number): Refusal[] => judgeAt(tried, at, isAsked);
  const inOrder = servings.slice().sort((one, other) => one.at - other.at);
  const [first] = inOrder;
  const last = inOrder.at(-1);
  if (first === undefined || last === undefined) return new Map();
  const found = new Map<Serving, readonly Refusal[]>();
  const [atFirst, atLast] = [judge(first.at), judge(last.at)];
  // What holds at both ends holds between them: rules let go once, and do not change their mind.
  const isSame = textOf(atFirst) === textOf(atLast);
  for (const serving of inOrder) {
    if (isSame || serving === first) found.set(serving, atFirst);
    else found.set(serving, serving === last ? atLast : judge(serving.at));
  }
  return found;
}

function judgeAt(
  { facts, context, history }: TriedVersion,
  at: number,
  isAsked: (item: RuleOpinion) => boolean,
): Refusal[] {
  const then: PolicyContext = {
    ...context,
    now: at,
    advisories: context.advisories.filter(({ publishedAt }) => publishedAt === null || publishedAt <= at),
    served: new Map([...context.served].filter(([, { firstAt }]) => firstAt < at)),
  };
  return shadowRefusals(opinionsOf(facts, then, history), isAsked).map(({ rule, opinion }) => ({
    rule,
    outcome: opinion.outcome,
    reason: opinion.reason,
  }));
}

function textOf(refusals: readonly Refusal[]): string {
  return refusals.map(({ rule, outcome }) => `${rule} ${outcome}`).join("\n");
}
