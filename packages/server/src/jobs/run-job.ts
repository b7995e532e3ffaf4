import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../db/index.ts";
import { backoffMs } from "./backoff.ts";
import type { ClaimedJob } from "./claim.ts";
import type { JobHandler } from "./job.ts";
import { saveOutcome, saveProgress } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { RunLog } from "./run-log.ts";

/** How long to wait before writing an outcome again that the database did not take. */
const SAVE_RETRY_MS = 1_000;

export interface RunDeps {
  db: Database;
  now: () => number;
  leaseMs: number;
  /** How often lines and counts are written. */
  saveMs: number;
  onFailure: (failure: JobFailure) => void;
  onEnd: (end: JobEnd) => void;
}

/** The end of a run. */
export interface JobEnd {
  kind: string;
  outcome: Outcome["kind"];
}

/** A run that failed, or something around it. */
export interface JobFailure {
  kind: string;
  jobId: string;
  error: unknown;
  /** Whether the job is given up. */
  isFinal: boolean;
}

/** A run in progress. */
export interface Run {
  /** Resolves, never rejects, when the outcome is written or is no longer ours to write. */
  settled: Promise<void>;
  /** Asks the handler to end; if it throws then, the job goes back to waiting as if it had not begun. */
  stop(): void;
  /** Puts the job back without waiting for the handler any longer. */
  abandon(): Promise<void>;
}

/** Runs the handler on a claimed job, keeps its lease, and writes what it says and how it ends. */
export function runJob(deps: RunDeps, handler: JobHandler, claim: ClaimedJob): Run {
  const run = new JobRun(deps, handler, claim);
  return { settled: run.toEnd(), stop: () => run.stop(), abandon: () => run.abandon() };
}

class JobRun {
  readonly #deps: RunDeps;
  readonly #handler: JobHandler;
  readonly #claim: ClaimedJob;
  readonly #controller = new AbortController();
  readonly #log: RunLog;
  readonly #beat: { stop(): Promise<void> };
  #isStopping = false;
  /** Whether the outcome is still to be written by us. */
  #isOpen = true;

  constructor(deps: RunDeps, handler: JobHandler, claim: ClaimedJob) {
    this.#deps = deps;
    this.#handler = handler;
    this.#claim = claim;
    this.#log = new RunLog(deps.now, { line: claim.lineCount, counts: claim.job.counts });
    this.#beat = createBeat(deps, { claim, log: this.#log, controller: this.#controller });
  }

  async toEnd(): Promise<void> {
    const outcome = await this.#run();
    this.#deps.onEnd({ kind: this.#claim.job.kind, outcome: outcome.kind });
    await this.#beat.stop();
    await this.#save(outcome);
  }

  stop(): void {
    this.#isStopping = true;
    this.#controller.abort(new Error("The process stops."));
  }

  async abandon(): Promise<void> {
    await this.#beat.stop();
    await this.#save({ kind: "released", runAt: this.#deps.now() });
  }

  async #run(): Promise<Outcome> {
    const { job } = this.#claim;
    try {
      await this.#handler.run({
        jobId: job.id,
        attempt: job.attempts,
        payload: job.payload,
        log: (text) => this.#log.log(text),
        count: (name, by = 1) => this.#log.count(name, by),
        signal: this.#controller.signal,
      });
      return { kind: "done", at: this.#deps.now() };
    } catch (error) {
      return this.#isStopping ? { kind: "released", runAt: this.#deps.now() } : this.#failed(error);
    }
  }

  #failed(error: unknown): Outcome {
    const { attempts } = this.#claim.job;
    const isFinal = attempts >= this.#handler.attemptsMax;
    const text = error instanceof Error ? error.message : String(error);
    this.#log.log(`Failed: ${text}`);
    this.#report(error, isFinal);
    const at = this.#deps.now();
    if (isFinal) return { kind: "failed", at, error: text };
    return { kind: "retry", runAt: at + backoffMs(attempts), error: text };
  }

  async #save(outcome: Outcome): Promise<void> {
    const giveUpAt = this.#deps.now() + this.#deps.leaseMs;
    while (this.#isOpen) {
      this.#isOpen = false;
      try {
        await saveOutcome(this.#deps.db, this.#claim, { outcome, record: this.#log.record() });
      } catch (error) {
        // Past the lease the job is run again by whoever finds it; its handler bears that.
        if (this.#isStopping || this.#deps.now() >= giveUpAt) return this.#report(error, false);
        await delay(SAVE_RETRY_MS);
        this.#isOpen = true;
      }
    }
  }

  #report(error: unknown, isFinal: boolean): void {
    const { kind, id } = this.#claim.job;
    this.#deps.onFailure({ kind, jobId: id, error, isFinal });
  }
}

interface BeatSubject {
  claim: ClaimedJob;
  log: RunLog;
  controller: AbortController;
}

/** Saves lines and counts while there are new ones, and the lease before a third of it has gone. */
function createBeat(deps: RunDeps, { claim, log, controller }: BeatSubject): { stop(): Promise<void> } {
  let leaseUntil = deps.now() + deps.leaseMs;
  let saving: Promise<void> | null = null;

  async function save(): Promise<void> {
    const now = deps.now();
    const isDue = leaseUntil - now < (deps.leaseMs * 2) / 3;
    if (!isDue && !log.isDirty) return;
    const record = log.record();
    try {
      const isHeld = await saveProgress(deps.db, claim, { record, leaseUntil: now + deps.leaseMs });
      if (!isHeld) return controller.abort(new Error("Another process has taken the job over."));
      log.markSaved(record);
      leaseUntil = now + deps.leaseMs;
    } catch (error) {
      deps.onFailure({ kind: claim.job.kind, jobId: claim.job.id, error, isFinal: false });
    }
  }

  const timer = setInterval(() => {
    saving ??= save().finally(() => {
      saving = null;
    });
  }, deps.saveMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await saving;
    },
  };
}
