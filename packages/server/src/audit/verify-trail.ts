import { setImmediate as nextTurn } from "node:timers/promises";
import type { AuditRow, Database } from "../db/index.ts";
import { CHAIN_START, hashOf } from "./chain.ts";
import { lastSealed } from "./sealer.ts";

/** What a check of the chain found. */
export interface Verification {
  /** Sealed events that were looked at, and fit. */
  events: number;
  /** Events at the end that have no hash yet; the server seals them within a second. */
  unsealed: number;
  /** Hash of the last event that fits; the chain's start when there is none. */
  head: string;
  /** The first event that does not fit; null when all do. */
  fault: { seq: number; at: string; kind: string; reason: string } | null;
  /** Whether the hash that was asked for is in the chain; null when none was. */
  hasWantedHead: boolean | null;
}

const PAGE = 1_000;
const WITHOUT_HASH = "It has no hash, but later events have: it was inserted, or its hash was removed.";
const MISFIT = "Its hash does not fit: it was changed or inserted, or the event before it was removed.";

/**
 * Checks every sealed event against the chain, up to the one that was the last at the call. `onProgress` hears how many
 * have been looked at.
 */
export async function verifyTrail(
  db: Pick<Database, "read">,
  options: { wantedHead?: string | null; onProgress?: (events: number) => void } = {},
): Promise<Verification> {
  const wanted = options.wantedHead ?? null;
  const end = await lastSealed(db);
  const result: Verification = {
    events: 0,
    unsealed: await countAfter(db, end.seq),
    head: CHAIN_START,
    fault: null,
    hasWantedHead: wanted === null ? null : wanted === CHAIN_START,
  };
  let after = 0;
  while (after < end.seq && result.fault === null) {
    const rows = await pageOf(db, { after, until: end.seq });
    for (const row of rows) {
      if (!fits(result, row)) break;
      if (row.hash === wanted) result.hasWantedHead = true;
    }
    after = rows.at(-1)?.seq ?? end.seq;
    options.onProgress?.(result.events);
    await nextTurn();
  }
  return result;
}

function fits(result: Verification, row: AuditRow): boolean {
  const reason = faultOf(result.head, row);
  if (reason !== null) {
    const { seq, kind } = row;
    result.fault = { seq, at: new Date(row.at).toISOString(), kind, reason };
    return false;
  }
  result.events += 1;
  result.head = row.hash ?? result.head;
  return true;
}

function faultOf(previous: string, row: AuditRow): string | null {
  if (row.hash === null) return WITHOUT_HASH;
  if (row.hash === hashOf(previous, row)) return null;
  return MISFIT;
}

async function pageOf(
  db: Pick<Database, "read">,
  { after, until }: { after: number; until: number },
): Promise<AuditRow[]> {
  return await db.read
    .selectFrom("audit_events")
    .selectAll()
    .where("seq", ">", after)
    .where("seq", "<=", until)
    .orderBy("seq")
    .limit(PAGE)
    .execute();
}

async function countAfter(db: Pick<Database, "read">, seq: number): Promise<number> {
  const { count } = await db.read
    .selectFrom("audit_events")
    .select((eb) => eb.fn.countAll<number | string>().as("count"))
    .where("seq", ">", seq)
    .executeTakeFirstOrThrow();
  return Number(count);
}
