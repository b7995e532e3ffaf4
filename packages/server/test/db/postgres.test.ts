import { sql } from "kysely";
import { expect, test } from "vitest";
import { openDatabase } from "../../src/db/index.ts";
import type { Database } from "../../src/db/index.ts";
import { describeOnEachPostgres } from "./each-database.ts";

function put(db: Database, key: string): Promise<unknown> {
  return db.write((trx) => trx.insertInto("settings").values({ key, value: "" }).execute());
}

describeOnEachPostgres("PostgreSQL", (databases) => {
  test("when it goes away, calls fail clearly; when it is back, they work again", async () => {
    const url = await databases.emptyUrl();
    const events: string[] = [];
    const db = await databases.open({ url, log: (event) => void events.push(event.message) });
    await put(db, "a");
    const inFlight = db.write(async (trx) => {
      await trx.insertInto("settings").values({ key: "lost", value: "" }).execute();
      await databases.server().crash();
      await trx.insertInto("settings").values({ key: "lost too", value: "" }).execute();
    });
    await expect(inFlight).rejects.toMatchObject({ code: "storage-unavailable" });
    await expect(put(db, "b")).rejects.toMatchObject({
      code: "storage-unavailable",
      cause: expect.any(Error) as Error,
    });
    await expect(db.read.selectFrom("settings").selectAll().execute()).rejects.toMatchObject({
      code: "storage-unavailable",
    });
    await expect(openDatabase({ url })).rejects.toMatchObject({ code: "storage-unavailable" });
    await databases.server().resume();
    await expect
      .poll(
        () =>
          put(db, "c").then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    const rows = await db.read.selectFrom("settings").select("key").orderBy("key").execute();
    expect(rows).toEqual([{ key: "a" }, { key: "c" }]);
  });

  test("transactions that lock each other out are repeated until both are through", async () => {
    const db = await databases.open();
    await put(db, "a");
    await put(db, "b");
    const touch = (keys: readonly string[], value: string): Promise<void> =>
      db.write(async (trx) => {
        for (const key of keys) {
          await trx.updateTable("settings").set({ value }).where("key", "=", key).execute();
          await sql`select pg_sleep(0.05)`.execute(trx);
        }
      });
    await Promise.all([touch(["a", "b"], "1"), touch(["b", "a"], "2"), touch(["a", "b"], "3")]);
    const rows = await db.read.selectFrom("settings").select("value").execute();
    expect(new Set(rows.map((row) => row.value)).size).toBe(1);
  });

  test("a transaction that goes on after a failed statement is not taken for a success", async () => {
    const db = await databases.open();
    await put(db, "a");
    const swallowing = db.write(async (trx) => {
      await trx.insertInto("settings").values({ key: "b", value: "" }).execute();
      const again = trx.insertInto("settings").values({ key: "a", value: "" }).execute();
      await again.catch(() => undefined);
    });
    await expect(swallowing).rejects.toMatchObject({ code: "internal" });
  });
});
