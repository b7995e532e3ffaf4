import { randomUUID } from "node:crypto";
import { EntrepotError } from "@entrepot/core";
import type { Transaction } from "kysely";
import type { Database, Schema } from "../db/index.ts";
import { insertJob } from "./enqueue.ts";
import type { Enqueued } from "./enqueue.ts";
import { jobOfRow } from "./job.ts";
import type { Job, JobHandler, JobLine, JobState, NewJob } from "./job.ts";
import { startWorker } from "./worker.ts";
import type { JobWorker, WorkerOptions } from "./worker.ts";

const PAGE_MAX = 200;
const LINES_PAGE_MAX = 1_000;

export interface JobQueueDeps {
  db: Database;
  now: () => number;
  /** Names this process in leases, for people who look at the table. */
  owner: string;
  /** Makes random ids; UUIDs when left out. */
  newId?: () => string;
}

export interface JobFilter {
  state?: JobState;
  kind?: string;
  /** At most 200. */
  limit: number;
  /** `next` of the page before. */
  cursor?: string;
}

/** The queue of background work, shared by every process on the database. */
export interface JobQueue {
  /** Queues a job, or joins the waiting one with the same key. */
  enqueue(job: NewJob): Promise<Enqueued>;
  /** Queues a job in the transaction that causes it: it exists if and only if that commits. */
  enqueueIn(trx: Transaction<Schema>, job: NewJob): Promise<Enqueued>;
  find(id: string): Promise<Job | null>;
  /** Newest first; `next` is null on the last page. Throws `request-invalid` for a cursor that is not one. */
  list(filter: JobFilter): Promise<{ jobs: Job[]; next: string | null }>;
  /** The run log after a line, in order, at most 1,000 lines. */
  lines(id: string, after?: Pick<JobLine, "attempt" | "line">): Promise<JobLine[]>;
  /**
   * Makes a waiting job due, or queues a copy of one that has ended or belongs to a schedule; gives the id of what
   * will run. Throws `not-found`.
   */
  runNow(id: string): Promise<Enqueued>;
  /** Deletes at most `limit` jobs that ended before `finishedBefore`, at least a day ago; gives how many. */
  prune(options: { finishedBefore: number; limit: number }): Promise<number>;
  startWorker(handlers: readonly JobHandler[], options?: WorkerOptions): JobWorker;
}

/** Opens the queue; jobs run only where a worker is started. */
export function createJobQueue({ db, now, owner, newId = randomUUID }: JobQueueDeps): JobQueue {
  const workers = new Set<JobWorker>();

  function enqueueIn(trx: Transaction<Schema>, job: NewJob): Promise<Enqueued> {
    return insertJob(trx, { id: newId(), now: now(), job });
  }

  async function enqueue(job: NewJob): Promise<Enqueued> {
    const enqueued = await db.write((trx) => enqueueIn(trx, job));
    for (const worker of workers) worker.wake();
    return enqueued;
  }

  async function find(id: string): Promise<Job | null> {
    const row = await db.read.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? null : jobOfRow(row);
  }

  async function runNow(id: string): Promise<Enqueued> {
    const job = await find(id);
    if (job === null) throw new EntrepotError("not-found", { message: `There is no job ${id}.` });
    if (job.state === "running") return { id, isNew: false };
    const copy = copyOf(job);
    if (copy !== null) return enqueue(copy);
    await makeDue(db, id, now());
    for (const worker of workers) worker.wake();
    return { id, isNew: false };
  }

  return {
    enqueue,
    enqueueIn,
    find,
    runNow,
    list: (filter) => listJobs(db, filter),
    lines: (id, after) => listLines(db, id, after ?? { attempt: 0, line: 0 }),
    prune: (options) => pruneJobs(db, { ...options, now: now() }),
    startWorker: (handlers, options = {}) => {
      const deps = { db, now, newLease: () => `${owner}/${newId()}` };
      const worker = startWorker(deps, handlers, options);
      workers.add(worker);
      return {
        wake: worker.wake,
        stop: () => {
          workers.delete(worker);
          return worker.stop();
        },
      };
    },
  };
}

/** What to queue to run the job again; null when it still waits and can itself be run. */
function copyOf(job: Job): NewJob | null {
  const isOfSchedule = job.id.startsWith("schedule:");
  if (job.state === "waiting" && !isOfSchedule) return null;
  // Under the schedule's key it would only join the next tick.
  const key = job.dedupeKey === null || isOfSchedule ? {} : { dedupeKey: job.dedupeKey };
  return { kind: job.kind, payload: job.payload, ...key };
}

async function makeDue(db: Database, id: string, now: number): Promise<void> {
  await db.write((trx) =>
    trx
      .updateTable("jobs")
      .set({ run_at: now })
      .where("id", "=", id)
      .where("state", "=", "waiting")
      .execute(),
  );
}

async function listJobs(db: Database, filter: JobFilter): Promise<{ jobs: Job[]; next: string | null }> {
  const limit = Math.min(Math.max(filter.limit, 1), PAGE_MAX);
  let query = db.read.selectFrom("jobs").selectAll();
  if (filter.state !== undefined) query = query.where("state", "=", filter.state);
  if (filter.kind !== undefined) query = query.where("kind", "=", filter.kind);
  if (filter.cursor !== undefined) {
    const { createdAt, id } = parseCursor(filter.cursor);
    query = query.where((eb) =>
      eb.or([
        eb("created_at", "<", createdAt),
        eb.and([eb("created_at", "=", createdAt), eb("id", "<", id)]),
      ]),
    );
  }
  const rows = await query
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  const jobs = rows.slice(0, limit).map(jobOfRow);
  const last = jobs.at(-1);
  return { jobs, next: rows.length > limit && last !== undefined ? `${last.createdAt}:${last.id}` : null };
}

function parseCursor(cursor: string): { createdAt: number; id: string } {
  const [, createdAt, id] = /^(\d{1,15}):(.+)$/.exec(cursor) ?? [];
  if (createdAt === undefined || id === undefined) {
    throw new EntrepotError("request-invalid", { message: "This is not a cursor of a list of jobs." });
  }
  return { createdAt: Number(createdAt), id };
}

function listLines(db: Database, id: string, after: Pick<JobLine, "attempt" | "line">): Promise<JobLine[]> {
  return db.read
    .selectFrom("job_lines")
    .select(["attempt", "line", "at", "text"])
    .where("job_id", "=", id)
    .where((eb) =>
      eb.or([
        eb("attempt", ">", after.attempt),
        eb.and([eb("attempt", "=", after.attempt), eb("line", ">", after.line)]),
      ]),
    )
    .orderBy("attempt")
    .orderBy("line")
    .limit(LINES_PAGE_MAX)
    .execute();
}

/** The id of a schedule's job keeps its tick from being run twice, so the newest day always stays. */
const KEPT_MS = 86_400_000;

async function pruneJobs(
  db: Database,
  options: { finishedBefore: number; limit: number; now: number },
): Promise<number> {
  const before = Math.min(options.finishedBefore, options.now - KEPT_MS);
  const deleted = await db.write((trx) =>
    trx
      .deleteFrom("jobs")
      .where("id", "in", (eb) =>
        eb
          .selectFrom("jobs")
          .select("id")
          .where("finished_at", "<", before)
          .orderBy("finished_at")
          .limit(options.limit),
      )
      .executeTakeFirst(),
  );
  return Number(deleted.numDeletedRows);
}
