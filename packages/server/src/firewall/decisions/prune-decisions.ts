import type { Database } from "../../db/index.ts";
import { dayOf, hourOf } from "./count-decisions.ts";

const CHUNK = 5_000;
const DOWNLOAD_DAYS = 400;
const DECISION_HOURS = 60 * 24;

/** Removes decisions that are older than `before`, in milliseconds, the oldest first; gives how many. */
export async function pruneDecisions(
  { db }: { db: Database },
  options: { before: number; signal?: AbortSignal },
): Promise<number> {
  let removed = 0;
  let after = 0;
  while (options.signal?.aborted !== true) {
    const end = await endOfChunk(db, after);
    if (end === null) break;
    const from = after;
    const { numDeletedRows } = await db.write((trx) =>
      trx
        .deleteFrom("decisions")
        .where("seq", ">", from)
        .where("seq", "<=", end)
        .where("at", "<", options.before)
        .executeTakeFirstOrThrow(),
    );
    // They are in the order of their numbers, so behind a chunk without an old one there is none.
    if (numDeletedRows === 0n) break;
    removed += Number(numDeletedRows);
    after = end;
  }
  return removed;
}

/** The number of the last decision of the chunk after a number; null when there is none. */
async function endOfChunk(db: Pick<Database, "read">, after: number): Promise<number | null> {
  const row = await db.read
    .selectFrom((eb) =>
      eb
        .selectFrom("decisions")
        .select("seq")
        .where("seq", ">", after)
        .orderBy("seq")
        .limit(CHUNK)
        .as("chunk"),
    )
    .select((eb) => eb.fn.max("chunk.seq").as("end"))
    .executeTakeFirst();
  return row?.end ?? null;
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
