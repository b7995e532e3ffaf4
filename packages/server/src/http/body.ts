import type { IncomingMessage } from "node:http";
import type { ServerResponse } from "node:http";
import { EntrepotError } from "@entrepot/core";

/** The body of a request, read under a clock. */
export interface RequestBody {
  /** The length that the client announced; null when it announced none. */
  readonly declaredBytes: number | null;
  /** The chunks; throws `request-timeout` when the client pauses too long, and `client-gone` when it goes away. */
  chunks(): AsyncIterable<Uint8Array>;
  /** The whole body as it came, at most `bytesMax` bytes. Throws `body-too-large`. */
  bytes(bytesMax: number): Promise<Uint8Array>;
  /** The whole body as JSON, at most `bytesMax` bytes. Throws `request-invalid` and `body-too-large`. */
  json(bytesMax: number): Promise<unknown>;
  /** The whole body as text, at most `bytesMax` bytes. Throws `body-too-large`. */
  text(bytesMax: number): Promise<string>;
}

/** Makes the body's reader. A client that waits for `100 Continue` gets it when reading starts, not before. */
export function createRequestBody(
  request: IncomingMessage,
  response: ServerResponse,
  idleTimeoutMs: number,
): RequestBody {
  const length = request.headers["content-length"];
  const declaredBytes = length === undefined ? null : Number(length);

  async function* chunks(): AsyncIterable<Uint8Array> {
    if (request.headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
    // Whoever stops reading early has an answer to give, which needs the connection.
    const iterator = request.iterator({ destroyOnReturn: false });
    const clock = startIdleClock(idleTimeoutMs);
    try {
      for (;;) {
        const next = await Promise.race([nextChunk(iterator), clock.ranOut]);
        if (next.done === true) return;
        yield next.value;
        clock.restart();
      }
    } finally {
      clock.stop();
      void iterator.return?.();
    }
  }

  async function bytes(bytesMax: number): Promise<Buffer> {
    if (declaredBytes !== null && declaredBytes > bytesMax) throw tooLarge(bytesMax);
    const parts: Uint8Array[] = [];
    let total = 0;
    for await (const chunk of chunks()) {
      total += chunk.length;
      if (total > bytesMax) throw tooLarge(bytesMax);
      parts.push(chunk);
    }
    return Buffer.concat(parts);
  }

  async function text(bytesMax: number): Promise<string> {
    return (await bytes(bytesMax)).toString("utf8");
  }

  async function json(bytesMax: number): Promise<unknown> {
    const whole = await text(bytesMax);
    try {
      return JSON.parse(whole);
    } catch (cause) {
      throw new EntrepotError("request-invalid", { message: "The request body is not valid JSON.", cause });
    }
  }

  return { declaredBytes, chunks, bytes, json, text };
}

async function nextChunk(iterator: AsyncIterator<unknown>): Promise<IteratorResult<Uint8Array, unknown>> {
  try {
    return (await iterator.next()) as IteratorResult<Uint8Array, unknown>;
  } catch (cause) {
    throw new EntrepotError("client-gone", { cause });
  }
}

interface IdleClock {
  /** Rejects with `request-timeout` when nothing came for too long. */
  ranOut: Promise<never>;
  restart(): void;
  stop(): void;
}

function startIdleClock(idleTimeoutMs: number): IdleClock {
  const { promise, reject } = withReject();
  const timer = setTimeout(() => reject(new EntrepotError("request-timeout")), idleTimeoutMs);
  // Nobody may be waiting at the moment when it runs out.
  promise.catch(() => undefined);
  return { ranOut: promise, restart: () => timer.refresh(), stop: () => clearTimeout(timer) };
}

function withReject(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<never>((_resolve, rejectIt) => {
    reject = rejectIt;
  });
  return { promise, reject };
}

/** Tells whether the request carries a body that nobody has read to its end. */
export function hasUnreadBody(request: IncomingMessage): boolean {
  const declares =
    request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  return declares && !request.readableEnded;
}

function tooLarge(limitBytes: number): EntrepotError {
  return new EntrepotError("body-too-large", {
    message: `The request body is larger than ${limitBytes} bytes.`,
    details: { limitBytes },
  });
}
