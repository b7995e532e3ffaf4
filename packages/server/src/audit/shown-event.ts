import type { AuditEventAnswer } from "@entrepot/core";
import type { AuditRow } from "../db/index.ts";

/** Makes what readers get of a row. */
export function shownEvent(row: AuditRow): AuditEventAnswer {
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
