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
const SQLITE_UNIQUE_CODES: ReadonlySet<number> = new Set([1555, 2067]);
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

/** Primary SQLite result code of a driver's error, or null. */
function sqliteCode(error: unknown): number | null {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? code & 0xff : null;
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
  const extended = (error as { errcode?: unknown } | null)?.errcode;
  return (typeof extended === "number" && SQLITE_UNIQUE_CODES.has(extended)) || textCode(error) === "23505";
}

/** Tells whether a statement failed because a row that it refers to is not there, on either database. */
export function isForeignKeyViolation(error: unknown): boolean {
  const extended = (error as { errcode?: unknown } | null)?.errcode;
  return extended === SQLITE_FOREIGN_KEY || textCode(error) === "23503";
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
