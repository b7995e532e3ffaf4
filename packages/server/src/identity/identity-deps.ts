import type { AuditTrail } from "../audit/index.ts";
import type { Actor, Change } from "../changes/index.ts";
import type { Database } from "../db/index.ts";
import type { Log, Metrics } from "../telemetry/index.ts";
import type { FailedPasswords } from "./failed-passwords.ts";
import type { PasswordHasher } from "./password-hasher.ts";

/** What identity needs of the world. */
export interface IdentityDeps {
  db: Database;
  workspaceId: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Tells what other processes, and this one, changed. */
  changes: { subscribe(listener: (changes: readonly Change[]) => void): () => void };
  log: Log;
  hasher: PasswordHasher;
  failedPasswords: FailedPasswords;
  /** Gives so many random bytes. */
  random: (size: number) => Uint8Array;
  /** User name that means "the password is that of a browser session". */
  sessionLogin: string;
  metrics?: Metrics;
  /** Makes what is kept of keys that people type in; null where none may. */
  fingerprint: ((value: string) => string) | null;
  /** Hears who signs in and out, and who fails to. */
  audit?: Pick<AuditTrail, "record" | "recordAtMost">;
}

/** Something that somebody does. */
export interface Deed {
  actor: Actor;
}

/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** Give it as `after` for the next page; null after the last. */
  next: string | null;
}

/** Most rows in one page. */
const PAGE_MAX = 1000;

/** Makes a page of rows that were read one more than wanted. */
export function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  shape: { item: (row: R) => T; cursor: (row: R) => string },
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? shape.cursor(last) : null;
  return { items: shown.map(shape.item), next };
}

/** Keeps a wanted number of rows between 1 and the most there may be. */
export function pageLimit(wanted: number | undefined): number {
  return Math.max(1, Math.min(PAGE_MAX, Math.floor(wanted ?? 100)));
}
