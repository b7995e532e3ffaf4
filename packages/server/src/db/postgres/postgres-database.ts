import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import type { Kysely, Transaction } from "kysely";
import pg from "pg";
import type { Database, DatabaseEvent } from "../database.ts";
import { migrate } from "../migrate.ts";
import type { Migrations } from "../migrate.ts";
import type { Schema } from "../schema.ts";
import { isTransactionConflict, storageUnavailable } from "../storage-errors.ts";
import { withDeadline } from "../with-deadline.ts";
import { ChangeListener } from "./change-listener.ts";
import { clientSettings, STATEMENT_MS_MAX } from "./client-settings.ts";
import { createPostgresKysely } from "./driver.ts";

const CONNECTIONS_MAX = 10;
/** Writes in flight or waiting for a connection; more are refused at once. */
const WRITES_MAX = 10_000;
/** Times that a transaction runs when others keep getting in its way. */
const CONFLICT_ATTEMPTS_MAX = 6;
const CONFLICT_RETRY_MS = 5;
/** Oldest server that we promise to work with. */
const SERVER_VERSION_MIN = 150_000;

/** Held by the one process that migrates; the others find the work done when they get it. */
const MIGRATION_LOCK = "select pg_advisory_xact_lock(7164205310)";

interface PostgresOptions {
  url: string;
  migrations: Migrations;
  workMsMax: number;
  log: (event: DatabaseEvent) => void;
}

/** Connects, refuses a server that is too old, and brings the schema up to date. */
export async function openPostgresDatabase(options: PostgresOptions): Promise<Database> {
  const { url, migrations, workMsMax, log } = options;
  await migrateServer(url, migrations, log);
  const pool = createPool(url, { max: CONNECTIONS_MAX, statementMsMax: STATEMENT_MS_MAX }, log);
  return createPostgresDatabase(pool, new ChangeListener(url, log), workMsMax);
}

function createPool(
  url: string,
  limits: { max: number; statementMsMax: number },
  log: (event: DatabaseEvent) => void,
): pg.Pool {
  const pool = new pg.Pool({ ...clientSettings(url, limits.statementMsMax), max: limits.max });
  // Without a listener the loss of an idle connection would end the process.
  pool.on("error", (error) => log({ message: "An idle database connection was lost.", error }));
  // Nor may the loss of one in use, whose query rejects with the same error.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** On a connection of its own: waiting for another process's migration may take longer than a statement may. */
async function migrateServer(
  url: string,
  migrations: Migrations,
  log: PostgresOptions["log"],
): Promise<void> {
  const pool = createPool(url, { max: 1, statementMsMax: 0 }, log);
  const kysely = createPostgresKysely<unknown>(pool, MIGRATION_LOCK);
  try {
    await refuseOldServer(kysely);
    await migrate(kysely, migrations);
  } finally {
    await pool.end();
  }
}

async function refuseOldServer(kysely: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ server_version_num: string }>`show server_version_num`.execute(kysely);
  const version = Number(rows[0]?.server_version_num);
  if (version >= SERVER_VERSION_MIN) return;
  throw storageUnavailable(
    `PostgreSQL 15 or later is needed; this server is ${Math.floor(version / 10_000)}.`,
  );
}

function createPostgresDatabase(pool: pg.Pool, listener: ChangeListener, workMsMax: number): Database {
  const read = createPostgresKysely<Schema>(pool);
  const writes = new Set<Promise<unknown>>();
  let isNotified = false;
  let closing: Promise<void> | null = null;

  function write<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
    if (closing !== null) return Promise.reject(storageUnavailable("The database is closed."));
    if (writes.size >= WRITES_MAX) {
      return Promise.reject(storageUnavailable(`More than ${WRITES_MAX} writes wait for the database.`));
    }
    const written = whileConflicting(() =>
      read.transaction().execute((trx) => withDeadline(work(trx), workMsMax)),
    );
    writes.add(written);
    const forget = (): void => void writes.delete(written);
    written.then(forget, forget);
    return written;
  }

  async function close(): Promise<void> {
    await Promise.allSettled(writes);
    await listener.close();
    await pool.end();
  }

  return {
    kind: "postgres",
    read,
    write,
    changedElsewhere: () => {
      const wasNotified = isNotified;
      isNotified = false;
      return wasNotified;
    },
    onChange: (callback) =>
      listener.subscribe(() => {
        isNotified = true;
        callback();
      }),
    close: () => (closing ??= close()),
  };
}

async function whileConflicting<T>(transact: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transact();
    } catch (error) {
      if (attempt >= CONFLICT_ATTEMPTS_MAX || !isTransactionConflict(error)) throw error;
      // Grows with each attempt; the database itself spreads those that wait for the same row.
      await delay(CONFLICT_RETRY_MS * 2 ** attempt);
    }
  }
}
