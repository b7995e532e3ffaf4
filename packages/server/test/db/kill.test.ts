import { sql } from "kysely";
import { expect, test } from "vitest";
import { MIGRATIONS } from "../../src/db/migrations/index.ts";
import { startChild } from "./child-process.ts";
import { describeOnEachDatabase } from "./each-database.ts";

describeOnEachDatabase("kill -9", (databases) => {
  test("in the middle of a migration leaves a database that the next start completes", async () => {
    const url = await databases.emptyUrl();
    const child = startChild("migrate-slowly.mjs", [url]);
    await child.line((line) => line === "migrating");
    await child.kill();
    const quick = {
      up: (db: never) => sql`create table half_done (id integer)`.execute(db).then(() => undefined),
    };
    const db = await databases.open({ url, migrations: { ...MIGRATIONS, "0002-slow": quick } });
    await db.write((trx) => trx.insertInto("settings").values({ key: "a", value: "1" }).execute());
    expect((await sql`select * from half_done`.execute(db.read)).rows).toEqual([]);
  });

  test("a start waits for the migration of another process and goes on when that one dies", async () => {
    const url = await databases.emptyUrl();
    const child = startChild("migrate-slowly.mjs", [url]);
    await child.line((line) => line === "migrating");
    const opening = databases.open({ url });
    await child.kill();
    const db = await opening;
    expect(await db.read.selectFrom("settings").selectAll().execute()).toEqual([]);
  });

  test("in the middle of writes loses none that was acknowledged", async () => {
    const url = await databases.emptyUrl();
    const acknowledged: string[] = [];
    for (const [round, countMin] of [1, 37, 150].entries()) {
      const child = startChild("write-without-end.mjs", [url, `round${round}`]);
      await child.line((line) => line.endsWith(`-${countMin}`));
      await child.kill();
      acknowledged.push(...child.lines.filter((line) => /^round\d+-\d+$/.test(line)));
    }
    const db = await databases.open({ url });
    const rows = await db.read.selectFrom("settings").select(["key", "value"]).execute();
    const kept = new Map(rows.map((row) => [row.key, row.value]));
    expect(acknowledged.length).toBeGreaterThan(180);
    expect(acknowledged.filter((key) => kept.get(key) !== "2")).toEqual([]);
    // What was not acknowledged may be there, but whole.
    expect(rows.filter((row) => row.value !== "2")).toEqual([]);
  });
});
