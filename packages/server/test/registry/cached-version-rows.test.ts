import { expect, test } from "vitest";
import type { Database } from "../../src/db/index.ts";
import { type CachedVersionRow, createCachedVersionRows } from "../../src/registry/cached-version-rows.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";

const TIMES = { created_at: 0, updated_at: 0 };

async function insertParents(db: Database): Promise<void> {
  await db.write(async (trx) => {
    await trx.insertInto("workspaces").values({ id: "w", name: "w", host: null, created_at: 0 }).execute();
    await trx
      .insertInto("registries")
      .values({
        id: "r",
        workspace_id: "w",
        name: "r",
        description: "",
        anonymous_read: 0,
        active: 1,
        host: null,
        allow_overwrite: 0,
        refusal_status: 403,
        kind: "standard",
        is_protected: 0,
        managed: 0,
        ...TIMES,
      })
      .execute();
    await trx
      .insertInto("upstreams")
      .values({
        id: "u",
        workspace_id: "w",
        name: "u",
        url: "http://127.0.0.1/",
        credential: null,
        settings: "{}",
        managed: 0,
        ...TIMES,
      })
      .execute();
  });
}

function row(name: string, more: Partial<CachedVersionRow> = {}): CachedVersionRow {
  return {
    registry_id: "r",
    upstream_id: "u",
    name,
    version: "1.0.0",
    digest: "d",
    integrity: "sha512-x",
    shasum: null,
    size_bytes: 1,
    cached_at: 5,
    cached_by: null,
    ...more,
  };
}

describeOnEachDatabase("records of cached versions", (databases) => {
  async function open(): Promise<{
    db: Database;
    errors: unknown[];
    rows: ReturnType<typeof createCachedVersionRows>;
  }> {
    const db = await databases.open();
    await insertParents(db);
    const errors: unknown[] = [];
    const rows = createCachedVersionRows({
      db,
      onError: (error) => errors.push(error),
      onWritten: () => undefined,
    });
    return { db, errors, rows };
  }

  const written = (db: Database): Promise<{ name: string; digest: string }[]> =>
    db.read.selectFrom("cached_versions").select(["name", "digest"]).orderBy("name").execute();

  test("are written behind, hundreds in a few transactions, and the newest of one version stays", async () => {
    const { db, errors, rows } = await open();
    const names = Array.from({ length: 450 }, (_, index) => `package-${String(index).padStart(3, "0")}`);
    for (const name of names) rows.add(row(name));
    await rows.settle();
    rows.add(row("package-007", { digest: "older" }));
    rows.add(row("package-007", { digest: "newer" }));
    await expect.poll(async () => (await written(db))[7]).toEqual({ name: "package-007", digest: "newer" });
    expect((await written(db)).map(({ name }) => name)).toEqual(names);
    expect(errors).toEqual([]);
    await rows.settle();
  });

  test("of what was deleted meanwhile do not take the others along", async () => {
    const { db, errors, rows } = await open();
    rows.add(row("a"));
    rows.add(row("b", { registry_id: "deleted" }));
    rows.add(row("c", { upstream_id: "deleted" }));
    rows.add(row("d"));
    await rows.settle();
    expect((await written(db)).map(({ name }) => name)).toEqual(["a", "d"]);
    expect(errors).toHaveLength(2);
  });
});
