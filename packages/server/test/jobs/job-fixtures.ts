import { vi } from "vitest";
import type { Database } from "../../src/db/index.ts";
import { createJobQueue } from "../../src/jobs/index.ts";
import type {
  Job,
  JobContext,
  JobHandler,
  JobQueue,
  JobWorker,
  WorkerOptions,
} from "../../src/jobs/index.ts";
import type { TestDatabases } from "../db/each-database.ts";

export const HOUR_MS = 3_600_000;

export interface Clock {
  now: number;
}

export function queueOn(db: Database, clock: Clock): JobQueue {
  return createJobQueue({ db, now: () => clock.now, owner: "test" });
}

export function handler(run: (context: JobContext) => Promise<void> | void, attemptsMax = 3): JobHandler {
  return { kind: "test", attemptsMax, run: async (context) => run(context) };
}

export async function until(queue: JobQueue, id: string, holds: (job: Job) => boolean): Promise<Job> {
  return vi.waitFor(
    async () => {
      const job = await queue.find(id);
      if (job === null || !holds(job)) throw new Error(`not yet: ${JSON.stringify(job)}`);
      return job;
    },
    { timeout: 10_000, interval: 5 },
  );
}

/** A handler that runs until it is told to end, or is cut off. */
export function blocking(): { handler: JobHandler; started: string[]; finish: () => void } {
  const started: string[] = [];
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const run = async (context: JobContext): Promise<void> => {
    started.push(context.jobId);
    const stopped = new Promise<never>((_resolve, reject) => {
      context.signal.addEventListener("abort", () => reject(context.signal.reason as Error));
    });
    await Promise.race([finished, stopped]);
  };
  return { handler: handler(run), started, finish };
}

type Work = (queue: JobQueue, handlers: readonly JobHandler[], options?: WorkerOptions) => JobWorker;

/** Makes the function that starts a quick worker, which is stopped after the test. */
export function worksOf(databases: TestDatabases): Work {
  return (queue, handlers, options = {}) => {
    const worker = queue.startWorker(handlers, { pollMs: 10, saveMs: 10, ...options });
    databases.afterwards(() => worker.stop());
    return worker;
  };
}
