import { LRUCache } from "lru-cache";
import type { SqliteEngine, SqliteHandle, SqliteStatement, SqliteValue } from "./engine.ts";

/** Prepared statements kept per connection. */
const STATEMENTS_MAX = 500;
/** Longest that a statement on the writer's thread waits for another process's lock; then it is SQLITE_BUSY. */
export const WRITER_BUSY_MS = 15_000;
/** The reader waits on the thread that serves requests; in WAL mode it practically never has to. */
const READER_BUSY_MS = 1_000;
/** The write-ahead log is cut back to this size after a checkpoint. */
const JOURNAL_BYTES_MAX = 64 * 1024 * 1024;
/** Pages that the reader keeps in memory. */
const READER_CACHE_KIB = 4 * 1024;

export interface SqliteStatementCall {
  sql: string;
  parameters: readonly unknown[];
}

/** What a statement gave; `changes` only of those that return no rows. */
export interface SqliteResult {
  rows: unknown[];
  changes: number | null;
  lastInsertRowid: number | null;
}

interface Prepared {
  statement: SqliteStatement;
  returnsRows: boolean;
}

/** A connection with a bounded cache of prepared statements. */
export class SqliteConnection {
  readonly #handle: SqliteHandle;
  readonly #prepared = new LRUCache<string, Prepared>({ max: STATEMENTS_MAX });

  constructor(handle: SqliteHandle) {
    this.#handle = handle;
  }

  get isTransaction(): boolean {
    return this.#handle.isTransaction;
  }

  /** Runs one statement to its end; throws the engine's own error. */
  execute(call: SqliteStatementCall): SqliteResult {
    const { statement, returnsRows } = this.prepare(call.sql);
    const parameters = call.parameters as readonly SqliteValue[];
    if (returnsRows) return { rows: statement.all(...parameters), changes: null, lastInsertRowid: null };
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
  }

  prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#handle.prepare(sql);
    const prepared = { statement, returnsRows: statement.columns().length > 0 };
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  /** Runs a statement without parameters and without the cache. */
  control(sql: string): void {
    this.#handle.exec(sql);
  }

  close(): void {
    this.#prepared.clear();
    this.#handle.close();
  }
}

/**
 * Opens for reading and writing, in WAL mode and so that an acknowledged commit survives a power cut. A statement
 * blocks its thread for at most `busyMs` while another process holds the lock.
 */
export function openWriterConnection(engine: SqliteEngine, path: string, busyMs: number): SqliteConnection {
  const handle = new engine.DatabaseSync(path, { readOnly: false });
  handle.exec(`pragma busy_timeout = ${busyMs}`);
  handle.exec("pragma journal_mode = wal");
  handle.exec("pragma synchronous = full");
  handle.exec("pragma foreign_keys = on");
  handle.exec(`pragma journal_size_limit = ${JOURNAL_BYTES_MAX}`);
  return new SqliteConnection(handle);
}

/** Opens for reading only; the file must exist. */
export function openReaderConnection(engine: SqliteEngine, path: string): SqliteConnection {
  const handle = new engine.DatabaseSync(path, { readOnly: true });
  handle.exec(`pragma busy_timeout = ${READER_BUSY_MS}`);
  handle.exec(`pragma cache_size = -${READER_CACHE_KIB}`);
  return new SqliteConnection(handle);
}
