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
export class Exchange implements Dispatcher.DispatchHandler, AsyncIterable<Buffer> {
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

  /** Throws what broke the body off. Leaving the loop early breaks off the rest. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const chunk = this.#take();
        if (chunk !== undefined) yield chunk;
        else if (await this.#isOver()) return;
      }
    } finally {
      this.abort(new Error("nobody reads the rest"));
    }
  }

  /**
   * The whole body in memory of its own. Calls `check` with the number of bytes so far whenever there are more; what
   * that throws breaks the body off.
   */
  async whole(check: (sizeBytes: number) => void): Promise<Uint8Array<ArrayBuffer>> {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    try {
      for (;;) {
        const chunk = this.#take();
        if (chunk !== undefined) {
          sizeBytes += chunk.length;
          check(sizeBytes);
          chunks.push(chunk);
        } else if (await this.#isOver()) return joined(chunks, sizeBytes);
      }
    } catch (error) {
      this.abort(error);
      throw error;
    }
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

function joined(chunks: readonly Buffer[], sizeBytes: number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
