import { Worker } from "node:worker_threads";

import { compiledModuleUrl } from "../threads/index.ts";
import type { BlobBatch, BlobFailure, BlobWriterData } from "./blob-writer-messages.ts";
import { storageError } from "./storage-error.ts";

/** The largest blob that is written here; a larger one is worth its own calls into the thread pool. */
const WRITER_BLOB_BYTES_MAX = 1024 * 1024;
/** Memory that both threads see, and with it the most that goes over at once. */
const MEMORY_BYTES = 2 * WRITER_BLOB_BYTES_MAX;
const BATCH_BLOBS_MAX = 256;
/** How long blobs that may wait do so, unless there are enough of them: each message wakes the thread up. */
const GATHER_MS = 10;
const GATHER_BYTES_MAX = 256 * 1024;
/** Bytes that may wait; a disk that is slower than this much is better served by many calls at once. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** Longest wait for a batch; longer means that the disk hangs. */
const ANSWER_MS_MAX = 60_000;

/** Writes small blobs, not synced, in a thread of its own. */
export interface BlobWriter {
  /** False when so much waits that a blob of this size had better be written otherwise. */
  takes(sizeBytes: number): boolean;
  /**
   * Writes a blob; its bytes must not change meanwhile. One that may wait does so for others for a few milliseconds.
   * Throws `storage-unavailable`.
   */
  write(digest: string, bytes: Uint8Array, mayWait: boolean): Promise<void>;
  /** Writes what waits and ends the thread. */
  close(): Promise<void>;
}

interface Waiting {
  digest: string;
  bytes: Uint8Array;
  resolve(): void;
  reject(error: Error): void;
}

interface Thread {
  worker: Worker;
  memory: Uint8Array;
}

/**
 * Makes the writer of a file store's folder. What is put in one turn of the event loop, or while the thread is busy,
 * goes over in one message. The thread starts with the first blob and keeps no process alive that waits for none.
 */
export function createBlobWriter(folder: string): BlobWriter {
  const writer = new ThreadedWriter(folder);
  return {
    takes: (sizeBytes) => writer.takes(sizeBytes),
    write: (digest, bytes, mayWait) => writer.write(digest, bytes, mayWait),
    close: () => writer.close(),
  };
}

class ThreadedWriter {
  readonly #folder: string;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** What the thread is writing. */
  #sent: Waiting[] = [];
  #thread: Thread | null = null;
  /** Among those that wait is one that somebody waits for. */
  #isUrgent = false;
  #isScheduled = false;
  #gathering: NodeJS.Timeout | null = null;
  #watchdog: NodeJS.Timeout | null = null;
  #closing: { promise: Promise<void>; resolve(): void } | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  takes(sizeBytes: number): boolean {
    return sizeBytes <= WRITER_BLOB_BYTES_MAX && this.#waitingBytes + sizeBytes <= WAITING_BYTES_MAX;
  }

  write(digest: string, bytes: Uint8Array, mayWait: boolean): Promise<void> {
    if (this.#closing !== null) {
      return Promise.reject(storageError(null, "writing to a store that is closed"));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ digest, bytes, resolve, reject });
      this.#waitingBytes += bytes.length;
      this.#isUrgent ||= !mayWait;
      // While the thread writes, all else gathers by itself.
      if (this.#sent.length === 0) this.#plan();
    });
  }

  /** Decides when what waits goes over; the thread is free. */
  #plan(): void {
    const isDue = this.#isUrgent || this.#waitingBytes >= GATHER_BYTES_MAX || this.#closing !== null;
    if (this.#waiting.length === 0) this.#rest();
    else if (!isDue) this.#gathering ??= setTimeout(() => this.#flush(), GATHER_MS);
    else if (!this.#isScheduled) {
      this.#isScheduled = true;
      // Whatever else this turn of the event loop puts goes along.
      setImmediate(() => this.#flush());
    }
  }

  async close(): Promise<void> {
    if (this.#closing === null) {
      let resolve = (): void => undefined;
      const promise = new Promise<void>((done) => (resolve = done));
      this.#closing = { promise, resolve };
      if (this.#sent.length === 0) this.#plan();
    }
    await this.#closing.promise;
    const thread = this.#thread;
    this.#thread = null;
    await thread?.worker.terminate();
  }

  #flush(): void {
    this.#isScheduled = false;
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    this.#gathering = null;
    // The shared memory is the thread's until it answers.
    if (this.#sent.length > 0) return;
    if (this.#waiting.length === 0) return;
    const thread = (this.#thread ??= this.#start());
    const batch = this.#fill(thread.memory);
    thread.worker.ref();
    this.#watch(thread);
    thread.worker.postMessage(batch);
  }

  /** Moves what fits from the queue into the shared memory. */
  #fill(memory: Uint8Array): BlobBatch {
    const batch: BlobBatch = { digests: [], ends: [] };
    let end = 0;
    for (const { digest, bytes } of this.#waiting) {
      if (end + bytes.length > memory.length || batch.ends.length === BATCH_BLOBS_MAX) break;
      memory.set(bytes, end);
      end += bytes.length;
      batch.digests.push(digest);
      batch.ends.push(end);
    }
    this.#sent = this.#waiting.splice(0, batch.ends.length);
    this.#waitingBytes -= end;
    if (this.#waiting.length === 0) this.#isUrgent = false;
    return batch;
  }

  #start(): Thread {
    const shared = new SharedArrayBuffer(MEMORY_BYTES);
    const workerData: BlobWriterData = { folder: this.#folder, memory: shared };
    const worker = new Worker(compiledModuleUrl("blobs/blob-writer-thread.js", import.meta.url), {
      workerData,
      name: "blob-writer",
      // Flags of a test runner, such as conditions of resolution, are not for compiled code.
      execArgv: [],
    });
    const thread = { worker, memory: new Uint8Array(shared) };
    worker.on("message", (failures: BlobFailure[]) => this.#settle(thread, failures));
    worker.on("error", (error) => this.#lose(thread, error));
    worker.on("exit", () => this.#lose(thread, new Error("the thread ended")));
    return thread;
  }

  #settle(thread: Thread, failures: readonly BlobFailure[]): void {
    if (this.#thread !== thread) return;
    const sent = this.#sent;
    this.#sent = [];
    for (const { index, code, message } of failures) {
      const cause = Object.assign(new Error(message), code === null ? {} : { code });
      sent[index]?.reject(storageError(cause, "storing a blob"));
    }
    for (const { resolve } of sent) resolve();
    this.#plan();
  }

  /** The blobs that it was writing may be there or not; the next ones get another thread. */
  #lose(thread: Thread, error: unknown): void {
    if (this.#thread !== thread) return;
    this.#thread = null;
    thread.worker.unref();
    const sent = this.#sent;
    this.#sent = [];
    for (const { reject } of sent) reject(storageError(error, "storing a blob"));
    this.#plan();
  }

  #watch(thread: Thread): void {
    this.#watchdog ??= setTimeout(() => {
      this.#watchdog = null;
      this.#lose(thread, new Error(`the disk did not answer for ${ANSWER_MS_MAX / 1000} s`));
      void thread.worker.terminate();
    }, ANSWER_MS_MAX);
    this.#watchdog.refresh();
  }

  #rest(): void {
    this.#thread?.worker.unref();
    if (this.#watchdog !== null) clearTimeout(this.#watchdog);
    this.#watchdog = null;
    this.#closing?.resolve();
  }
}
