import type { DecisionRow } from "./read-decisions.ts";

/** A decision as readers get it. */
export interface ShownDecision {
  seq: number;
  /** ISO 8601. */
  at: string;
  registry: string;
  package: string;
  /** `*` for a packument that left versions out. */
  version: string;
  outcome: string;
  purpose: string;
  rule: string | null;
  reason: string | null;
  /** ISO 8601. */
  until: string | null;
  principal: string;
  credential: string | null;
  address: string;
  client: string;
  project: string | null;
  /** How often the very same happened within about a second. */
  count: number;
}

/** Makes what readers get of a row. */
export function shownDecision(row: DecisionRow): ShownDecision {
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
