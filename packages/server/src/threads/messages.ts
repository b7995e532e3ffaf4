import { EntrepotError, isEntrepotError, type ErrorCode } from "@entrepot/core";
import type { TaskName } from "./tasks.ts";

/** What the pool sends to a thread. */
export interface TaskRequest {
  id: number;
  task: TaskName;
  input: object;
}

/** Sent to a thread that is to end when it has nothing to do any more. */
export const STOP = "stop";

/** What a thread sends back. */
export type TaskAnswer = { id: number; output: unknown } | { id: number; failure: Failure };

/** An error in a form that can cross threads. */
export interface Failure {
  /** Null for an error that is a defect. */
  code: ErrorCode | null;
  message: string;
  details: Readonly<Record<string, string | number | boolean | null>>;
  stack: string | undefined;
}

/** Takes an error apart for the way to another thread. */
export function failureOf(error: unknown): Failure {
  if (isEntrepotError(error)) {
    return { code: error.code, message: error.message, details: error.details, stack: error.stack };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { code: null, message, details: {}, stack };
}

/** Puts an error together again. A defect becomes `internal`, with what happened as its cause. */
export function errorOf({ code, message, details, stack }: Failure): EntrepotError {
  if (code !== null) return new EntrepotError(code, { message, details });
  const cause = new Error(message);
  if (stack !== undefined) cause.stack = stack;
  return new EntrepotError("internal", { cause });
}
