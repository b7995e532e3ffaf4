import { setImmediate as nextTurn } from "node:timers/promises";
import type { AuditRow, Database } from "../db/index.ts";
import { CHAIN_START, hashOf } from "./chain.ts";
import { changeWithoutEvent } from "./change-without-event.ts";
import { lastSealed } from "./sealer.ts";

/** What is wrong first. */
export interface Fault {
  of: "event" | "change";
  /** Number of the event, or of the change. */
  seq: number;
  at: string;
  kind: string;
  reason: string;
}

/** How to check. */
export interface VerifyOptions {
  wantedHead?: string | null;
  /** False where the end could not be sealed just now, so that events without a hash may stand there; true when left out. */
  isSealed?: boolean;
  now?: () => number;
  onProgress?: (events: number) => void;
}

/** What a check of the chain found. */
export interface Verification {
  /** Sealed events that were looked at, and fit. */
  events: number;
  /** Events at the end that have no hash yet; the server seals them within a second. */
  unsealed: number;
  /** Hash of the last event that fits; the chain's start when there is none. */
  head: string;
  /** The first event that does not fit, or else the first change without one; null when all is as it should be. */
  fault: Fault | null;
  /** Whether the hash that was asked for is in the chain; null when none was, and after a fault. */
  hasWantedHead: boolean | null;
}

const PAGE = 1_000;
const WITHOUT_HASH = "It has no hash, but later events have: it was inserted, or its hash was removed.";
const LATE =
  "It has no hash, although it is older than a minute: its hash was removed, or it came from elsewhere.";
const LACKING = "Its event is not in the trail: it was removed.";
const UNSEALED_MS_MAX = 60_000;
const MISFIT = "Its hash does not fit: it was changed or inserted, or the event before it was removed.";

/**
 * Checks every sealed event against the chain, up to the one that was the last at the call; then that nothing older than
 * a minute is unsealed, and that each change has its event. `onProgress` hears how many have been looked at.
 */
export async function verifyTrail(
  db: Pick<Database, "read">,
  options: VerifyOptions = {},
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
  await walkChain(db, result, { ...options, wanted, end: end.seq });
  result.fault ??= (await lateEvent(db, end.seq, options)) ?? (await lackingEvent(db));
  // The rest of the chain was not looked at, or is not all there is.
  if (result.fault !== null) result.hasWantedHead = null;
  return result;
}

async function walkChain(
  db: Pick<Database, "read">,
  result: Verification,
  { wanted, end, onProgress }: Pick<VerifyOptions, "onProgress"> & { wanted: string | null; end: number },
): Promise<void> {
  let after = 0;
  while (after < end && result.fault === null) {
    const rows = await pageOf(db, { after, until: end });
    for (const row of rows) {
      if (!fits(result, row)) break;
      if (row.hash === wanted) result.hasWantedHead = true;
    }
    after = rows.at(-1)?.seq ?? end;
    onProgress?.(result.events);
    await nextTurn();
  }
}

async function lateEvent(
  db: Pick<Database, "read">,
  after: number,
  { isSealed = true, now = Date.now }: VerifyOptions,
): Promise<Fault | null> {
  if (!isSealed) return null;
  const row = await db.read
    .selectFrom("audit_events")
    .select(["seq", "at", "kind"])
    .where("seq", ">", after)
    .where("hash", "is", null)
    .where("at", "<", now() - UNSEALED_MS_MAX)
    .orderBy("seq")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : faultAt("event", row, LATE);
}

async function lackingEvent(db: Pick<Database, "read">): Promise<Fault | null> {
  const change = await changeWithoutEvent(db);
  return change === null ? null : faultAt("change", change, LACKING);
}

function faultAt(
  of: Fault["of"],
  { seq, at, kind }: Pick<AuditRow, "seq" | "at" | "kind">,
  reason: string,
): Fault {
  return { of, seq, at: new Date(at).toISOString(), kind, reason };
}

function fits(result: Verification, row: AuditRow): boolean {
  const reason = faultOf(result.head, row);
  if (reason !== null) {
    result.fault = faultAt("event", row, reason);
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
