import type { Selectable } from "kysely";
import type { FindingsTable } from "../../db/index.ts";

/** Something that a person has to look at. Times are milliseconds since 1970. */
export interface Finding {
  id: string;
  registryId: string;
  name: string;
  version: string;
  /** A rule's id, or {@link DISAGREEMENT}. */
  rule: string;
  mode: FindingsTable["mode"];
  result: FindingsTable["result"];
  presence: Presence;
  reason: string;
  evidence: Readonly<Record<string, unknown>>;
  state: FindingsTable["state"];
  openedAt: number;
  closedAt: number | null;
  /** Null where a check found nothing any more. */
  closedBy: string | null;
  /** What whoever closed it said, or why a check did. */
  note: string;
}

export type Presence = FindingsTable["presence"];

/** In place of a rule: two upstreams have the version with different content. */
export const DISAGREEMENT = "upstreams-disagree";

/** Rules of which a person has to decide what becomes of a version; what ends by itself or was decided is not among them. */
export const FINDING_RULES: ReadonlySet<string> = new Set([
  "malware",
  "suspected-malware",
  "integrity-change",
  "trust-downgrade",
  "vulnerability",
  "licence",
  "install-script",
  "look-alike",
  "review-first",
]);

/** Those that speak of what is known of a version, whether it was ever used or not. */
export const KNOWN_RULES: ReadonlySet<string> = new Set(["malware", "suspected-malware", "vulnerability"]);

/** Reads a row. */
export function findingOf(row: Selectable<FindingsTable>): Finding {
  return {
    id: row.id,
    registryId: row.registry_id,
    name: row.name,
    version: row.version,
    rule: row.rule,
    mode: row.mode,
    result: row.result,
    presence: row.presence,
    reason: row.reason,
    evidence: JSON.parse(row.evidence) as Record<string, unknown>,
    state: row.state,
    openedAt: row.opened_at,
    closedAt: row.closed_at,
    closedBy: row.closed_by,
    note: row.note,
  };
}
