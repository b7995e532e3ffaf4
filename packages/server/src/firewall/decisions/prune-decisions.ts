import type { Database } from "../../db/index.ts";
import { dayOf, hourOf } from "./count-decisions.ts";

const CHUNK = 5_000;
const DOWNLOAD_DAYS = 400;
const DECISION_HOURS = 60 * 24;

/**
 * Removes decisions that are older than `before`, in milliseconds, the oldest first; gives how many. Decisions are in the
 * order of their numbers: one that claims to be later than `now`, written while the clock was wrong, goes with those
 * behind it.
 */
export async function pruneDecisions(
  { db }: { db: Database },
  { before, now, signal }: { before: number; now: number; signal?: AbortSignal },
): Promise<number> {
  let removed = 0;
  let after = 0;
  let from = 0;
  while (signal?.aborted !== true) {
    const { end, lastOld, future } = await chunkAfter(db, after, { before, now });
    // Behind a chunk that is young for certain nothing is old.
    if (end === null || (lastOld === null && future === 0)) break;
    if (lastOld !== null) {
      removed += await removeOld(db, { from, to: lastOld }, { before, now });
      from = lastOld;
    }
    after = end;
  }
  return removed;
}

interface Times {
  before: number;
  now: number;
}

interface Chunk {
  /** Number of its last decision; null where there is none. */
  end: number | null;
  /** Number of its last one that is too old. */
  lastOld: number | null;
  /** How many claim to be of the future. */
  future: number;
}

async function chunkAfter(
  { read }: Pick<Database, "read">,
  after: number,
  { before, now }: Times,
): Promise<Chunk> {
  const rows = await read
    .selectFrom("decisions")
    .select(["seq", "at"])
    .where("seq", ">", after)
    .orderBy("seq")
    .limit(CHUNK)
    .execute();
  return {
    end: rows.at(-1)?.seq ?? null,
    lastOld: rows.findLast(({ at }) => at < before)?.seq ?? null,
    future: rows.filter(({ at }) => at > now).length,
  };
}

async function removeOld(
  db: Pick<Database, "write">,
  { from, to }: { from: number; to: number },
  { before, now }: Times,
): Promise<number> {
  const { numDeletedRows } = await db.write((trx) =>
    trx
      .deleteFrom("decisions")
      .where("seq", ">", from)
      .where("seq", "<=", to)
      .where((on) => on.or([on("at", "<", before), on("at", ">", now)]))
      .executeTakeFirstOrThrow(),
  );
  return Number(numDeletedRows);
}

/** Removes counts whose day is over for so long that nobody looks at them any more; `now` in milliseconds. */
export async function pruneCounts({ db }: { db: Database }, now: number): Promise<void> {
  await db.write(async (trx) => {
    await trx
      .deleteFrom("download_counts")
      .where("day", "<", dayOf(now) - DOWNLOAD_DAYS)
      .execute();
    await trx
      .deleteFrom("decision_counts")
      .where("hour", "<", hourOf(now) - DECISION_HOURS)
      .execute();
  });
}
