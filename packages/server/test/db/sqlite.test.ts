import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { appendChange, createChangeLog, systemActor } from "../../src/changes/index.ts";
import { WriterLink } from "../../src/db/sqlite/writer-link.ts";
import { startChild } from "./child-process.ts";
import { sqliteDatabases } from "./each-database.ts";

const databases = sqliteDatabases();

async function emptyPath(): Promise<string> {
  return (await databases.emptyUrl()).slice("sqlite:".length);
}

test("two processes see each other's acknowledged writes at once", async () => {
  const url = await databases.emptyUrl();
  const db = await databases.open({ url });
  const log = await createChangeLog(db, { pollMs: 3_600_000, onError: () => undefined });
  const child = startChild("follow-and-write.mjs", [url]);
  databases.afterwards(async () => {
    log.close();
    await child.kill();
  });
  await child.line((line) => line === "ready");
  const seen = new Set<string | null>();
  log.subscribe((changes) => changes.forEach((change) => seen.add(change.packageName)));
  const rest = {
    workspaceId: "w",
    registryId: null,
    kind: "tag-set" as const,
    actor: systemActor("a"),
    at: 1,
    detail: {},
  };
  for (let round = 0; round < 50; round++) {
    child.say(`write theirs${round}`);
    await child.line((line) => line === `wrote theirs${round}`);
    log.catchUp();
    expect(seen.has(`theirs${round}`)).toBe(true);
    await db.write((trx) => appendChange(trx, { ...rest, packageName: `ours${round}` }));
    child.say(`seen ours${round}`);
    expect(await child.line((line) => line.startsWith(`seen ours${round} `))).toBe(`seen ours${round} true`);
  }
});

test("two processes that write at the same time lose nothing", async () => {
  const url = await databases.emptyUrl();
  const db = await databases.open({ url });
  const child = startChild("follow-and-write.mjs", [url]);
  databases.afterwards(() => child.kill());
  await child.line((line) => line === "ready");
  const rest = {
    workspaceId: "w",
    registryId: null,
    kind: "tag-set" as const,
    actor: systemActor("a"),
    at: 1,
    detail: {},
  };
  for (let index = 0; index < 100; index++) child.say(`write theirs${index}`);
  for (let index = 0; index < 100; index++) {
    await db.write((trx) => appendChange(trx, { ...rest, packageName: `ours${index}` }));
  }
  await child.line((line) => line === "wrote theirs99");
  const { count } = await db.read
    .selectFrom("changes")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  expect(count).toBe(200);
});

test("a full disk is a clear error, reads go on, and writes do when there is room again", async () => {
  const db = await databases.open();
  const put = (key: string, sizeBytes: number): Promise<unknown> =>
    db.write((trx) =>
      trx
        .insertInto("settings")
        .values({ key, value: "x".repeat(sizeBytes) })
        .execute(),
    );
  await put("before", 10);
  await db.write((trx) => sql`pragma max_page_count = 1`.execute(trx));
  const outcomes = await Promise.allSettled([put("big", 5_000_000), put("big too", 5_000_000)]);
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "storage-unavailable" } });
    expect(outcome).toMatchObject({ reason: { cause: { code: "ERR_SQLITE_ERROR", errcode: 13 } } });
  }
  expect(await db.read.selectFrom("settings").select("key").execute()).toEqual([{ key: "before" }]);
  await db.write((trx) => sql`pragma max_page_count = 1000000`.execute(trx));
  await put("after", 5_000_000);
  expect(await db.read.selectFrom("settings").select("key").orderBy("key").execute()).toHaveLength(2);
});

test("a work sees what earlier works of its batch did, and not what failed ones did", async () => {
  const db = await databases.open();
  const keys = (): Promise<string[]> =>
    db.write(async (trx) => (await trx.selectFrom("settings").select("key").execute()).map((row) => row.key));
  const insert = (key: string, isKept: boolean): Promise<void> =>
    db.write(async (trx) => {
      await trx.insertInto("settings").values({ key, value: "" }).execute();
      if (!isKept) throw new Error("no");
    });
  const [, , , seen] = await Promise.allSettled([
    insert("a", true),
    insert("b", false),
    insert("c", true),
    keys(),
  ]);
  expect(seen).toEqual({ status: "fulfilled", value: ["a", "c"] });
});

test("the reading connection refuses to write and to hold a transaction", async () => {
  const db = await databases.open();
  const write = db.read.insertInto("settings").values({ key: "a", value: "" }).execute();
  await expect(write).rejects.toMatchObject({ cause: { errcode: 8 } });
  await expect(db.read.transaction().execute(() => Promise.resolve())).rejects.toMatchObject({
    code: "internal",
  });
});

test("a file that is not a database and a folder that cannot be made are clear errors", async () => {
  const path = await emptyPath();
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "this is certainly no database, however long one looks at it".repeat(100));
  await expect(databases.open({ url: `sqlite:${path}` })).rejects.toMatchObject({
    code: "storage-unavailable",
  });
  const below = databases.open({ url: `sqlite:${path}/folder/entrepot.db` });
  await expect(below).rejects.toMatchObject({ code: "storage-unavailable" });
});

test.each(["sqlite:", "sqlite::memory:", "mysql://localhost/x", "nonsense"])(
  "refuses the URL %s",
  async (url) => {
    await expect(databases.open({ url })).rejects.toMatchObject({ code: "config-invalid" });
  },
);

test("a writer that died starts again with the next request", async () => {
  const path = await emptyPath();
  const link = new WriterLink(path);
  await expect(link.start()).rejects.toThrow();
  await expect(link.send([], { sql: "select 1 as one", parameters: [] })).rejects.toThrow();
  await mkdir(dirname(path), { recursive: true });
  await expect(link.send([], { sql: "select 1 as one", parameters: [] })).resolves.toMatchObject({
    rows: [{ one: 1 }],
  });
  await link.close();
  await rm(dirname(path), { recursive: true });
});
