import type { Kysely, Selectable, Transaction } from "kysely";
import type { Schema } from "./schema.ts";

export type ChangeRow = Selectable<Schema["changes"]>;
export type AuditRow = Selectable<Schema["audit_events"]>;

/** The open database: one typed schema on SQLite or PostgreSQL. */
export interface Database {
  readonly kind: "sqlite" | "postgres";
  /**
   * For reading only. On SQLite a read-only connection on the calling thread: each statement blocks for
   * microseconds and sees every commit made before it; transactions and streams are refused.
   */
  readonly read: Kysely<Schema>;
  /**
   * Runs `work` in a transaction and resolves with its result after the commit. `work` may run more than once
   * (PostgreSQL retries conflicts), must not call `write` again, and must not wait for anything but the database.
   * Rejects with what `work` threw, or with `storage-unavailable` when the engine, not the work, is at fault.
   */
  write<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T>;
  /**
   * Tells whether any other connection (our own writer included) committed since the last call. Has one consumer,
   * the change log; a second one would take its answers away.
   */
  changedElsewhere(): boolean;
  /**
   * SQLite only: true when nothing was committed since the last call, which spares asking the engine. Has the same
   * one consumer.
   */
  isUnchanged?(): boolean;
  /** SQLite only: at most `limit` rows of the change log after `after`, in order, without yielding. */
  readChangesSync?(after: number, limit: number): ChangeRow[];
  /** PostgreSQL only: calls back whenever a change may have been committed; returns how to stop. */
  onChange?(listener: () => void): () => void;
  /** Refuses new writes, finishes those that wait, then closes every connection. */
  close(): Promise<void>;
}

/** Something that went wrong beside any call: a lost idle connection, a failed reconnect. */
export interface DatabaseEvent {
  message: string;
  error?: unknown;
}
