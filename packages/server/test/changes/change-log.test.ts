import { expect, test, vi } from "vitest";
import { appendChange, createChangeLog, systemActor } from "../../src/changes/index.ts";
import type { Change, ChangeLog, ChangeLogOptions, NewChange } from "../../src/changes/index.ts";
import type { Database } from "../../src/db/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";

const NEVER_MS = 3_600_000;

function change(packageName: string): NewChange {
  const rest = {
    kind: "version-published" as const,
    actor: systemActor("ada"),
    at: 1,
    detail: { version: "1.0.0" },
  };
  return { workspaceId: "w", registryId: "r", packageName, ...rest };
}

function append(db: Database, name: string): Promise<void> {
  return db.write((trx) => appendChange(trx, change(name)));
}

async function open(db: Database, options: Partial<ChangeLogOptions>): Promise<ChangeLog> {
  return createChangeLog(db, {
    pollMs: NEVER_MS,
    onError: (error) => {
      throw error;
    },
    ...options,
  });
}

function collect(log: ChangeLog): string[] {
  const names: string[] = [];
  log.subscribe((changes) => names.push(...changes.map((each) => each.packageName ?? "")));
  return names;
}

describeOnEachDatabase("the change log", (databases) => {
  async function follow(db: Database, options: Partial<ChangeLogOptions> = {}): Promise<ChangeLog> {
    const log = await open(db, options);
    databases.afterwards(() => log.close());
    return log;
  }

  test("starts at the end and gives what comes after, complete and in order", async () => {
    const db = await databases.open();
    await append(db, "before");
    const log = await follow(db);
    const seen: Change[] = [];
    log.subscribe((changes) => seen.push(...changes));
    await append(db, "a");
    await append(db, "b");
    await log.refresh();
    expect(seen).toEqual([
      { ...change("a"), actor: "ada", seq: expect.any(Number) as number },
      { ...change("b"), actor: "ada", seq: expect.any(Number) as number },
    ]);
    expect(log.seq).toBe(seen[1]?.seq);
  });

  test("gives more than one page", async () => {
    const db = await databases.open();
    const log = await follow(db);
    const names = collect(log);
    const all = Array.from({ length: 1_234 }, (_, index) => `p${index}`);
    await db.write(async (trx) => {
      for (const name of all) await appendChange(trx, change(name));
    });
    await log.refresh();
    expect(names).toEqual(all);
  });

  test("a change of a transaction that failed is not in the log", async () => {
    const db = await databases.open();
    const log = await follow(db);
    const names = collect(log);
    const failed = db.write(async (trx) => {
      await appendChange(trx, change("no"));
      throw new Error("no");
    });
    await Promise.allSettled([failed, append(db, "yes")]);
    await log.refresh();
    expect(names).toEqual(["yes"]);
  });

  test("gives everything to followers of another connection", async () => {
    const url = await databases.emptyUrl();
    const [writer, reader] = [await databases.open({ url }), await databases.open({ url })];
    const log = await follow(reader);
    const names = collect(log);
    await append(writer, "a");
    await log.refresh();
    expect(names).toEqual(["a"]);
  });

  test("hears of others' changes without asking", async () => {
    const url = await databases.emptyUrl();
    const [writer, reader] = [await databases.open({ url }), await databases.open({ url })];
    const log = await follow(reader, { pollMs: databases.kind === "sqlite" ? 10 : NEVER_MS });
    const names = collect(log);
    await append(writer, "a");
    await vi.waitFor(() => expect(names).toEqual(["a"]), { timeout: 10_000 });
  });

  test("many writers at once: nothing is missed and numbers only rise", async () => {
    const url = await databases.emptyUrl();
    const writers = [await databases.open({ url }), await databases.open({ url })];
    const log = await follow(await databases.open({ url }), { pollMs: 1 });
    const seqs: number[] = [];
    log.subscribe((changes) => seqs.push(...changes.map((each) => each.seq)));
    await Promise.all(
      Array.from({ length: 100 }, (_, index) => append(writers[index % 2] as Database, `p${index}`)),
    );
    await log.refresh();
    expect(seqs).toHaveLength(100);
    expect(seqs).toEqual(seqs.toSorted((left, right) => left - right));
  });

  test("a listener that throws is reported and stops no other", async () => {
    const db = await databases.open();
    const errors: unknown[] = [];
    const log = await follow(db, { onError: (error) => errors.push(error) });
    const wrong = new Error("wrong");
    log.subscribe(() => {
      throw wrong;
    });
    const names = collect(log);
    await append(db, "a");
    await append(db, "b");
    await log.refresh();
    expect(names).toEqual(["a", "b"]);
    expect(new Set(errors)).toEqual(new Set([wrong]));
  });

  test("a listener that asks again does not get changes twice", async () => {
    const db = await databases.open();
    const log = await follow(db);
    log.subscribe(() => {
      log.catchUp();
      void log.refresh();
    });
    const names = collect(log);
    await append(db, "a");
    await log.refresh();
    await log.refresh();
    expect(names).toEqual(["a"]);
  });

  test("a listener can leave", async () => {
    const db = await databases.open();
    const log = await follow(db);
    const left: string[] = [];
    const leave = log.subscribe((changes) => left.push(...changes.map((each) => each.packageName ?? "")));
    leave();
    await append(db, "a");
    await log.refresh();
    expect(left).toEqual([]);
  });

  test("reads pages of history", async () => {
    const db = await databases.open();
    const log = await follow(db);
    for (const name of ["a", "b", "c"]) await append(db, name);
    const [first, second] = await log.since(0, 2);
    expect([first?.packageName, second?.packageName]).toEqual(["a", "b"]);
    const rest = await log.since(second?.seq ?? 0, 2);
    expect(rest.map((each) => each.packageName)).toEqual(["c"]);
  });
});
