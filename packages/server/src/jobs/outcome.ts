import type { Transaction } from "kysely";
import { isUniqueViolation } from "../db/index.ts";
import type { Database, Schema } from "../db/index.ts";
import type { ClaimedJob } from "./claim.ts";
import type { RunRecord } from "./run-log.ts";

/** How a run ended. `released` is a run cut off by a stop: it counts as if it had not begun. */
export type Outcome =
  | { kind: "done"; at: number }
  | { kind: "failed"; at: number; error: string }
  | { kind: "retry"; runAt: number; error: string }
  | { kind: "released"; runAt: number };

const ERROR_CHARACTERS_MAX = 4_000;
/** Another job with the same key may be queued in the very moment in which this one goes back to waiting. */
const KEY_ATTEMPTS_MAX = 3;
/** Both databases limit the values of one statement. */
const LINES_PER_INSERT = 500;

/** Writes what the run said and counted so far and holds the lease on; false when the lease is lost. */
export function saveProgress(
  db: Database,
  claim: ClaimedJob,
  progress: { record: RunRecord; leaseUntil: number },
): Promise<boolean> {
  return db.write(async (trx) => {
    const values = { lease_until: progress.leaseUntil, counts: progress.record.counts };
    return (await updateHeld(trx, claim, values)) && (await insertLines(trx, claim, progress.record));
  });
}

/** Writes the outcome; false when the lease is lost and the outcome is another holder's to write. */
export async function saveOutcome(
  db: Database,
  claim: ClaimedJob,
  result: { outcome: Outcome; record: RunRecord },
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.write(async (trx) => {
        const values = { ...(await valuesOf(trx, claim, result.outcome)), counts: result.record.counts };
        return (await updateHeld(trx, claim, values)) && (await insertLines(trx, claim, result.record));
      });
    } catch (error) {
      if (!isUniqueViolation(error) || attempt >= KEY_ATTEMPTS_MAX) throw error;
    }
  }
}

type JobValues = Partial<Schema["jobs"]>;

async function valuesOf(trx: Transaction<Schema>, claim: ClaimedJob, outcome: Outcome): Promise<JobValues> {
  const unheld = { lease_owner: null, lease_until: null };
  switch (outcome.kind) {
    case "done":
      return { ...unheld, state: "done", finished_at: outcome.at, last_error: null };
    case "failed":
      return { ...unheld, state: "failed", finished_at: outcome.at, last_error: shorten(outcome.error) };
    case "retry": {
      const key = await freeKey(trx, claim);
      const lastError = shorten(outcome.error);
      return { ...unheld, ...key, state: "waiting", run_at: outcome.runAt, last_error: lastError };
    }
    case "released": {
      const key = await freeKey(trx, claim);
      return { ...unheld, ...key, state: "waiting", run_at: outcome.runAt, attempts: claim.job.attempts - 1 };
    }
  }
}

/** The job keeps its key unless a later one waits under it; their payloads may differ, so neither may swallow the other. */
async function freeKey(trx: Transaction<Schema>, claim: ClaimedJob): Promise<JobValues> {
  if (claim.job.dedupeKey === null) return {};
  const twin = await trx
    .selectFrom("jobs")
    .select("id")
    .where("dedupe_key", "=", claim.job.dedupeKey)
    .where("state", "=", "waiting")
    .executeTakeFirst();
  return twin === undefined ? {} : { dedupe_key: null };
}

async function updateHeld(trx: Transaction<Schema>, claim: ClaimedJob, values: JobValues): Promise<boolean> {
  const updated = await trx
    .updateTable("jobs")
    .set(values)
    .where("id", "=", claim.job.id)
    .where("lease_owner", "=", claim.lease)
    .executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

async function insertLines(trx: Transaction<Schema>, claim: ClaimedJob, record: RunRecord): Promise<true> {
  const { id, attempts } = claim.job;
  const rows = record.lines.map((line) => ({ job_id: id, attempt: attempts, ...line }));
  for (let start = 0; start < rows.length; start += LINES_PER_INSERT) {
    const part = rows.slice(start, start + LINES_PER_INSERT);
    await trx.insertInto("job_lines").values(part).execute();
  }
  return true;
}

function shorten(text: string): string {
  return text.replaceAll("\0", "").slice(0, ERROR_CHARACTERS_MAX);
}
