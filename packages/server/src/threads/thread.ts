import { Worker, type ResourceLimits } from "node:worker_threads";
import { STOP, type TaskAnswer, type TaskRequest } from "./messages.ts";

/** How long a thread may take to end by itself. */
const STOP_MS = 1000;

/** What happens to a thread; after `onEnd` it is of no more use. */
export interface ThreadEvents {
  onAnswer(answer: TaskAnswer): void;
  /** `cause`: why it ended, if not because it was told to. */
  onEnd(cause: Error | null): void;
}

/** One thread, started when made. It does not keep the process alive while it has nothing to do. */
export class Thread {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  #isStopping = false;

  constructor(url: URL, resourceLimits: ResourceLimits, events: ThreadEvents) {
    this.#worker = new Worker(url, { resourceLimits, env: {}, execArgv: [], name: "entrepot-task" });
    this.#worker.unref();
    this.#worker.on("message", (answer: TaskAnswer) => {
      this.#worker.unref();
      events.onAnswer(answer);
    });
    let cause: Error | null = null;
    this.#worker.on("error", (error: Error) => {
      cause = error;
    });
    this.#worker.on("messageerror", (error: Error) => {
      cause = error;
      void this.#worker.terminate();
    });
    this.#ended = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    this.#worker.on("exit", (exitCode) => {
      if (this.#isStopping) events.onEnd(null);
      else events.onEnd(cause ?? new Error(`The thread ended with the exit code ${exitCode}.`));
    });
  }

  /** Sends a request. Throws what cannot be cloned or transferred. */
  send(request: TaskRequest, transfer: readonly ArrayBuffer[]): void {
    this.#worker.postMessage(request, transfer);
    this.#worker.ref();
  }

  /**
   * Ends it, by force if it is still at work after a second. Force is not the first choice: Node aborts the whole process
   * when a thread is cut off just as it makes a stream of zlib.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#worker.postMessage(STOP);
    const timer = setTimeout(() => void this.#worker.terminate(), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
  }
}
