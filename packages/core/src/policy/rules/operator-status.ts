import type { Opinion, Outcome, PolicyContext, PolicyRule, VersionFacts, VersionStatus } from "../verdict.ts";

const OUTCOMES: Readonly<Record<VersionStatus["status"], Outcome>> = {
  blocked: "deny",
  held: "hold",
  allowed: "allow",
};

/**
 * What an operator refused by hand, on every route: blocked, or held until somebody has looked at it. A status
 * of one version beats that of all versions (`*`); a version is found by our spelling and by the upstream's.
 */
export const operatorRefused: PolicyRule<"operator-status"> = {
  id: "operator-status",
  reads: "version",
  isIdle: isWithoutStatus,
  judge: (facts, context) => opinionOn(facts, context, (status) => status !== "allowed"),
};

/** What an operator allowed by hand, which beats the rules that are asked after it. */
export const operatorAllowed: PolicyRule<"operator-status"> = {
  ...operatorRefused,
  judge: (facts, context) => opinionOn(facts, context, (status) => status === "allowed"),
};

function isWithoutStatus({ statuses }: PolicyContext): boolean {
  return statuses.size === 0;
}

function opinionOn(
  facts: VersionFacts,
  context: PolicyContext,
  isMeant: (status: VersionStatus["status"]) => boolean,
): Opinion | null {
  const found = findStatus(facts, context.statuses);
  if (found === null || !isMeant(found.status.status)) return null;
  const { status, key } = found;
  return {
    outcome: OUTCOMES[status.status],
    reason: status.reason,
    evidence: { appliesTo: key, setBy: status.setBy, setAt: status.setAt },
    until: null,
    recheckAt: null,
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
