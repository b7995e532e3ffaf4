import { expect, test, vi } from "vitest";
import type { Job, JobQueue } from "../../src/jobs/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { handler, queueOn, until, worksOf } from "./job-fixtures.ts";

describeOnEachDatabase("schedules", (databases) => {
  const work = worksOf(databases);

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
    // The handler of the last one ran; that it is done is written after that.
    const done = async (): Promise<number> =>
      (await (queues[0] as JobQueue).list({ limit: 10, state: "done" })).jobs.length;
    await vi.waitFor(async () => expect(await done()).toBe(3), { timeout: 10_000 });
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
