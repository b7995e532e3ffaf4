import { expect, test, vi } from "vitest";
import type { JobQueue } from "../../src/jobs/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { blocking, handler, HOUR_MS, queueOn, until, worksOf } from "./job-fixtures.ts";

/** What happens behind an answer may take its time on a busy machine. */
const WAIT_MS = 10_000;

describeOnEachDatabase("the job queue", (databases) => {
  const work = worksOf(databases);

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
    await vi.waitFor(() => expect(block.started).toContain(free.id), WAIT_MS);
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
    for (const queue of queues) {
      work(queue, [handler((context) => void ran.push(context.jobId))], { concurrency: 4 });
    }
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
    await vi.waitFor(() => expect(block.started).toEqual([id]), WAIT_MS);
    failLate();
    await vi.waitFor(() => expect(failures).toHaveLength(1), WAIT_MS);
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
      }, WAIT_MS);
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
});
