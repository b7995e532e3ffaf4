import type { ResourceLimits } from "node:worker_threads";
import { EntrepotError } from "@entrepot/core";
import { compiledModuleUrl } from "./compiled-module-url.ts";
import { errorOf, type TaskAnswer } from "./messages.ts";
import { TaskQueue, type TaskSize } from "./task-queue.ts";
import type { TaskName, Tasks } from "./tasks.ts";
import { Thread } from "./thread.ts";

/**
 * From which on a task is large: bytes of a compressed document, of a tarball, versions of a local package.
 */
const LARGE_INPUT_BYTES = 256 * 1024;
const LARGE_TARBALL_BYTES = 2 * 1024 ** 2;
const LARGE_VERSION_COUNT = 500;

/** `size` is the most threads that run at once. The rest has defaults that fit. */
export interface ThreadPoolOptions {
  size: number;
  /** Most tasks that wait; more are refused. */
  queueMax?: number;
  /** A thread without work for so long ends, and gives its memory back. */
  idleMsMax?: number;
  /** The same for the last thread: a new one is slow until the engine has seen enough of its work. */
  lastIdleMsMax?: number;
  /** A task that takes longer is given up, and its thread ended. */
  taskMsMax?: number;
  resourceLimits?: ResourceLimits;
  /** The threads' module. */
  workerUrl?: URL;
}

/** Runs tasks in threads, so that the main one never parses, hashes or compresses a document. */
export interface ThreadPool {
  /**
   * Runs a task. Byte arrays directly in `input` are copied and the copies moved over, except those whose
   * memory is in `transfer`: that moves over itself and is empty here afterwards.
   *
   * @throws EntrepotError as the task says; `overloaded` if too much waits; `internal` if the thread failed
   */
  run<K extends TaskName>(
    task: K,
    input: Tasks[K]["input"],
    transfer?: readonly ArrayBuffer[],
  ): Promise<Tasks[K]["output"]>;
  /** Starts a thread, if there is none, for work that is about to come. */
  warm(): void;
  /** Tasks that wait for a thread. */
  readonly waiting: number;
  /** Ends all threads; what runs or waits fails. */
  close(): Promise<void>;
}

const DEFAULTS = {
  queueMax: 2_000,
  idleMsMax: 20_000,
  lastIdleMsMax: 300_000,
  taskMsMax: 120_000,
  resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 6, codeRangeSizeMb: 16 },
};

/** Makes a pool. Threads start when there is work for them. */
export function createThreadPool(options: ThreadPoolOptions): ThreadPool {
  const workerUrl = options.workerUrl ?? compiledModuleUrl("threads/worker.js", import.meta.url);
  return new Pool({ ...DEFAULTS, ...options, size: Math.max(1, options.size), workerUrl });
}

interface Job {
  id: number;
  task: TaskName;
  size: TaskSize;
  input: object;
  transfer: readonly ArrayBuffer[];
  resolve: (output: never) => void;
  reject: (error: EntrepotError) => void;
}

/**
 * A thread of the pool, what it does, and the timer of that: giving up on the job, or ending for want of one.
 */
interface Slot {
  thread: Thread;
  job: Job | null;
  timer: NodeJS.Timeout | undefined;
}

class Pool implements ThreadPool {
  readonly #options: Required<ThreadPoolOptions>;
  readonly #queue: TaskQueue<Job> = new TaskQueue();
  readonly #slots: Set<Slot> = new Set();
  #nextId = 1;
  #isClosed = false;

  constructor(options: Required<ThreadPoolOptions>) {
    this.#options = options;
  }

  run<K extends TaskName>(
    task: K,
    input: Tasks[K]["input"],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Tasks[K]["output"]> {
    if (this.#isClosed) return Promise.reject(closedError());
    if (this.#queue.length >= this.#options.queueMax) return Promise.reject(new EntrepotError("overloaded"));
    return new Promise((resolve, reject) => {
      const size = sizeOf(input);
      this.#queue.add({ id: this.#nextId++, task, size, resolve, reject, ...movable(input, transfer) }, size);
      this.#dispatch();
    });
  }

  warm(): void {
    if (!this.#isClosed && this.#slots.size === 0) this.#release(this.#newSlot());
  }

  get waiting(): number {
    return this.#queue.length;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#queue.drain()) job.reject(closedError());
    await Promise.all([...this.#slots].map((slot) => this.#end(slot, closedError())));
  }

  /** Gives waiting jobs to free threads, starting new ones as far as the pool may grow. */
  #dispatch(): void {
    while (this.#queue.length > 0 && !this.#isClosed) {
      const free = [...this.#slots].find((slot) => slot.job === null);
      if (free === undefined && this.#slots.size >= this.#options.size) return;
      const job = this.#queue.take(this.#mayRunLarge());
      if (job === undefined) return;
      this.#start(free ?? this.#newSlot(), job);
    }
  }

  /** One thread, if there are several, is kept free of large jobs. */
  #mayRunLarge(): boolean {
    const running = [...this.#slots].filter((slot) => slot.job?.size === "large").length;
    return running < Math.max(1, this.#options.size - 1);
  }

  #start(slot: Slot, job: Job): void {
    clearTimeout(slot.timer);
    slot.job = job;
    try {
      slot.thread.send({ id: job.id, task: job.task, input: job.input }, job.transfer);
    } catch (cause) {
      this.#release(slot);
      job.reject(new EntrepotError("internal", { message: "A task's input cannot cross threads.", cause }));
      return;
    }
    slot.timer = setTimeout(() => {
      const message = `A task took longer than ${this.#options.taskMsMax} ms.`;
      void this.#end(slot, new EntrepotError("internal", { message }));
    }, this.#options.taskMsMax);
  }

  #newSlot(): Slot {
    const { workerUrl, resourceLimits } = this.#options;
    const thread = new Thread(workerUrl, resourceLimits, {
      onAnswer: (answer) => this.#settle(slot, answer),
      onEnd: (cause) => void this.#end(slot, new EntrepotError("internal", { cause })),
    });
    const slot: Slot = { thread, job: null, timer: undefined };
    this.#slots.add(slot);
    return slot;
  }

  #settle(slot: Slot, answer: TaskAnswer): void {
    const { job } = slot;
    if (job === null || job.id !== answer.id) return;
    this.#release(slot);
    if ("failure" in answer) job.reject(errorOf(answer.failure));
    else job.resolve(answer.output as never);
    this.#dispatch();
  }

  #release(slot: Slot): void {
    clearTimeout(slot.timer);
    slot.job = null;
    const { idleMsMax, lastIdleMsMax } = this.#options;
    slot.timer = setTimeout(() => {
      if (this.#slots.size > 1) return void this.#end(slot, closedError());
      slot.timer = setTimeout(() => void this.#end(slot, closedError()), lastIdleMsMax - idleMsMax);
      slot.timer.unref();
    }, idleMsMax);
    slot.timer.unref();
  }

  /** Takes a thread out of the pool; its job, if it has one, fails with `error`. */
  async #end(slot: Slot, error: EntrepotError): Promise<void> {
    if (!this.#slots.delete(slot)) return;
    clearTimeout(slot.timer);
    slot.job?.reject(error);
    const stopped = slot.thread.stop();
    this.#dispatch();
    await stopped;
  }
}

function closedError(): EntrepotError {
  return new EntrepotError("overloaded", { message: "The server is stopping." });
}

function sizeOf(input: Tasks[TaskName]["input"]): TaskSize {
  if ("packument" in input) return input.packument.versions.length > LARGE_VERSION_COUNT ? "large" : "small";
  // Somebody looks into a tarball or compares two: that waits for the others.
  if ("wanted" in input || "before" in input) return "large";
  if ("limits" in input) {
    return (input.sizeBytes ?? 0) > LARGE_TARBALL_BYTES ? "large" : "small";
  }
  if ("selector" in input) return input.gzip.length > LARGE_INPUT_BYTES ? "large" : "small";
  const isLarge = Object.values(input).some(
    (value) => value instanceof Uint8Array && value.length > LARGE_INPUT_BYTES,
  );
  return isLarge ? "large" : "small";
}

/**
 * Readies an input for its way. Cloning a byte array would clone all the memory it is a view of, which may be
 * a pool of others' bytes; so each is copied on its own, and the copy moves over without another one.
 */
function movable(
  input: object,
  transfer: readonly ArrayBuffer[],
): { input: object; transfer: readonly ArrayBuffer[] } {
  const moved = [...transfer];
  const entries = Object.entries(input).map(([key, value]: [string, unknown]) => {
    if (!(value instanceof Uint8Array) || transfer.includes(value.buffer as ArrayBuffer)) return [key, value];
    const own = new Uint8Array(value.byteLength);
    own.set(value);
    moved.push(own.buffer);
    return [key, own];
  });
  return { input: Object.fromEntries(entries) as object, transfer: moved };
}
