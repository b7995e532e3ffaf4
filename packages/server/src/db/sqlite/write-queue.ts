import { performance } from "node:perf_hooks";
import type { Kysely, Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { storageUnavailable } from "../storage-errors.ts";
import { withDeadline } from "../with-deadline.ts";
import { WriteBatch } from "./write-batch.ts";
import { createWriterKysely } from "./writer-dialect.ts";
import type { WriterLink } from "./writer-link.ts";

/** Works that may wait; more are refused at once. */
const WAITING_MAX = 10_000;
/** Works that share one commit, and how long the first of them waits for later ones. */
const BATCH_WORKS_MAX = 256;
const BATCH_MS_MAX = 20;

type Work<T> = (trx: Transaction<Schema>) => Promise<T>;

/** A work in the queue. It is told its outcome only after the commit, which may still fail. */
interface Entry {
  run(batch: WriteBatch): Promise<void>;
  settle(failure: Error | null): void;
}

/**
 * Runs works one after another and commits them in groups: those that come while others run join the open
 * transaction, so that one wait for the disk serves all.
 */
export class WriteQueue {
  readonly #link: WriterLink;
  readonly #kysely: Kysely<Schema>;
  readonly #workMsMax: number;
  readonly #waiting: Entry[] = [];
  #batch: WriteBatch;
  #draining: Promise<void> | null = null;
  #isClosed = false;

  constructor(link: WriterLink, workMsMax: number) {
    this.#link = link;
    this.#workMsMax = workMsMax;
    this.#batch = new WriteBatch(link);
    this.#kysely = createWriterKysely(() => this.#batch);
  }

  /** Queues `work`; resolves with its result after the commit. */
  write<T>(work: Work<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(storageUnavailable("The database is closed."));
    if (this.#waiting.length >= WAITING_MAX) {
      return Promise.reject(storageUnavailable(`More than ${WAITING_MAX} writes wait for the database.`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push(this.#entryOf(work, { resolve, reject }));
      this.#draining ??= this.#drain();
    });
  }

  /** Refuses new works and waits for those queued. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#draining;
  }

  #entryOf<T>(work: Work<T>, outcome: { resolve(value: T): void; reject(error: unknown): void }): Entry {
    let tell = (): void => undefined;
    return {
      run: async () => {
        try {
          const value = await this.#transact(work);
          tell = () => outcome.resolve(value);
        } catch (error) {
          tell = () => outcome.reject(error);
        }
      },
      settle: (failure) => (failure === null ? tell() : outcome.reject(failure)),
    };
  }

  /** A work that does not end is rolled back like one that threw; what it sends later is refused. */
  #transact<T>(work: Work<T>): Promise<T> {
    return this.#kysely.transaction().execute((trx) => withDeadline(work(trx), this.#workMsMax));
  }

  async #drain(): Promise<void> {
    // Works queued in this turn of the event loop join the first batch.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#runBatch();
    this.#draining = null;
  }

  async #runBatch(): Promise<void> {
    const batch = new WriteBatch(this.#link);
    this.#batch = batch;
    const done: Entry[] = [];
    const endAt = performance.now() + BATCH_MS_MAX;
    do {
      const entry = this.#waiting.shift();
      if (entry === undefined) break;
      await entry.run(batch);
      done.push(entry);
    } while (batch.failure === null && done.length < BATCH_WORKS_MAX && performance.now() < endAt);
    const failure = await commitFailure(batch);
    for (const entry of done) entry.settle(failure);
  }
}

async function commitFailure(batch: WriteBatch): Promise<Error | null> {
  try {
    await batch.commit();
    return null;
  } catch (error) {
    return error instanceof Error ? error : storageUnavailable("The database could not commit.", error);
  }
}
