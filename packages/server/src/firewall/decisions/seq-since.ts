import type { Database } from "../../db/index.ts";

/** Processes write within seconds of what they saw, and their clocks differ by little. */
const SKEW_MS = 3_600_000;

/**
 * The number of the first decision of a moment, or somewhat before it; found without reading what lies between, for the
 * log is kept in the order of its numbers only. Times are milliseconds since 1970.
 */
export async function seqSince(db: Pick<Database, "read">, moment: number): Promise<number> {
  let low = 1;
  let high = (await newestDecision(db)) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = await db.read
      .selectFrom("decisions")
      .select(["seq", "at"])
      .where("seq", ">=", middle)
      .orderBy("seq")
      .limit(1)
      .executeTakeFirst();
    if (row !== undefined && row.at < moment - SKEW_MS) low = row.seq + 1;
    else high = middle;
  }
  return low;
}

/** The number of the newest decision; 0 when there is none. */
export async function newestDecision(db: Pick<Database, "read">): Promise<number> {
  const row = await db.read
    .selectFrom("decisions")
    .select("seq")
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.seq ?? 0;
}
