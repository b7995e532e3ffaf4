import { EntrepotError } from "@entrepot/core";
import { Cron } from "croner";
import type { Database } from "../db/index.ts";
import { insertJob } from "./enqueue.ts";

/** Makes a job at every tick, one for all processes together. */
export interface Schedule {
  /** Unique; part of the job's id and key. */
  name: string;
  /** Cron expression in UTC, with five fields or six (seconds first). */
  cron: string;
  kind: string;
  payload?: unknown;
}

/** Keeps one schedule's next job queued. */
export interface ScheduleKeeper {
  keep(db: Database, now: number): Promise<void>;
}

/** Throws `config-invalid` for an expression that is not one. */
export function createScheduleKeeper(schedule: Schedule): ScheduleKeeper {
  const cron = parseCron(schedule);
  const dedupeKey = `schedule:${schedule.name}`;
  let keptUntil = 0;

  async function keep(db: Database, now: number): Promise<void> {
    if (now < keptUntil) return;
    const next = cron.nextRun(new Date(now))?.getTime();
    if (next === undefined) return;
    const waiting = await db.read
      .selectFrom("jobs")
      .select("run_at")
      .where("dedupe_key", "=", dedupeKey)
      .where("state", "=", "waiting")
      .executeTakeFirst();
    // A tick that still waits to be run takes the next one in; looked at again with the next poll.
    if (waiting !== undefined && waiting.run_at <= now) return;
    if (waiting === undefined || waiting.run_at > next) {
      const job = { kind: schedule.kind, payload: schedule.payload ?? null, runAt: next, dedupeKey };
      // The id holds the tick: a process whose clock lags cannot make the job of a tick a second time.
      await db.write((trx) => insertJob(trx, { id: `${dedupeKey}:${next}`, now, job }));
    }
    keptUntil = Math.min(next, waiting?.run_at ?? next);
  }

  return { keep };
}

function parseCron(schedule: Schedule): Cron {
  try {
    return new Cron(schedule.cron, { paused: true, timezone: "UTC" });
  } catch (error) {
    throw new EntrepotError("config-invalid", {
      message: `The schedule ${schedule.name} has no valid cron expression: ${schedule.cron}.`,
      cause: error,
    });
  }
}
