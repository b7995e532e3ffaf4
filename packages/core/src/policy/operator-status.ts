import type { PolicyContext, PolicyRule, Verdict, VersionFacts, VersionStatus } from "./verdict.ts";

const ID = "operator-status";

/**
 * What an operator decided by hand: blocked is refused on every route, allowed beats the rules behind this
 * one. A status of one version beats that of all versions (`*`); a version is found by our spelling and by
 * the upstream's.
 */
export const operatorStatus: PolicyRule = {
  id: ID,
  reads: "version",
  isIdle: (context) => context.statuses.size === 0,
  judge: judgeStatus,
};

function judgeStatus(facts: VersionFacts, context: PolicyContext): Verdict | null {
  const found = findStatus(facts, context.statuses);
  if (found === null) return null;
  const { status, key } = found;
  return {
    outcome: status.status === "blocked" ? "deny" : "allow",
    rule: ID,
    reason: status.reason,
    evidence: { appliesTo: key, setBy: status.setBy, setAt: status.setAt },
    until: null,
    alternatives: [],
    reference: null,
  };
}

function findStatus(
  facts: VersionFacts,
  statuses: PolicyContext["statuses"],
): { status: VersionStatus; key: string } | null {
  for (const key of [facts.version, facts.upstreamVersion, "*"]) {
    const status = key === null ? undefined : statuses.get(key);
    if (key !== null && status !== undefined) return { status, key };
  }
  return null;
}
