import { sql } from "kysely";
import { expect, it } from "vitest";
import { eventsInOrder, listEvents, type AuditFilter } from "../../src/audit/index.ts";
import type { Database } from "../../src/db/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { change, openTrail, refusal } from "./trail-fixtures.ts";

/** More than one step of a search. */
const MANY = 9_000;

/** One event in a thousand is of `ada`, the last one is not. */
async function fill(db: Database): Promise<void> {
  await db.write((trx) =>
    sql`insert into audit_events (workspace_id, at, kind, actor, result, detail)
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(MANY)})
      select 'w', i, 'made-up', case when i % 1000 = 1 then 'ada' else 'eve' end, 'done', '{}' from n`.execute(
      trx,
    ),
  );
}

async function pagesOf(db: Database, filter: AuditFilter, limit: number): Promise<number[][]> {
  const pages: number[][] = [];
  let before: number | null = null;
  do {
    const { rows, next } = await listEvents({ db, workspaceId: "w" }, { filter, before, limit });
    pages.push(rows.map(({ at }) => at));
    before = next;
  } while (before !== null);
  return pages;
}

async function exported(db: Database, filter: AuditFilter): Promise<number[]> {
  const all: number[] = [];
  for await (const rows of eventsInOrder({ db, workspaceId: "w" }, filter)) {
    expect(rows.length).toBeLessThanOrEqual(1_000);
    all.push(...rows.map(({ at }) => at));
  }
  return all;
}

describeOnEachDatabase("reading the audit trail", (databases) => {
  it("finds rare events however far apart they are, a page at a time", async () => {
    const db = await databases.open();
    await fill(db);
    const pages = await pagesOf(db, { actor: "ada" }, 4);
    expect(pages.flat()).toEqual([8001, 7001, 6001, 5001, 4001, 3001, 2001, 1001, 1]);
    expect(pages[0]).toHaveLength(4);
    expect(await exported(db, { actor: "ada" })).toEqual(pages.flat().reverse());
    expect((await exported(db, {})).length).toBe(MANY);
  });

  it("takes times from and to, and nothing of another workspace", async () => {
    const db = await databases.open();
    await fill(db);
    expect((await pagesOf(db, { from: 10, to: 13 }, 50)).flat()).toEqual([12, 11, 10]);
    expect(await exported(db, { from: MANY })).toEqual([MANY]);
    const other = await listEvents({ db, workspaceId: "other" }, { filter: {}, before: null, limit: 5 });
    expect(other).toEqual({ rows: [], next: null });
  });

  it("finds what was written by every column", async () => {
    const db = await databases.open();
    const trail = openTrail(db);
    await change(db, "widget");
    trail.record(refusal("gadget"));
    await trail.settle();
    const found = async (filter: AuditFilter): Promise<(string | null)[]> => {
      const wanted = { filter, before: null, limit: 5 };
      return (await listEvents({ db, workspaceId: "w" }, wanted)).rows.map((row) => row.package);
    };
    expect(await found({})).toEqual(["gadget", "widget"]);
    expect(await found({ registry: "own" })).toEqual(["gadget", "widget"]);
    expect(await found({ kind: "tag-set" })).toEqual(["widget"]);
    expect(await found({ actor: "test" })).toEqual(["widget"]);
    expect(await found({ packageName: "gadget" })).toEqual(["gadget"]);
    expect(await found({ result: "refused" })).toEqual(["gadget"]);
    expect(await found({ credential: "t1" })).toEqual(["gadget"]);
    expect(await found({ credential: "t1", kind: "tag-set" })).toEqual([]);
  });
});
