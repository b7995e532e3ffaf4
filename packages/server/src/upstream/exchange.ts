import type { Dispatcher } from "undici";

/** Bytes of a body that may wait for whoever reads it; above it the connection is told to pause. */
const WAITING_BYTES_MAX = 256 * 1024;
/** How much of a body that nobody wants is read so that its connection can be used again. */
const DISCARD_BYTES_MAX = 64 * 1024;

export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** How an answer begins. */
export interface AnswerHead {
  status: number;
  headers: ResponseHeaders;
}

/**
 * One request and its answer: first the head, then the body in chunks as they come, which is read once or discarded.
 * Takes the place of the client's own streams, which cost a small answer more than all the rest.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Rejects with what the client or `abort` says if no answer begins. */
  readonly head: Promise<AnswerHead>;
  #resolveHead!: (head: AnswerHead) => void;
  #rejectHead!: (error: unknown) => void;
  #controller: Dispatcher.DispatchController | null = null;
  #chunks: Buffer[] = [];
  #waitingBytes = 0;
  #isDiscarded = false;
  #isEnded = false;
  #failure: { error: unknown } | null = null;
  #wake: (() => void) | null = null;

  constructor() {
    this.head = new Promise((resolve, reject) => {
      this.#resolveHead = resolve;
      this.#rejectHead = reject;
    });
  }

  /** Breaks it off, at whatever point it is. */
  abort(reason: unknown): void {
    if (this.#isEnded || this.#failure !== null) return;
    this.#fail(reason);
    this.#controller?.abort(reason as Error);
  }

  /** Lets the body, or what is left of it, go unread. */
  discard(): void {
    this.#isDiscarded = true;
    this.#drop();
  }

  /**
   * Hands the body over in chunks, one after the other, and waits where `use` gives a promise. Throws what broke the
   * body off; what `use` throws breaks it off.
   */
  async each(use: (chunk: Buffer) => Promise<void> | void): Promise<void> {
    try {
      for (;;) {
        const chunk = this.#take() ?? (await this.#next());
        if (chunk === null) return;
        const used = use(chunk);
        if (used !== undefined) await used;
      }
    } catch (error) {
      this.abort(error);
      throw error;
    }
  }

  /** The next chunk, null at the end. */
  async #next(): Promise<Buffer | null> {
    while (!(await this.#isOver())) {
      const chunk = this.#take();
      if (chunk !== undefined) return chunk;
    }
    return null;
  }

  #take(): Buffer | undefined {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return undefined;
    this.#waitingBytes -= chunk.length;
    if (this.#waitingBytes <= WAITING_BYTES_MAX) this.#controller?.resume();
    return chunk;
  }

  /** With no chunk at hand: waits until there is one, or the body ends. Throws what broke it off. */
  async #isOver(): Promise<boolean> {
    if (!this.#isEnded && this.#failure === null) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#chunks.length > 0) return false;
    if (this.#failure !== null) throw this.#failure.error;
    return this.#isEnded;
  }

  #drop(): void {
    this.#chunks = [];
    if (this.#waitingBytes > DISCARD_BYTES_MAX) this.abort(new Error("nobody reads it"));
    else this.#controller?.resume();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#rejectHead(error);
    this.#wake?.();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure !== null) controller.abort(this.#failure.error as Error);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: ResponseHeaders,
  ): void {
    // Interim answers come before the one that counts.
    if (status >= 200) this.#resolveHead({ status, headers });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#waitingBytes += chunk.length;
    if (this.#isDiscarded) return this.#drop();
    this.#chunks.push(chunk);
    if (this.#waitingBytes > WAITING_BYTES_MAX) controller.pause();
    this.#wake?.();
  }

  onResponseEnd(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }
}
