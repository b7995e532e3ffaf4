import { Worker } from "node:worker_threads";
import { compiledModuleUrl } from "../../threads/index.ts";
import { storageUnavailable } from "../storage-errors.ts";
import type { SqliteResult, SqliteStatementCall } from "./connection.ts";
import { errorOf } from "./writer-messages.ts";
import type { WriterReply, WriterRequest } from "./writer-messages.ts";

/** Longest wait for an answer of the thread; longer means that the disk hangs. */
const ANSWER_MS_MAX = 60_000;

/** A request that failed: the engine's error, and whether the transaction it belonged to is still open. */
export class WriterFailure extends Error {
  readonly isTransaction: boolean;

  constructor(cause: unknown, isTransaction: boolean) {
    super("The writer refused a request.", { cause });
    this.isTransaction = isTransaction;
  }
}

interface Waiter {
  resolve(result: SqliteResult | null): void;
  reject(error: WriterFailure): void;
}

/** Speaks to the writer's thread; starts a new one for the next request after one died. */
export class WriterLink {
  readonly #path: string;
  readonly #waiters = new Map<number, Waiter>();
  #worker: Worker | null = null;
  #ready: Promise<void> = Promise.resolve();
  #watchdog: NodeJS.Timeout | null = null;
  #lastId = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Starts the thread and resolves once its connection is open. */
  async start(): Promise<void> {
    this.#thread();
    await this.#ready;
  }

  /** Runs control statements, then one statement; rejects with a {@link WriterFailure}. */
  send(control: readonly string[], statement: SqliteStatementCall | null): Promise<SqliteResult | null> {
    const worker = this.#thread();
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiters.set(id, { resolve, reject });
      if (this.#waiters.size === 1) this.#watch(worker);
      const request: WriterRequest = { id, control, statement };
      try {
        worker.postMessage(request);
      } catch (error) {
        // A value that cannot cross threads: the request never left, the transaction is as it was.
        this.#settle(id)?.reject(new WriterFailure(error, true));
      }
    });
  }

  /** Closes the connection and ends the thread. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    if (worker === null) return;
    const gone = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.ref();
    worker.postMessage("close");
    await gone;
  }

  #thread(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(compiledModuleUrl("db/sqlite/writer-thread.js", import.meta.url), {
      workerData: { path: this.#path },
      name: "sqlite-writer",
      // Flags of a test runner, such as conditions of resolution, are not for compiled code.
      execArgv: [],
    });
    this.#worker = worker;
    this.#ready = new Promise((resolve, reject) => {
      worker.on("message", (reply: WriterReply) => {
        if (reply.kind === "ready") {
          if (this.#waiters.size === 0) worker.unref();
          return resolve();
        }
        if (reply.kind !== "unusable") return this.#receive(reply);
        const error = errorOf(reply.failure);
        reject(error);
        this.#discard(worker, error);
      });
      worker.on("error", (error) => {
        reject(error);
        this.#discard(worker, error);
      });
      worker.on("exit", () => {
        const error = storageUnavailable("The database's writer stopped.");
        reject(error);
        this.#discard(worker, error);
      });
    });
    // Requests report the same failure themselves; only `start` waits for this promise.
    this.#ready.catch(() => undefined);
    return worker;
  }

  #receive(reply: Extract<WriterReply, { kind: "done" | "failed" }>): void {
    const waiter = this.#settle(reply.id);
    if (reply.kind === "done") waiter?.resolve(reply.result);
    else waiter?.reject(new WriterFailure(errorOf(reply.failure), reply.isTransaction));
  }

  #settle(id: number): Waiter | undefined {
    const waiter = this.#waiters.get(id);
    this.#waiters.delete(id);
    if (this.#waiters.size === 0) this.#unwatch();
    else this.#watchdog?.refresh();
    return waiter;
  }

  /** Keeps the process alive while an answer is due, and gives up on a thread that does not send one. */
  #watch(worker: Worker): void {
    worker.ref();
    this.#watchdog ??= setTimeout(() => {
      this.#watchdog = null;
      const error = storageUnavailable(`The database's writer did not answer for ${ANSWER_MS_MAX / 1000} s.`);
      this.#discard(worker, error);
      void worker.terminate();
    }, ANSWER_MS_MAX);
    this.#watchdog.refresh();
  }

  #unwatch(): void {
    this.#worker?.unref();
    if (this.#watchdog !== null) clearTimeout(this.#watchdog);
    this.#watchdog = null;
  }

  #discard(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    this.#unwatch();
    worker.unref();
    for (const waiter of waiters) waiter.reject(new WriterFailure(error, false));
  }
}
