import type { Selectable } from "kysely";
import type { Schema } from "../db/index.ts";

export type JobRow = Selectable<Schema["jobs"]>;
export type JobState = JobRow["state"];

/** One piece of background work. Times are milliseconds since 1970. */
export interface Job {
  id: string;
  kind: string;
  payload: unknown;
  state: JobState;
  dedupeKey: string | null;
  runAt: number;
  /** How often it was started. */
  attempts: number;
  attemptsMax: number;
  lastError: string | null;
  /** What its handler counted so far. */
  counts: Readonly<Record<string, number>>;
  createdAt: number;
  finishedAt: number | null;
}

export interface NewJob {
  kind: string;
  /** Any JSON value. */
  payload: unknown;
  /** At once when left out. */
  runAt?: number;
  /**
   * Waiting jobs with the same key are one job, which runs at the earliest time that any of them asked for; and a
   * job does not start while another one with its key runs.
   */
  dedupeKey?: string;
}

/** One line of a job's run log. */
export interface JobLine {
  attempt: number;
  line: number;
  at: number;
  text: string;
}

/** What a handler is given. */
export interface JobContext {
  jobId: string;
  /** From 1. */
  attempt: number;
  payload: unknown;
  /** Adds a line to the run log; readable about a second later. */
  log(text: string): void;
  /** Adds `by`, 1 when left out, to a count that people see while the job runs. */
  count(name: string, by?: number): void;
  /** Aborts when the process stops or when another one has taken the job over; then throw soon. */
  signal: AbortSignal;
}

/** Runs the jobs of one kind. A job may be run again after it was cut off, so running it twice must do no harm. */
export interface JobHandler {
  kind: string;
  /** Failures after which the job is given up; cut-offs by a stop do not count. */
  attemptsMax: number;
  run(context: JobContext): Promise<void>;
}

/** Reads a row of the jobs table. */
export function jobOfRow(row: JobRow): Job {
  return {
    id: row.id,
    kind: row.kind,
    payload: JSON.parse(row.payload) as unknown,
    state: row.state,
    dedupeKey: row.dedupe_key,
    runAt: row.run_at,
    attempts: row.attempts,
    attemptsMax: row.attempts_max,
    lastError: row.last_error,
    counts: JSON.parse(row.counts) as Record<string, number>,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}
