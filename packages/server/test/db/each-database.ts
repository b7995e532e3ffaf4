import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasPostgres, startPostgres } from "@entrepot/testkit";
import type { PostgresFlavour, TestPostgres } from "@entrepot/testkit";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { openDatabase } from "../../src/db/index.ts";
import type { Database, DatabaseOptions } from "../../src/db/index.ts";

/** Databases for the tests of one engine. */
export interface TestDatabases {
  kind: "sqlite" | "postgres";
  /** URL of an empty database. */
  emptyUrl(): Promise<string>;
  /** Opens an empty database, or the one at `url`; it is closed after the test. */
  open(options?: Partial<DatabaseOptions>): Promise<Database>;
  /** Runs `end` after the test, before the databases are closed. */
  afterwards(end: () => Promise<void> | void): void;
  /** PostgreSQL's server; throws on SQLite. */
  server(): TestPostgres;
}

/** Runs the same suite on SQLite and on the oldest and newest PostgreSQL that we promise. */
export function describeOnEachDatabase(title: string, suite: (databases: TestDatabases) => void): void {
  describe(`${title} on SQLite`, () => suite(sqliteDatabases()));
  describeOnEachPostgres(title, suite);
}

/** Runs the same suite on the oldest and the newest PostgreSQL that we promise. */
export function describeOnEachPostgres(title: string, suite: (databases: TestDatabases) => void): void {
  for (const flavour of ["npm", "debian"] as const) {
    describe.skipIf(!hasPostgres(flavour))(`${title} on PostgreSQL (${flavour})`, () => {
      suite(postgresDatabases(flavour));
    });
  }
}

interface Tracked extends Pick<TestDatabases, "afterwards"> {
  open(options: DatabaseOptions): Promise<Database>;
  closeAll(): Promise<void>;
}

function openTracked(): Tracked {
  const opened: Database[] = [];
  const ends: Array<() => Promise<void> | void> = [];
  return {
    afterwards: (end) => void ends.push(end),
    open: async (options) => {
      const db = await openDatabase(options);
      opened.push(db);
      return db;
    },
    closeAll: async () => {
      for (const end of ends.splice(0)) await end();
      await Promise.all(opened.splice(0).map((db) => db.close()));
    },
  };
}

export function sqliteDatabases(): TestDatabases {
  const { open, afterwards, closeAll } = openTracked();
  const folders: string[] = [];
  async function emptyUrl(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "entrepot-db-"));
    folders.push(folder);
    return `sqlite:${join(folder, "data", "entrepot.db")}`;
  }
  afterEach(async () => {
    await closeAll();
    await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
  });
  return {
    kind: "sqlite",
    emptyUrl,
    afterwards,
    open: async (options) => open({ url: options?.url ?? (await emptyUrl()), ...options }),
    server: () => {
      throw new Error("SQLite has no server.");
    },
  };
}

function postgresDatabases(flavour: PostgresFlavour): TestDatabases {
  const { open, afterwards, closeAll } = openTracked();
  let started: TestPostgres | undefined;
  let count = 0;
  function server(): TestPostgres {
    if (started === undefined) throw new Error("PostgreSQL is not started.");
    return started;
  }
  async function createFrom(template: string): Promise<string> {
    const name = `test_${++count}`;
    const client = new pg.Client(server().url);
    await client.connect();
    await client.query(`create database ${name} template ${template}`);
    await client.end();
    return server().url.replace(/postgres$/, name);
  }
  beforeAll(async () => {
    started = await startPostgres({ flavour });
    // Migrated once and then copied, which takes a fifth of the time.
    const db = await openDatabase({ url: started.url.replace(/postgres$/, "template1") });
    await db.close();
  });
  afterEach(closeAll);
  afterAll(() => started?.stop());
  return {
    kind: "postgres",
    emptyUrl: () => createFrom("template0"),
    afterwards,
    open: async (options) => open({ url: options?.url ?? (await createFrom("template1")), ...options }),
    server,
  };
}
