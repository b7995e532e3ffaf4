import type { SqliteResult, SqliteStatementCall } from "./connection.ts";

/** Asks the writer's thread to run control statements, then one statement. */
export interface WriterRequest {
  id: number;
  /** `begin immediate`, savepoints, `commit`. One that fails ends the whole transaction. */
  control: readonly string[];
  statement: SqliteStatementCall | null;
}

/** The engine's error in a form that crosses threads. */
export interface SqliteFailure {
  message: string;
  code: string | null;
  errcode: number | null;
}

export type WriterReply =
  | { id: number; kind: "done"; result: SqliteResult | null }
  | { id: number; kind: "failed"; failure: SqliteFailure; isTransaction: boolean }
  | { id: 0; kind: "ready" }
  | { id: 0; kind: "unusable"; failure: SqliteFailure };

/** Takes from an error what a caller needs to judge it. */
export function failureOf(error: unknown): SqliteFailure {
  const { message, code, errcode } = error as { message?: unknown; code?: unknown; errcode?: unknown };
  return {
    message: typeof message === "string" ? message : String(error),
    code: typeof code === "string" ? code : null,
    errcode: typeof errcode === "number" ? errcode : null,
  };
}

/** Makes the error again on the calling thread. */
export function errorOf(failure: SqliteFailure): Error {
  const error = new Error(failure.message);
  error.name = "SqliteError";
  return Object.assign(error, { code: failure.code, errcode: failure.errcode });
}
