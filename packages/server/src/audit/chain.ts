import { createHash } from "node:crypto";
import type { AuditRow } from "../db/index.ts";

/** What stands for the hash of the event before the first one. */
export const CHAIN_START: string = "0".repeat(64);

/** Gives the hash of an event: SHA-256, hexadecimal, over the hash of the event before and this one's columns. */
export function hashOf(previous: string, row: Omit<AuditRow, "hash">): string {
  const columns = [
    row.seq,
    row.workspace_id,
    row.at,
    row.kind,
    row.actor,
    row.credential,
    row.address,
    row.client,
    row.registry_id,
    row.registry,
    row.package,
    row.result,
    row.detail,
  ];
  return createHash("sha256")
    .update(`${previous}\n${JSON.stringify(columns)}`)
    .digest("hex");
}
