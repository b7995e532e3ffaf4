import { opinion, wasServed } from "../opinion.ts";
import { trustChangeOf, type TrustChange, type TrustLevel } from "../trust.ts";
import type { Opinion, PolicyRule } from "../verdict.ts";

/**
 * Holds versions from upstream with less proof of where they come from than the best before them in their
 * major line, or than the publish before them where they begin one; warns of an account that is new to the
 * package. Versions that were served before are hidden only.
 */
export const trustDowngrade: PolicyRule<"trust-downgrade"> = {
  id: "trust-downgrade",
  reads: "history",
  isIdle: () => false,
  judge(facts, context, history) {
    if (facts.origin === "local") return null;
    const change = trustChangeOf(facts, context, history);
    if (change === null || (!change.isDrop && !change.isNewPublisher)) return null;
    const evidence: Opinion["evidence"] = {
      level: change.level,
      levelBefore: change.before?.level ?? null,
      comparedWith: change.before?.version ?? null,
      publisher: facts.publisher,
      isNewPublisher: change.isNewPublisher,
    };
    if (!change.isDrop) {
      const reason = `${facts.publisher} published it, who published no version of this package before`;
      return opinion({ outcome: "warn", reason, evidence });
    }
    const outcome = wasServed(facts, context) ? "hide" : "hold";
    return opinion({ outcome, reason: dropText(change, facts.publisher), evidence });
  },
};

function dropText({ level, before, isNewPublisher }: TrustChange, publisher: string | null): string {
  const had = before === null ? "" : `, while ${before.version} had ${withArticle(before.level)}`;
  const has =
    level === "none" ? "It has no proof of where it comes from" : `It has ${withArticle(level)} only`;
  const who = isNewPublisher ? `, and it is the first that ${publisher} published` : "";
  return `${has}${had}${who}`;
}

function withArticle(level: TrustLevel): string {
  return `${level.startsWith("a") ? "an" : "a"} ${level}`;
}
