import { describe, expect, test } from "vitest";
import { appendChange, createChangeLog, systemActor } from "../../src/changes/index.ts";
import type { Database } from "../../src/db/index.ts";
import { describeOnEachPostgres, sqliteDatabases } from "../db/each-database.ts";

function append(db: Database, name: string): Promise<void> {
  const rest = {
    workspaceId: "w",
    registryId: null,
    kind: "settings-changed" as const,
    actor: systemActor("a"),
    at: 1,
    detail: {},
  };
  return db.write((trx) => appendChange(trx, { ...rest, packageName: name }));
}

describe("catching up on SQLite", () => {
  const databases = sqliteDatabases();

  test("listeners have run before it returns", async () => {
    const db = await databases.open();
    const log = await createChangeLog(db, { pollMs: 3_600_000, onError: () => undefined });
    databases.afterwards(() => log.close());
    let count = 0;
    log.subscribe((changes) => {
      count += changes.length;
    });
    await append(db, "a");
    const before = count;
    log.catchUp();
    expect([before, count]).toEqual([0, 1]);
  });

  test("a read that failed is made again", async () => {
    const db = await databases.open();
    const errors: unknown[] = [];
    let isBroken = false;
    const breaking: Database = {
      ...db,
      readChangesSync: (after, limit) => {
        if (isBroken) throw new Error("disk");
        return db.readChangesSync?.(after, limit) ?? [];
      },
    };
    const log = await createChangeLog(breaking, {
      pollMs: 3_600_000,
      onError: (error) => errors.push(error),
    });
    databases.afterwards(() => log.close());
    const names: Array<string | null> = [];
    log.subscribe((changes) => names.push(...changes.map((change) => change.packageName)));
    await append(db, "a");
    isBroken = true;
    log.catchUp();
    isBroken = false;
    log.catchUp();
    expect(names).toEqual(["a"]);
    expect(errors).toHaveLength(1);
  });
});

describeOnEachPostgres("the change log when the server goes away", (databases) => {
  test("goes on by itself when it is back", async () => {
    const db = await databases.open();
    const log = await createChangeLog(db, { pollMs: 50, onError: () => undefined });
    databases.afterwards(() => log.close());
    const names: Array<string | null> = [];
    log.subscribe((changes) => names.push(...changes.map((change) => change.packageName)));
    await append(db, "a");
    await databases.server().crash();
    await expect(append(db, "lost")).rejects.toMatchObject({ code: "storage-unavailable" });
    await databases.server().resume();
    await expect
      .poll(
        () =>
          append(db, "b").then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    await expect.poll(() => names, { timeout: 10_000 }).toEqual(["a", "b"]);
  });
});
