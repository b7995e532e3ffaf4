import type { ChangeRow } from "../db/index.ts";
import type { Change, ChangeKind } from "./change.ts";

/** Reads a row of the change log. */
export function changeOfRow(row: ChangeRow): Change {
  return {
    seq: row.seq,
    workspaceId: row.workspace_id,
    registryId: row.registry_id,
    packageName: row.package,
    // Written by appendChange only, which takes nothing else.
    kind: row.kind as ChangeKind,
    actor: row.actor,
    at: row.at,
    detail: JSON.parse(row.detail) as Record<string, unknown>,
  };
}
