import { expect, test, vi } from "vitest";
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
import { describeOnEachDatabase } from "../db/each-database.ts";

const HOUR_MS = 3_600_000;

interface Clock {
  now: number;
}

function queueOn(db: Database, clock: Clock): JobQueue {
  return createJobQueue({ db, now: () => clock.now, owner: "test" });
}

function handler(run: (context: JobContext) => Promise<void> | void, attemptsMax = 3): JobHandler {
  return { kind: "test", attemptsMax, run: async (context) => run(context) };
}

async function until(queue: JobQueue, id: string, holds: (job: Job) => boolean): Promise<Job> {
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
function blocking(): { handler: JobHandler; started: string[]; finish: () => void } {
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

describeOnEachDatabase("the job queue", (databases) => {
  function work(queue: JobQueue, handlers: readonly JobHandler[], options: WorkerOptions = {}): JobWorker {
    const worker = queue.startWorker(handlers, { pollMs: 10, saveMs: 10, ...options });
    databases.afterwards(() => worker.stop());
    return worker;
  }

  test("runs a job with its payload and keeps what it said and counted", async () => {
    const clock = { now: 1_000 };
    const queue = queueOn(await databases.open(), clock);
    work(queue, [
      handler((context) => {
        context.log(`payload ${JSON.stringify(context.payload)}`);
        context.log("second\0 line");
        context.count("files", 2);
        context.count("files");
      }),
    ]);
    const { id, isNew } = await queue.enqueue({ kind: "test", payload: { a: [1] } });
    const job = await until(queue, id, (each) => each.state === "done");
    expect(isNew).toBe(true);
    expect(job).toMatchObject({
      attempts: 1,
      attemptsMax: 3,
      counts: { files: 3 },
      lastError: null,
      finishedAt: 1_000,
    });
    expect(await queue.lines(id)).toEqual([
      { attempt: 1, line: 1, at: 1_000, text: 'payload {"a":[1]}' },
      { attempt: 1, line: 2, at: 1_000, text: "second line" },
    ]);
  });

  test("the log and the counts can be read while it runs", async () => {
    const queue = queueOn(await databases.open(), { now: 0 });
    const block = blocking();
    work(queue, [
      handler(async (context) => {
        context.log("begun");
        context.count("done");
        await block.handler.run(context);
      }),
    ]);
    const { id } = await queue.enqueue({ kind: "test", payload: null });
    const job = await until(queue, id, (each) => each.counts["done"] === 1);
    expect(job.state).toBe("running");
    expect((await queue.lines(id)).map((line) => line.text)).toEqual(["begun"]);
    block.finish();
    await until(queue, id, (each) => each.state === "done");
    expect(await queue.lines(id)).toHaveLength(1);
  });

  test("a job waits for its time", async () => {
    const clock = { now: 0 };
    const queue = queueOn(await databases.open(), clock);
    const ran: string[] = [];
    work(queue, [handler((context) => void ran.push(context.jobId))]);
    const later = await queue.enqueue({ kind: "test", payload: null, runAt: HOUR_MS });
    const now = await queue.enqueue({ kind: "test", payload: null });
    await until(queue, now.id, (job) => job.state === "done");
    expect(ran).toEqual([now.id]);
    clock.now = HOUR_MS;
    await until(queue, later.id, (job) => job.state === "done");
  });

  test("a job that fails is tried again, each time later, and then given up", async () => {
    const clock = { now: 0 };
    const queue = queueOn(await databases.open(), clock);
    const failures: boolean[] = [];
    work(
      queue,
      [
        handler(() => {
          throw new Error("broken pipe");
        }),
      ],
      { onFailure: (failure) => failures.push(failure.isFinal) },
    );
    const { id } = await queue.enqueue({ kind: "test", payload: null });
    const first = await until(queue, id, (job) => job.attempts === 1 && job.state === "waiting");
    expect(first).toMatchObject({ lastError: "broken pipe", runAt: 10_000 });
    clock.now = first.runAt;
    const second = await until(queue, id, (job) => job.attempts === 2 && job.state === "waiting");
    expect(second.runAt - clock.now).toBe(40_000);
    clock.now = second.runAt;
    const last = await until(queue, id, (job) => job.state === "failed");
    expect(last).toMatchObject({ attempts: 3, finishedAt: 50_000 });
    expect(failures).toEqual([false, false, true]);
    expect((await queue.lines(id)).map((line) => [line.attempt, line.text])).toEqual([
      [1, "Failed: broken pipe"],
      [2, "Failed: broken pipe"],
      [3, "Failed: broken pipe"],
    ]);
  });

  test("jobs of a kind without a handler are left for others", async () => {
    const queue = queueOn(await databases.open(), { now: 0 });
    const { id } = await queue.enqueue({ kind: "other", payload: null });
    const known = await queue.enqueue({ kind: "test", payload: null });
    work(queue, [handler(() => undefined)]);
    await until(queue, known.id, (job) => job.state === "done");
    expect(await queue.find(id)).toMatchObject({ state: "waiting", attempts: 0 });
  });

  test("waiting jobs with one key are one, at the earliest time asked for", async () => {
    const queue = queueOn(await databases.open(), { now: 0 });
    const ask = (runAt: number): Promise<{ id: string }> =>
      queue.enqueue({ kind: "test", payload: null, runAt, dedupeKey: "k" });
    const first = await ask(3 * HOUR_MS);
    const asked = await Promise.all([HOUR_MS, 2 * HOUR_MS].map(ask));
    expect(asked.map((each) => each.id)).toEqual([first.id, first.id]);
    expect((await queue.find(first.id))?.runAt).toBe(HOUR_MS);
  });

  test("a job does not start while another one with its key runs", async () => {
    const clock = { now: 0 };
    const queue = queueOn(await databases.open(), clock);
    const block = blocking();
    work(queue, [block.handler], { concurrency: 4 });
    const first = await queue.enqueue({ kind: "test", payload: null, dedupeKey: "k" });
    await until(queue, first.id, (job) => job.state === "running");
    const second = await queue.enqueue({ kind: "test", payload: null, dedupeKey: "k" });
    const free = await queue.enqueue({ kind: "test", payload: null });
    await vi.waitFor(() => expect(block.started).toContain(free.id));
    expect([second.id === first.id, block.started.includes(second.id)]).toEqual([false, false]);
    block.finish();
    await until(queue, second.id, (job) => job.state === "done");
  });

  test("a failed job whose key was taken meanwhile is still tried again", async () => {
    const clock = { now: 0 };
    const queue = queueOn(await databases.open(), clock);
    let fail = (): void => undefined;
    const failing = new Promise<void>((_resolve, reject) => {
      fail = () => reject(new Error("no"));
    });
    failing.catch(() => undefined);
    work(queue, [handler((context) => (context.payload === "first" ? failing : undefined))]);
    const first = await queue.enqueue({ kind: "test", payload: "first", dedupeKey: "k" });
    await until(queue, first.id, (job) => job.state === "running");
    const second = await queue.enqueue({ kind: "test", payload: "second", dedupeKey: "k" });
    fail();
    await until(queue, first.id, (job) => job.state === "waiting" && job.attempts === 1);
    await until(queue, second.id, (job) => job.state === "done");
  });

  test("many workers on one database run each job once", async () => {
    const url = await databases.emptyUrl();
    const clock = { now: 0 };
    const ran: string[] = [];
    const queues = [await databases.open({ url }), await databases.open({ url })].map((db) =>
      queueOn(db, clock),
    );
    const ids = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (queues[index % 2] as JobQueue).enqueue({ kind: "test", payload: index }),
      ),
    );
    for (const queue of queues)
      work(queue, [handler((context) => void ran.push(context.jobId))], { concurrency: 4 });
    await vi.waitFor(() => expect(ran).toHaveLength(40), { timeout: 20_000 });
    expect(new Set(ran)).toEqual(new Set(ids.map(({ id }) => id)));
  });

  test("a job of a process that vanished is taken over, and its late outcome is not written", async () => {
    const url = await databases.emptyUrl();
    const clock = { now: 0 };
    const opened = [await databases.open({ url }), await databases.open({ url })];
    const [lost, other] = opened.map((db) => queueOn(db, clock));
    const block = blocking();
    let failLate = (): void => undefined;
    const late = new Promise<void>((_resolve, reject) => {
      failLate = () => reject(new Error("too late"));
    });
    // Saves nothing in between, so it does not see that its lease ran out; and takes no second job.
    const deaf = { saveMs: HOUR_MS, leaseMs: 1_000, concurrency: 1 };
    const failures: unknown[] = [];
    const worker = work(lost as JobQueue, [handler(() => late)], {
      ...deaf,
      onFailure: ({ error }) => failures.push(error),
    });
    const { id } = await (lost as JobQueue).enqueue({ kind: "test", payload: null });
    await until(lost as JobQueue, id, (job) => job.state === "running");
    clock.now = 1_001;
    work(other as JobQueue, [block.handler]);
    await vi.waitFor(() => expect(block.started).toEqual([id]));
    failLate();
    await vi.waitFor(() => expect(failures).toHaveLength(1));
    await worker.stop();
    expect(await (other as JobQueue).find(id)).toMatchObject({
      state: "running",
      attempts: 2,
      lastError: null,
    });
    block.finish();
    await until(other as JobQueue, id, (job) => job.state === "done");
  });

  test("a job whose processes keep vanishing is given up", async () => {
    const db = await databases.open();
    const clock = { now: 10 };
    const queue = queueOn(db, clock);
    const { id } = await queue.enqueue({ kind: "test", payload: null });
    await db.write((trx) =>
      trx
        .updateTable("jobs")
        .set({ state: "running", attempts: 3, lease_owner: "gone", lease_until: 5 })
        .execute(),
    );
    work(queue, [handler(() => undefined)]);
    const job = await until(queue, id, (each) => each.state === "failed");
    expect(job.lastError).toContain("vanished");
  });

  test("a long job keeps its lease", async () => {
    const clock = { now: 0 };
    const db = await databases.open();
    const queue = queueOn(db, clock);
    const block = blocking();
    work(queue, [block.handler], { leaseMs: 1_000, concurrency: 2 });
    const { id } = await queue.enqueue({ kind: "test", payload: null });
    await until(queue, id, (job) => job.state === "running");
    for (let step = 0; step < 10; step++) {
      clock.now += 500;
      const renewed = clock.now + 1_000;
      await vi.waitFor(async () => {
        const row = await db.read.selectFrom("jobs").select("lease_until").executeTakeFirst();
        expect(row?.lease_until).toBe(renewed);
      });
    }
    expect(block.started).toEqual([id]);
    block.finish();
    await until(queue, id, (job) => job.state === "done" && job.attempts === 1);
  });

  test("stopping asks handlers to end and puts their jobs back", async () => {
    const queue = queueOn(await databases.open(), { now: 7 });
    const block = blocking();
    const worker = work(queue, [block.handler]);
    const { id } = await queue.enqueue({ kind: "test", payload: null });
    await until(queue, id, (job) => job.state === "running");
    await worker.stop();
    expect(await queue.find(id)).toMatchObject({ state: "waiting", attempts: 0, runAt: 7, lastError: null });
    work(queue, [handler((context) => context.log("again"))]);
    await until(queue, id, (job) => job.state === "done" && job.attempts === 1);
  });

  test("stopping does not wait for ever for a handler that does not end", async () => {
    const queue = queueOn(await databases.open(), { now: 0 });
    let finish = (): void => undefined;
    const stuck = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const worker = work(queue, [handler(() => stuck)], { stopMs: 20 });
    const { id } = await queue.enqueue({ kind: "test", payload: null });
    await until(queue, id, (job) => job.state === "running");
    await worker.stop();
    expect((await queue.find(id))?.state).toBe("waiting");
    finish();
    await new Promise((resolve) => setImmediate(resolve));
    expect((await queue.find(id))?.state).toBe("waiting");
  });

  test("running now: a waiting job falls due, a finished one is repeated", async () => {
    const queue = queueOn(await databases.open(), { now: 0 });
    const ran: unknown[] = [];
    work(queue, [handler((context) => void ran.push(context.payload))]);
    const { id } = await queue.enqueue({ kind: "test", payload: "p", runAt: HOUR_MS });
    expect(await queue.runNow(id)).toEqual({ id, isNew: false });
    await until(queue, id, (job) => job.state === "done");
    const copy = await queue.runNow(id);
    expect(copy).toMatchObject({ isNew: true });
    await until(queue, copy.id, (job) => job.state === "done");
    expect(ran).toEqual(["p", "p"]);
    await expect(queue.runNow("nothing")).rejects.toMatchObject({ code: "not-found" });
  });

  test("a job queued in a transaction that fails does not exist", async () => {
    const db = await databases.open();
    const queue = queueOn(db, { now: 0 });
    const failed = db.write(async (trx) => {
      await queue.enqueueIn(trx, { kind: "test", payload: null });
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect((await queue.list({ limit: 10 })).jobs).toEqual([]);
  });

  test("lists the newest first, in pages, by state and kind", async () => {
    const clock = { now: 0 };
    const queue = queueOn(await databases.open(), clock);
    for (let index = 0; index < 5; index++) {
      clock.now = Math.floor(index / 2);
      await queue.enqueue({ kind: index === 0 ? "other" : "test", payload: index, runAt: HOUR_MS });
    }
    const seen: Job[] = [];
    let cursor: string | null = null;
    do {
      const page: { jobs: Job[]; next: string | null } = await queue.list({
        limit: 2,
        ...(cursor === null ? {} : { cursor }),
      });
      seen.push(...page.jobs);
      cursor = page.next;
    } while (cursor !== null);
    expect(seen.map((job) => job.createdAt)).toEqual([2, 1, 1, 0, 0]);
    expect(new Set(seen.map((job) => job.id)).size).toBe(5);
    expect((await queue.list({ limit: 10, kind: "other" })).jobs.map((job) => job.payload)).toEqual([0]);
    expect((await queue.list({ limit: 10, state: "done" })).jobs).toEqual([]);
    await expect(queue.list({ limit: 1, cursor: "x" })).rejects.toMatchObject({ code: "request-invalid" });
  });

  test("old ended jobs are deleted with their lines, those of the last day are not", async () => {
    const clock = { now: 0 };
    const queue = queueOn(await databases.open(), clock);
    work(queue, [handler((context) => context.log("line"))]);
    const { id } = await queue.enqueue({ kind: "test", payload: null });
    await until(queue, id, (job) => job.state === "done");
    expect(await queue.prune({ finishedBefore: HOUR_MS, limit: 10 })).toBe(0);
    clock.now = 25 * HOUR_MS;
    expect(await queue.prune({ finishedBefore: HOUR_MS, limit: 10 })).toBe(1);
    expect([await queue.find(id), await queue.lines(id)]).toEqual([null, []]);
  });

  test("a giant payload is refused", async () => {
    const queue = queueOn(await databases.open(), { now: 0 });
    const giant = queue.enqueue({ kind: "test", payload: "x".repeat(1_000_001) });
    await expect(giant).rejects.toMatchObject({ code: "request-invalid" });
  });

  test("a schedule makes one job per tick for many processes", async () => {
    const url = await databases.emptyUrl();
    const clock = { now: Date.UTC(2026, 0, 1, 0, 30) };
    const queues = [await databases.open({ url }), await databases.open({ url })].map((db) =>
      queueOn(db, clock),
    );
    const ticks: number[] = [];
    const schedules = [{ name: "hourly", cron: "0 * * * *", kind: "test" }];
    for (const queue of queues) work(queue, [handler(() => void ticks.push(clock.now))], { schedules });
    const waiting = (): Promise<Job[]> =>
      (queues[0] as JobQueue).list({ limit: 10, state: "waiting" }).then((page) => page.jobs);
    for (let hour = 1; hour <= 3; hour++) {
      const at = Date.UTC(2026, 0, 1, hour);
      await vi.waitFor(async () => expect((await waiting()).map((job) => job.runAt)).toEqual([at]), {
        timeout: 10_000,
      });
      clock.now = at;
      await vi.waitFor(() => expect(ticks).toHaveLength(hour), { timeout: 10_000 });
    }
    const { jobs } = await (queues[0] as JobQueue).list({ limit: 10, state: "done" });
    expect(jobs).toHaveLength(3);
  });

  test("a process whose clock lags does not repeat a tick", async () => {
    const url = await databases.emptyUrl();
    const clock = { now: Date.UTC(2026, 0, 1, 0, 30) };
    const schedules = [{ name: "hourly", cron: "0 * * * *", kind: "test" }];
    const first = queueOn(await databases.open({ url }), clock);
    let count = 0;
    const worker = work(first, [handler(() => void count++)], { schedules });
    const tick = `schedule:hourly:${Date.UTC(2026, 0, 1, 1)}`;
    await until(first, tick, (job) => job.state === "waiting");
    clock.now = Date.UTC(2026, 0, 1, 1);
    await until(first, tick, (job) => job.state === "done");
    await worker.stop();
    const lagging = queueOn(await databases.open({ url }), { now: Date.UTC(2026, 0, 1, 0, 59) });
    work(lagging, [handler(() => void count++)], { schedules });
    const marker = await lagging.enqueue({ kind: "test", payload: null });
    await until(lagging, marker.id, (job) => job.state === "done");
    expect(count).toBe(2);
    expect((await lagging.find(tick))?.state).toBe("done");
  });

  test("a schedule without a valid expression is refused", async () => {
    const queue = queueOn(await databases.open(), { now: 0 });
    const schedules = [{ name: "bad", cron: "every day", kind: "test" }];
    expect(() => queue.startWorker([], { schedules })).toThrow(/bad/);
  });
});
