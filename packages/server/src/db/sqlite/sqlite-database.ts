import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { ChangeRow, Database } from "../database.ts";
import { migrate } from "../migrate.ts";
import type { Migrations } from "../migrate.ts";
import type { Schema } from "../schema.ts";
import { asStorageError, isSqliteBusy } from "../storage-errors.ts";
import { openReaderConnection, openWriterConnection } from "./connection.ts";
import type { SqliteConnection } from "./connection.ts";
import { createDirectKysely } from "./direct-dialect.ts";
import { loadSqliteEngine } from "./engine.ts";
import type { SqliteEngine } from "./engine.ts";
import { openLogHeader, type LogHeader } from "./log-header.ts";
import { WriteQueue } from "./write-queue.ts";
import { WriterLink } from "./writer-link.ts";

/** Opening waits this long for another process that migrates, in short steps that leave the thread free between. */
const OPEN_MS_MAX = 120_000;
const OPEN_BUSY_MS = 50;
const OPEN_RETRY_MS = 100;
const CHANGES_AFTER = "select * from changes where seq > ? order by seq limit ?";

interface SqliteOptions {
  path: string;
  migrations: Migrations;
  workMsMax: number;
}

/** Opens the file, made with its folder when it is not there, and brings its schema up to date. */
export async function openSqliteDatabase(options: SqliteOptions): Promise<Database> {
  const path = resolve(options.path);
  const engine = await loadSqliteEngine();
  try {
    await mkdir(dirname(path), { recursive: true });
    await whileBusy(() => migrateFile(engine, path, options.migrations));
    // The writer first: only it may repair what a killed process left in the write-ahead log.
    const link = new WriterLink(path);
    await link.start();
    const reader = openReaderConnection(engine, path);
    return createSqliteDatabase({ reader, link, header: openLogHeader(path) }, options.workMsMax);
  } catch (error) {
    throw asStorageError(error);
  }
}

async function migrateFile(engine: SqliteEngine, path: string, migrations: Migrations): Promise<void> {
  const connection = openWriterConnection(engine, path, OPEN_BUSY_MS);
  const kysely = createDirectKysely<unknown>(connection, "begin immediate");
  try {
    await migrate(kysely, migrations);
  } finally {
    connection.close();
  }
}

async function whileBusy(open: () => Promise<void>): Promise<void> {
  const giveUpAt = performance.now() + OPEN_MS_MAX;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const isBusy = isSqliteBusy(error) || (error instanceof Error && isSqliteBusy(error.cause));
      if (!isBusy || performance.now() >= giveUpAt) throw error;
      await delay(OPEN_RETRY_MS);
    }
  }
}

interface SqliteParts {
  reader: SqliteConnection;
  link: WriterLink;
  header: LogHeader;
}

function createSqliteDatabase({ reader, link, header }: SqliteParts, workMsMax: number): Database {
  const queue = new WriteQueue(link, workMsMax);
  const dataVersion = reader.prepare("pragma data_version").statement;
  const changesAfter = reader.prepare(CHANGES_AFTER).statement;
  const readVersion = (): number => (dataVersion.get() as { data_version: number }).data_version;
  let knownVersion = readVersion();
  let closing: Promise<void> | null = null;

  async function close(): Promise<void> {
    await queue.close();
    header.close();
    // The writer last, so that it finds itself alone and folds the write-ahead log into the file.
    reader.close();
    await link.close();
  }

  return {
    kind: "sqlite",
    read: createDirectKysely<Schema>(reader, null),
    write: (work) => queue.write(work),
    isUnchanged: () => header.isUnchanged(),
    changedElsewhere: () => {
      const version = readVersion();
      const isChanged = version !== knownVersion;
      knownVersion = version;
      return isChanged;
    },
    readChangesSync: (after, limit) => changesAfter.all(after, limit) as ChangeRow[],
    close: () => (closing ??= close()),
  };
}
