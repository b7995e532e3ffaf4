import type { AuditRow } from "../db/index.ts";

/** An event as readers get it. */
export interface ShownEvent {
  seq: number;
  /** ISO 8601. */
  at: string;
  kind: string;
  actor: string;
  credential: string | null;
  address: string | null;
  client: string | null;
  registry: string | null;
  registryId: string | null;
  package: string | null;
  result: string;
  detail: Record<string, unknown>;
  hash: string | null;
}

/** Makes what readers get of a row. */
export function shownEvent(row: AuditRow): ShownEvent {
  return {
    seq: row.seq,
    at: new Date(row.at).toISOString(),
    kind: row.kind,
    actor: row.actor,
    credential: row.credential,
    address: row.address,
    client: row.client,
    registry: row.registry,
    registryId: row.registry_id,
    package: row.package,
    result: row.result,
    detail: JSON.parse(row.detail) as Record<string, unknown>,
    hash: row.hash,
  };
}
