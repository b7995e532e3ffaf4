import type { RuleOpinion } from "./decide.ts";
import { isSelectable } from "./verdict.ts";

/**
 * Of the opinions on one version, in their order, those because of which it would be refused if their rules were in
 * force and nothing else changed. A rule gets no say where one that is in force refuses before it, where an operator's
 * "allowed" ends the search, or where an exception lifts it.
 *
 * @param isAsked Which rules are tried
 */
export function shadowRefusals(
  opinions: readonly RuleOpinion[],
  isAsked: (opinion: RuleOpinion) => boolean,
): RuleOpinion[] {
  const found: RuleOpinion[] = [];
  for (const item of opinions) {
    const isWord = isSelectable(item.opinion);
    if (isWord && item.rule === "operator-status") break;
    if (isWord || item.exception !== null) continue;
    if (isAsked(item)) found.push(item);
    else if (item.mode === "enforce") break;
  }
  return found;
}
