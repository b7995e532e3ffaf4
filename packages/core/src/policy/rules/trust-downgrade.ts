import { cut, opinion, wasServed } from "../opinion.ts";
import { trustChangeOf, type TrustChange } from "../trust.ts";
import type { Opinion, PolicyRule } from "../verdict.ts";
import type { BuildIdentity, TrustLevel } from "../version-proof.ts";

const REFUTED_LENGTH = 160;

/**
 * Holds versions from upstream with less proof of where they come from than the best before them in their
 * major line, or than the publish before them where they begin one; with a proof that is not genuine; or built
 * from another repository. Warns of an account that is new to the package, and of another workflow. Versions that
 * were served before are hidden only, unless it is both less proof and another publisher.
 */
export const trustDowngrade: PolicyRule<"trust-downgrade"> = {
  id: "trust-downgrade",
  reads: "history",
  isIdle: () => false,
  judge(facts, context, history) {
    if (facts.origin === "local") return null;
    const change = trustChangeOf(facts, context, history);
    if (change === null) return null;
    const evidence = evidenceOf(change, facts.publisher);
    const weight = weightOf(change);
    if (weight === "nothing") return null;
    if (weight === "signal") {
      return opinion({ outcome: "warn", reason: warningText(change, facts.publisher), evidence });
    }
    return opinion({
      outcome: weight === "loss" && wasServed(facts, context) ? "hide" : "hold",
      reason: change.isDrop ? dropText(change, facts.publisher) : otherBuildText(change),
      evidence,
    });
  },
};

// Another publisher weighs more than a missing attestation, and both together most.
function weightOf({
  isDrop,
  isNewPublisher,
  otherBuild,
}: TrustChange): "nothing" | "signal" | "loss" | "both" {
  if (isDrop) return isNewPublisher || otherBuild === "repository" ? "both" : "loss";
  if (otherBuild === "repository") return "loss";
  return isNewPublisher || otherBuild !== null ? "signal" : "nothing";
}

function evidenceOf(change: TrustChange, publisher: string | null): Opinion["evidence"] {
  const { own, before, buildBefore, isNewPublisher } = change;
  return {
    level: own.level,
    claimed: own.claimed,
    verified: own.verified,
    refuted: own.refuted,
    levelBefore: before?.level ?? null,
    comparedWith: before?.version ?? null,
    publisher,
    isNewPublisher,
    ...sourceOf(own.build),
    repositoryBefore: buildBefore?.build.repository ?? null,
    workflowBefore: buildBefore?.build.workflow ?? null,
  };
}

function sourceOf(build: BuildIdentity | null): { repository: string | null; workflow: string | null } {
  return { repository: build?.repository ?? null, workflow: build?.workflow ?? null };
}

function warningText({ own, buildBefore, isNewPublisher }: TrustChange, publisher: string | null): string {
  if (isNewPublisher) return `${publisher} published it, who published no version of this package before`;
  return `Another workflow built it (${own.build?.workflow}) than ${buildBefore?.version} (${buildBefore?.build.workflow})`;
}

function otherBuildText({ own, buildBefore }: TrustChange): string {
  return `It was built from ${sourceText(own.build)}, while ${buildBefore?.version} was built from ${sourceText(buildBefore?.build ?? null)}`;
}

function sourceText(build: BuildIdentity | null): string {
  return build?.repository ?? `a repository that ${build?.issuer ?? "nobody"} does not name`;
}

function dropText(change: TrustChange, publisher: string | null): string {
  const { own, before, isNewPublisher } = change;
  const isCompared = before !== null && (own.refuted === null || before.level !== "none");
  const had = isCompared ? `, while ${before.version} had ${withArticle(before.level)}` : "";
  const who = isNewPublisher ? `, and it is the first that ${publisher} published` : "";
  return `${hasText(change)}${had}${who}`;
}

function hasText({ own: { refuted, level, claimed } }: TrustChange): string {
  if (refuted !== null) {
    return `What it shows as ${withArticle(claimed)} is not genuine (${cut(refuted, REFUTED_LENGTH)}) and counts as nothing`;
  }
  if (level === "none") return "It has no proof of where it comes from";
  return `It has ${withArticle(level)} only`;
}

function withArticle(level: TrustLevel): string {
  if (level === "none") return "no proof of where it comes from";
  return `${level.startsWith("a") ? "an" : "a"} ${level}`;
}
