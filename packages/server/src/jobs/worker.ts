import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../db/index.ts";
import { claimJob } from "./claim.ts";
import type { ClaimedJob } from "./claim.ts";
import type { JobHandler } from "./job.ts";
import { runJob } from "./run-job.ts";
import type { JobEnd, JobFailure, Run } from "./run-job.ts";
import { createScheduleKeeper } from "./schedule.ts";
import type { Schedule, ScheduleKeeper } from "./schedule.ts";

export interface WorkerOptions {
  schedules?: readonly Schedule[];
  /** Jobs that run at the same time in this process; 2 when left out. */
  concurrency?: number;
  /** How often to look for jobs that other processes queued or that fell due; 1 s when left out. */
  pollMs?: number;
  /** How long a job of a process that vanished stays taken; 60 s when left out. */
  leaseMs?: number;
  /** How often lines and counts of running jobs are written; 1 s when left out. */
  saveMs?: number;
  /** How long `stop` waits for handlers; 10 s when left out. */
  stopMs?: number;
  /** Hears of every failed run and of every failure to reach the queue. */
  onFailure?: (failure: JobFailure) => void;
  /** Hears of the end of every run. */
  onEnd?: (end: JobEnd) => void;
}

/** Runs jobs until it is stopped. */
export interface JobWorker {
  /** Looks for due jobs now. */
  wake(): void;
  /** Starts no more jobs, asks those that run to end, and puts back those that do not. */
  stop(): Promise<void>;
}

export interface WorkerDeps {
  db: Database;
  now: () => number;
  /** Makes a text unique to one claim. */
  newLease: () => string;
}

const DEFAULTS = { concurrency: 2, pollMs: 1_000, leaseMs: 60_000, saveMs: 1_000, stopMs: 10_000 };

/** Starts taking jobs of the kinds that have a handler. Throws `config-invalid` for a schedule that is not valid. */
export function startWorker(
  deps: WorkerDeps,
  handlers: readonly JobHandler[],
  options: WorkerOptions,
): JobWorker {
  const settings = { ...DEFAULTS, onFailure: () => undefined, onEnd: () => undefined, ...options };
  const keepers = (options.schedules ?? []).map(createScheduleKeeper);
  const handlerOf = new Map(handlers.map((handler) => [handler.kind, handler]));
  const runs = new Set<Run>();
  let isStopping = false;
  let looking: Promise<void> | null = null;
  let isWanted = false;

  async function startNext(): Promise<boolean> {
    const claim = await claimFor(deps, handlerOf, settings.leaseMs);
    const handler = handlerOf.get(claim?.job.kind ?? "");
    if (claim === null || handler === undefined) return false;
    const run = runJob({ ...deps, ...settings }, handler, claim);
    runs.add(run);
    if (isStopping) run.stop();
    void run.settled.then(() => {
      runs.delete(run);
      wake();
    });
    return true;
  }

  async function look(): Promise<void> {
    do {
      isWanted = false;
      try {
        await keepSchedules(deps, keepers);
        while (!isStopping && runs.size < settings.concurrency && (await startNext()));
      } catch (error) {
        settings.onFailure({ kind: "", jobId: "", error, isFinal: false });
      }
    } while (isWanted && !isStopping);
    looking = null;
  }

  function wake(): void {
    if (isStopping) return;
    isWanted = true;
    looking ??= look();
  }

  const timer = setInterval(wake, settings.pollMs);
  timer.unref();
  wake();
  return {
    wake,
    stop: async () => {
      isStopping = true;
      clearInterval(timer);
      await looking;
      await stopRuns([...runs], settings.stopMs);
    },
  };
}

function claimFor(
  deps: WorkerDeps,
  handlers: ReadonlyMap<string, JobHandler>,
  leaseMs: number,
): Promise<ClaimedJob | null> {
  const attemptsMax = new Map([...handlers.values()].map((handler) => [handler.kind, handler.attemptsMax]));
  const now = deps.now();
  return claimJob(deps.db, { now, attemptsMax, lease: deps.newLease(), leaseUntil: now + leaseMs });
}

async function keepSchedules(deps: WorkerDeps, keepers: readonly ScheduleKeeper[]): Promise<void> {
  for (const keeper of keepers) await keeper.keep(deps.db, deps.now());
}

async function stopRuns(runs: readonly Run[], stopMs: number): Promise<void> {
  for (const run of runs) run.stop();
  const patience = new AbortController();
  const all = Promise.all(runs.map((run) => run.settled));
  await Promise.race([all, delay(stopMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
  patience.abort();
  await Promise.all(runs.map((run) => run.abandon()));
}
