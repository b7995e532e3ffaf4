import type { DecisionAnswer } from "@entrepot/core";
import type { DecisionRow } from "./read-decisions.ts";

/** Makes what readers get of a row. */
export function shownDecision(row: DecisionRow): DecisionAnswer {
  return {
    seq: row.seq,
    at: new Date(row.at).toISOString(),
    registry: row.registry,
    package: row.name,
    version: row.version,
    outcome: row.outcome,
    purpose: row.purpose,
    rule: row.rule,
    reason: row.reason,
    until: row.until === null ? null : new Date(row.until).toISOString(),
    principal: row.principal,
    credential: row.credential,
    address: row.address,
    client: row.client,
    project: row.project,
    count: row.count,
  };
}
