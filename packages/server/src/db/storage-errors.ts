import { EntrepotError, isEntrepotError } from "@entrepot/core";

/** Primary SQLite result codes that speak of the engine or the disk and not of the statement. */
const SQLITE_STORAGE_CODES: ReadonlySet<number> = new Set([
  5, // BUSY
  6, // LOCKED
  7, // NOMEM
  8, // READONLY
  10, // IOERR
  11, // CORRUPT
  13, // FULL
  14, // CANTOPEN
  15, // PROTOCOL
  26, // NOTADB
]);
const SQLITE_BUSY = 5;
const SQLITE_PRIMARY_KEY = 1555;
const SQLITE_UNIQUE = 2067;
const SQLITE_FOREIGN_KEY = 787;

/** Classes of PostgreSQL's SQLSTATE: connection, resources, operator, system, and transaction retry. */
const POSTGRES_STORAGE_CLASSES: ReadonlySet<string> = new Set(["08", "53", "57", "58", "40"]);
/** Lock time-out, and a server that became a read-only standby. */
const POSTGRES_STORAGE_CODES: ReadonlySet<string> = new Set(["55P03", "25006", "25P03"]);
const SYSTEM_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "ENOTDIR",
  "EEXIST",
  "EISDIR",
  "EACCES",
  "EMFILE",
  "ENOSPC",
  "EROFS",
]);
/** The drivers throw these without a code that says so. */
const DRIVER_TEXTS: readonly string[] = [
  "connection terminated",
  "timeout exceeded",
  "query read timeout",
  "not queryable",
  "client was closed",
  "client has encountered a connection error",
  "after calling end on the pool",
  "database is not open",
];

/**
 * SQLite's own words for results that matter here: one of the two engines gives no code with an error of a statement
 * that returns rows.
 */
const SQLITE_TEXTS: readonly [text: string, code: number][] = [
  ["database is locked", SQLITE_BUSY],
  ["database table is locked", 6],
  ["out of memory", 7],
  ["attempt to write a readonly database", 8],
  ["disk i/o error", 10],
  ["database disk image is malformed", 11],
  ["database or disk is full", 13],
  ["unable to open database file", 14],
  ["locking protocol", 15],
  ["file is not a database", 26],
  ["foreign key constraint failed", SQLITE_FOREIGN_KEY],
  ["unique constraint failed", SQLITE_UNIQUE],
];

/** SQLite's extended result code of an engine's error, or null. */
function extendedSqliteCode(error: unknown): number | null {
  if (typeof error !== "object" || error === null) return null;
  const { errcode, code, message } = error as { errcode?: unknown; code?: unknown; message?: unknown };
  if (typeof errcode === "number") return errcode;
  if (code !== "ERR_SQLITE_ERROR" || typeof message !== "string") return null;
  const said = message.toLowerCase();
  return SQLITE_TEXTS.find(([text]) => said.startsWith(text))?.[1] ?? null;
}

/** Primary SQLite result code of an engine's error, or null. */
function sqliteCode(error: unknown): number | null {
  const code = extendedSqliteCode(error);
  return code === null ? null : code & 0xff;
}

function textCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

/** Tells whether another connection holds SQLite's write lock. */
export function isSqliteBusy(error: unknown): boolean {
  return sqliteCode(error) === SQLITE_BUSY;
}

/** Tells whether PostgreSQL gave up a transaction that would succeed when repeated. */
export function isTransactionConflict(error: unknown): boolean {
  const code = textCode(error instanceof EntrepotError ? error.cause : error);
  return code === "40001" || code === "40P01";
}

/** Tells whether a statement failed because a row with that key exists, on either database. */
export function isUniqueViolation(error: unknown): boolean {
  const code = extendedSqliteCode(error);
  return code === SQLITE_UNIQUE || code === SQLITE_PRIMARY_KEY || textCode(error) === "23505";
}

/** Tells whether a statement failed because a row that it refers to is not there, on either database. */
export function isForeignKeyViolation(error: unknown): boolean {
  return extendedSqliteCode(error) === SQLITE_FOREIGN_KEY || textCode(error) === "23503";
}

function isStorageFault(error: unknown): boolean {
  const sqlite = sqliteCode(error);
  if (sqlite !== null) return SQLITE_STORAGE_CODES.has(sqlite);
  const code = textCode(error);
  if (SYSTEM_CODES.has(code)) return true;
  const isSqlState = /^[0-9A-Z]{5}$/.test(code);
  if (isSqlState) return POSTGRES_STORAGE_CODES.has(code) || POSTGRES_STORAGE_CLASSES.has(code.slice(0, 2));
  const text = error instanceof Error ? error.message.toLowerCase() : "";
  return DRIVER_TEXTS.some((part) => text.includes(part));
}

/** Makes the `storage-unavailable` error of a cause. */
export function storageUnavailable(message: string, cause?: unknown): EntrepotError {
  return new EntrepotError("storage-unavailable", { message, cause });
}

/** Gives `storage-unavailable` when the engine, the disk or the connection is at fault, else the error as it came. */
export function asStorageError(error: unknown): unknown {
  if (isEntrepotError(error) || !isStorageFault(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  return storageUnavailable(`The database does not answer: ${text}.`, error);
}
