import { expect, test } from "vitest";
import type { Job } from "../../src/jobs/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { handler, HOUR_MS, queueOn, until, worksOf } from "./job-fixtures.ts";

describeOnEachDatabase("people and the job queue", (databases) => {
  const work = worksOf(databases);

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
});
