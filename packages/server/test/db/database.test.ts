import { isEntrepotError } from "@entrepot/core";
import { sql } from "kysely";
import type { Transaction } from "kysely";
import { expect, test } from "vitest";
import { isForeignKeyViolation, isUniqueViolation, prepareQuery } from "../../src/db/index.ts";
import type { Database, Schema, SlotOf } from "../../src/db/index.ts";
import { describeOnEachDatabase } from "./each-database.ts";

function insertSetting(trx: Transaction<Schema>, key: string, value: string): Promise<unknown> {
  return trx.insertInto("settings").values({ key, value }).execute();
}

async function settings(db: Database): Promise<Record<string, string>> {
  const rows = await db.read.selectFrom("settings").selectAll().orderBy("key").execute();
  return Object.fromEntries(rows.map((row) => [row.key, row.value]));
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describeOnEachDatabase("the database", (databases) => {
  test("reads what was written", async () => {
    const db = await databases.open();
    const result = await db.write(async (trx) => {
      await insertSetting(trx, "a", "1");
      return "done";
    });
    expect(result).toBe("done");
    expect(await settings(db)).toEqual({ a: "1" });
  });

  test("keeps what was written when it is opened again", async () => {
    const url = await databases.emptyUrl();
    const first = await databases.open({ url });
    await first.write((trx) => insertSetting(trx, "a", "1"));
    await first.close();
    expect(await settings(await databases.open({ url }))).toEqual({ a: "1" });
  });

  test("can be opened several times at once while it is empty", async () => {
    const url = await databases.emptyUrl();
    const opened = await Promise.all([1, 2, 3].map(() => databases.open({ url })));
    await opened[0]?.write((trx) => insertSetting(trx, "a", "1"));
    for (const db of opened) expect(await settings(db)).toEqual({ a: "1" });
  });

  test("gives integers of 64 bits as numbers", async () => {
    const db = await databases.open();
    const at = 1_763_629_200_123;
    await db.write((trx) =>
      trx.insertInto("workspaces").values({ id: "w", name: "w", host: null, created_at: at }).execute(),
    );
    const row = await db.read
      .selectFrom("workspaces")
      .select((eb) => [
        "created_at",
        eb.fn.countAll<number>().as("count"),
        eb.fn.sum<number>("created_at").as("sum"),
      ])
      .groupBy("created_at")
      .executeTakeFirstOrThrow();
    expect({ ...row }).toEqual({ created_at: at, count: 1, sum: at });
  });

  test("orders text by its bytes", async () => {
    const db = await databases.open();
    await db.write(async (trx) => {
      for (const key of ["b", "a", "B", "_", "-", "@x/y", "ä"]) await insertSetting(trx, key, "");
    });
    expect(Object.keys(await settings(db))).toEqual(["-", "@x/y", "B", "_", "a", "b", "ä"]);
  });

  test("tells how many rows a statement touched and what it returns", async () => {
    const db = await databases.open();
    const seen = await db.write(async (trx) => {
      await trx
        .insertInto("settings")
        .values([
          { key: "a", value: "1" },
          { key: "b", value: "1" },
        ])
        .execute();
      const updated = await trx.updateTable("settings").set({ value: "2" }).executeTakeFirst();
      const deleted = await trx.deleteFrom("settings").where("key", "=", "a").returning("value").execute();
      return { updated: updated.numUpdatedRows, deleted };
    });
    expect(seen).toEqual({ updated: 2n, deleted: [{ value: "2" }] });
  });

  test("a work that throws leaves nothing and rejects with what it threw", async () => {
    const db = await databases.open();
    const refusal = new Error("no");
    const error = await errorOf(
      db.write(async (trx) => {
        await insertSetting(trx, "a", "1");
        throw refusal;
      }),
    );
    expect(error).toBe(refusal);
    expect(await settings(db)).toEqual({});
  });

  test("a work that fails among many takes none of the others with it", async () => {
    const db = await databases.open();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        db.write(async (trx) => {
          await insertSetting(trx, `key-${index}`, "1");
          if (index % 5 === 0) throw new Error(`no ${index}`);
          return index;
        }),
      ),
    );
    expect(outcomes.map((outcome) => outcome.status === "fulfilled")).toEqual(
      Array.from({ length: 20 }, (_, index) => index % 5 !== 0),
    );
    expect(Object.keys(await settings(db))).toHaveLength(16);
  });

  test("a second row of the same key is told apart from every other failure", async () => {
    const db = await databases.open();
    await db.write((trx) => insertSetting(trx, "a", "1"));
    const duplicate = await errorOf(db.write((trx) => insertSetting(trx, "a", "2")));
    const returning = await errorOf(
      db.write((trx) => trx.insertInto("settings").values({ key: "a", value: "3" }).returningAll().execute()),
    );
    const nonsense = await errorOf(db.write((trx) => sql`select nothing from nowhere`.execute(trx)));
    expect([duplicate, returning, nonsense].map(isUniqueViolation)).toEqual([true, true, false]);
    expect(nonsense).toBeInstanceOf(Error);
    expect(isEntrepotError(nonsense)).toBe(false);
    expect(await settings(db)).toEqual({ a: "1" });
  });

  test("a row that refers to nothing is told from other errors, whether or not rows come back", async () => {
    const db = await databases.open();
    const orphan = {
      package_id: "nowhere",
      tag: "latest",
      version: "1.0.0",
      updated_at: 0,
      updated_by: "ada",
    };
    const plain = await errorOf(db.write((trx) => trx.insertInto("dist_tags").values(orphan).execute()));
    const returning = await errorOf(
      db.write((trx) => trx.insertInto("dist_tags").values(orphan).returningAll().execute()),
    );
    expect([plain, returning].map(isForeignKeyViolation)).toEqual([true, true]);
  });

  test("of many who insert the same key at once, one succeeds", async () => {
    const db = await databases.open();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => db.write((trx) => insertSetting(trx, "a", String(index)))),
    );
    const failures = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(failures).toHaveLength(9);
    expect(failures.every((failure) => isUniqueViolation(failure.reason))).toBe(true);
    expect(Object.keys(await settings(db))).toEqual(["a"]);
  });

  test("200 writes at once lose no update", async () => {
    const db = await databases.open();
    await db.write((trx) => insertSetting(trx, "count", "0"));
    await Promise.all(
      Array.from({ length: 200 }, () =>
        db.write(async (trx) => {
          const query = trx.selectFrom("settings").select("value").where("key", "=", "count");
          const { value } = await (
            db.kind === "postgres" ? query.forUpdate() : query
          ).executeTakeFirstOrThrow();
          await trx
            .updateTable("settings")
            .set({ value: String(Number(value) + 1) })
            .where("key", "=", "count")
            .execute();
        }),
      ),
    );
    expect(await settings(db)).toEqual({ count: "200" });
  });

  test("a transaction that never ends is rolled back and the next ones go on", async () => {
    const db = await databases.open({ workMsMax: 200 });
    let resume = (): void => undefined;
    let late: Promise<unknown> = Promise.resolve();
    const hung = db.write(async (trx) => {
      await insertSetting(trx, "hung", "1");
      const forever = new Promise<void>((resolve) => {
        resume = resolve;
      });
      late = forever.then(() => insertSetting(trx, "late", "1"));
      late.catch(() => undefined);
      await late;
    });
    const next = db.write((trx) => insertSetting(trx, "next", "1"));
    expect(isEntrepotError(await errorOf(hung), "storage-unavailable")).toBe(true);
    await next;
    resume();
    expect(await errorOf(late)).toBeInstanceOf(Error);
    expect(await settings(db)).toEqual({ next: "1" });
  });

  test("a statement that was not awaited cannot slip out of its transaction", async () => {
    const db = await databases.open();
    let stray: Promise<unknown> = Promise.resolve();
    await db.write(async (trx) => {
      await insertSetting(trx, "a", "1");
      stray = new Promise((resolve) => setImmediate(resolve)).then(() => insertSetting(trx, "stray", "1"));
      stray.catch(() => undefined);
    });
    expect(await errorOf(stray)).toBeInstanceOf(Error);
    expect(await settings(db)).toEqual({ a: "1" });
  });

  test("rows go with what they belong to", async () => {
    const db = await databases.open();
    await db.write(async (trx) => {
      await trx.insertInto("workspaces").values({ id: "w", name: "w", host: null, created_at: 0 }).execute();
      await trx.insertInto("users").values(user("u")).execute();
      await trx.insertInto("tokens").values(token("t", "u")).execute();
    });
    await db.write((trx) => trx.deleteFrom("users").where("id", "=", "u").execute());
    expect(await db.read.selectFrom("tokens").selectAll().execute()).toEqual([]);
    const orphan = await errorOf(
      db.write((trx) => trx.insertInto("tokens").values(token("t", "nobody")).execute()),
    );
    expect(orphan).toBeInstanceOf(Error);
  });

  test("a query compiled once runs with different values", async () => {
    const db = await databases.open();
    await db.write(async (trx) => {
      for (const key of ["a", "b"]) await insertSetting(trx, key, `of ${key}`);
    });
    const find = prepareQuery(db.read, (slot: SlotOf<{ key: string }>) =>
      db.read
        .selectFrom("settings")
        .select("value")
        .where("key", "=", slot("key"))
        .where("value", "!=", "no"),
    );
    const found = await Promise.all(["a", "b", "c"].map((key) => find({ key })));
    expect(found.map((rows) => rows.map((row) => row.value))).toEqual([["of a"], ["of b"], []]);
  });

  test("closing finishes what waits and refuses what comes later", async () => {
    const url = await databases.emptyUrl();
    const db = await databases.open({ url });
    const writes = Array.from({ length: 50 }, (_, index) =>
      db.write((trx) => insertSetting(trx, `k${index}`, "")),
    );
    await Promise.all([db.close(), db.close(), ...writes]);
    const afterwards = [db.write((trx) => insertSetting(trx, "x", "")), settings(db)];
    for (const call of afterwards) {
      expect(isEntrepotError(await errorOf(call), "storage-unavailable")).toBe(true);
    }
    expect(Object.keys(await settings(await databases.open({ url })))).toHaveLength(50);
  });

  test("refuses a database that a newer version has used", async () => {
    const url = await databases.emptyUrl();
    const db = await databases.open({ url });
    await db.write((trx) =>
      sql`insert into schema_migrations values ('9999-later', '2999-01-01T00:00:00Z')`.execute(trx),
    );
    await db.close();
    const error = await errorOf(databases.open({ url }));
    expect(isEntrepotError(error, "config-invalid")).toBe(true);
    expect(String(error)).toContain("9999-later");
  });

  test("a migration that fails leaves nothing behind", async () => {
    const url = await databases.emptyUrl();
    const broken = {
      "0001-one": { up: (db: never) => sql`create table one (id integer)`.execute(db).then(() => undefined) },
      "0002-two": { up: () => Promise.reject(new Error("broken")) },
    };
    expect(String(await errorOf(databases.open({ url, migrations: broken })))).toContain("broken");
    const db = await databases.open({ url });
    expect(await errorOf(sql`select * from one`.execute(db.read))).toBeInstanceOf(Error);
  });
});

function user(id: string): Schema["users"] {
  const rest = {
    display_name: id,
    full_name: "",
    email: null,
    password_hash: null,
    must_change_password: 0 as const,
    disabled_at: null,
    created_at: 0,
    updated_at: 0,
  };
  return { id, workspace_id: "w", name: id, role: "developer", ...rest };
}

function token(id: string, userId: string): Schema["tokens"] {
  const rest = {
    hint: "",
    kind: "ci" as const,
    description: "",
    permissions: null,
    registries: null,
    packages: null,
    organizations: null,
    networks: null,
    last_used_address: null,
    log_level: "none" as const,
    created_at: 0,
    expires_at: null,
    last_used_at: null,
    revoked_at: null,
  };
  return { id, workspace_id: "w", user_id: userId, name: id, secret_hash: id, ...rest };
}
