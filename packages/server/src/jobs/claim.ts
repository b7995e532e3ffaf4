import type { ExpressionBuilder, Kysely, SqlBool, Expression, Transaction } from "kysely";
import { isPostgres } from "../db/index.ts";
import type { Database, Schema } from "../db/index.ts";
import { jobOfRow } from "./job.ts";
import type { Job, JobRow } from "./job.ts";

export interface ClaimRequest {
  now: number;
  /** Attempts per kind that this process has a handler for; others are left alone. */
  attemptsMax: ReadonlyMap<string, number>;
  /** Unique to this claim: whoever does not hold it any more cannot write the job's outcome. */
  lease: string;
  leaseUntil: number;
}

/** A job that this process may run until its lease ends. */
export interface ClaimedJob {
  job: Job;
  lease: string;
  /** Lines that earlier holders of the same attempt wrote. */
  lineCount: number;
}

/** Takes the next due job, or null when there is none. Jobs whose holder vanished too often are failed on the way. */
export async function claimJob(db: Database, request: ClaimRequest): Promise<ClaimedJob | null> {
  // Reading first spares an idle process the writer's lock.
  while ((await dueRow(db.read, request, false)) !== undefined) {
    const outcome = await db.write((trx) => claimIn(trx, request));
    if (outcome !== "gave-up") return outcome;
  }
  return null;
}

async function claimIn(
  trx: Transaction<Schema>,
  request: ClaimRequest,
): Promise<ClaimedJob | "gave-up" | null> {
  const row = await dueRow(trx, request, isPostgres(trx));
  if (row === undefined) return null;
  const attemptsMax = request.attemptsMax.get(row.kind) ?? 1;
  if (row.state === "running" && row.attempts >= attemptsMax) {
    const lastError = "The process that ran it vanished.";
    await trx
      .updateTable("jobs")
      .set({
        state: "failed",
        last_error: lastError,
        finished_at: request.now,
        lease_owner: null,
        lease_until: null,
      })
      .where("id", "=", row.id)
      .execute();
    return "gave-up";
  }
  const claimed = await trx
    .updateTable("jobs")
    .set({
      state: "running",
      attempts: row.attempts + 1,
      attempts_max: attemptsMax,
      lease_owner: request.lease,
      lease_until: request.leaseUntil,
    })
    .where("id", "=", row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const { lines } = await trx
    .selectFrom("job_lines")
    .select((eb) => eb.fn.max("line").as("lines"))
    .where("job_id", "=", row.id)
    .where("attempt", "=", claimed.attempts)
    .executeTakeFirstOrThrow();
  return { job: jobOfRow(claimed), lease: request.lease, lineCount: Number(lines ?? 0) };
}

/** The job whose lease ran out longest ago, else the waiting one that is due longest. */
async function dueRow(
  db: Kysely<Schema>,
  request: ClaimRequest,
  hasRowLocks: boolean,
): Promise<JobRow | undefined> {
  const kinds = [...request.attemptsMax.keys()];
  if (kinds.length === 0) return undefined;
  const jobs = db.selectFrom("jobs").selectAll().where("kind", "in", kinds).limit(1);
  const abandoned = jobs
    .where("state", "=", "running")
    .where("lease_until", "<", request.now)
    .orderBy("lease_until");
  const waiting = jobs
    .where("state", "=", "waiting")
    .where("run_at", "<=", request.now)
    .where(hasNoRunningTwin)
    .orderBy("run_at");
  for (const query of [abandoned, waiting]) {
    const row = await (hasRowLocks ? query.forUpdate().skipLocked() : query).executeTakeFirst();
    if (row !== undefined) return row;
  }
  return undefined;
}

function hasNoRunningTwin(eb: ExpressionBuilder<Schema, "jobs">): Expression<SqlBool> {
  return eb.not(
    eb.exists(
      eb
        .selectFrom("jobs as twin")
        .select("twin.id")
        .where("twin.state", "=", "running")
        .whereRef("twin.dedupe_key", "=", "jobs.dedupe_key"),
    ),
  );
}
