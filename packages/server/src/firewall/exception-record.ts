import type { RuleId } from "@entrepot/core";
import { approversOf, rulesOf, type ExceptionRow } from "./exceptions.ts";

/** Where an exception stands: as it is kept, and `ended` once its time is over. */
export type ExceptionState = ExceptionRow["state"] | "ended";

/** An exception or the wish for one, with its history. Times are milliseconds since 1970. */
export interface ExceptionRecord {
  id: string;
  /** Empty for every registry. */
  registryId: string;
  packages: string;
  range: string;
  /** Null for all that can be lifted. */
  rules: readonly RuleId[] | null;
  state: ExceptionState;
  reason: string;
  owner: string;
  createdAt: number;
  approvedBy: readonly string[];
  /** How many must agree. */
  approvalsNeeded: number;
  /** Null while it is only wished for, and for one that does not end by itself. */
  expiresAt: number | null;
  /** How long it is to hold from its approval; null where the time of its end is fixed. */
  lastsMs: number | null;
  decidedBy: string | null;
  decidedAt: number | null;
  note: string;
}

const MALWARE_APPROVALS = 2;

/** How many people must agree to an exception from these rules. */
export function approvalsFor(rules: readonly RuleId[] | null): number {
  return rules?.includes("malware") === true ? MALWARE_APPROVALS : 1;
}

/** Reads a row as of a moment. */
export function recordOf(row: ExceptionRow, now: number): ExceptionRecord {
  const rules = rulesOf(row);
  const isOver = row.expires_at !== null && row.expires_at <= now;
  return {
    id: row.id,
    registryId: row.registry_id,
    packages: row.packages,
    range: row.version_range,
    rules,
    state: row.state === "approved" && isOver ? "ended" : row.state,
    reason: row.reason,
    owner: row.owner,
    createdAt: row.created_at,
    approvedBy: approversOf(row),
    approvalsNeeded: approvalsFor(rules),
    expiresAt: row.expires_at,
    lastsMs: row.lasts_ms,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    note: row.note,
  };
}

/** What whoever asked is told of a decision. */
export function decisionText(record: ExceptionRecord, by: string): string {
  const what = `${record.packages}@${record.range}`;
  const note = record.note === "" ? "" : ` They say: ${record.note}`;
  const until = record.expiresAt === null ? "" : ` until ${new Date(record.expiresAt).toISOString()}`;
  const texts: Readonly<Record<ExceptionState, string>> = {
    requested: `${by} agreed to let ${what} pass; one more person has to.`,
    approved: `${by} approved your request: ${what} may be installed${until}.`,
    ended: `The exception for ${what} has ended.`,
    rejected: `${by} said no to your request for ${what}.`,
    revoked: `${by} ended the exception for ${what}.`,
  };
  return `${texts[record.state]}${note}`;
}
