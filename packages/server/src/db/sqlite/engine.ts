import { EntrepotError } from "@entrepot/core";

/*
 * The part of `node:sqlite` that we use. Declared here because both engines offer it and neither's own types are
 * there for every Node.
 */

export type SqliteValue = null | number | bigint | string | Uint8Array;

export interface SqliteStatement {
  all(...parameters: readonly SqliteValue[]): unknown[];
  get(...parameters: readonly SqliteValue[]): unknown;
  run(...parameters: readonly SqliteValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  columns(): unknown[];
}

export interface SqliteHandle {
  readonly isTransaction: boolean;
  prepare(sql: string): SqliteStatement;
  exec(sql: string): void;
  close(): void;
}

export interface SqliteEngine {
  DatabaseSync: new (path: string, options: { readOnly: boolean }) => SqliteHandle;
  StatementSync: { prototype: object };
}

/**
 * Loads Node's own SQLite where it is complete (22.16 and later, without a flag), else the package with the same API.
 * Throws `config-invalid` when neither is there.
 */
export async function loadSqliteEngine(): Promise<SqliteEngine> {
  const builtIn = process.getBuiltinModule("node:sqlite") as SqliteEngine | undefined;
  if (builtIn !== undefined && "columns" in builtIn.StatementSync.prototype) return builtIn;
  // A variable name keeps the optional dependency out of the type check.
  const packageName: string = "@photostructure/sqlite";
  try {
    return (await import(packageName)) as SqliteEngine;
  } catch (error) {
    throw new EntrepotError("config-invalid", {
      message: `SQLite needs Node 22.16 or later, or the package ${packageName}; or set a postgres:// database URL.`,
      cause: error,
    });
  }
}
