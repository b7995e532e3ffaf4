import type { Readable } from "node:stream";

const DISCARDED_BYTES_MAX = 256 * 1024 * 1024;

/** What a route returns to answer with bytes as they are, while the client reads. */
export class ByteStream {
  readonly type = "application/octet-stream";
  readonly stream: Readable;

  constructor(stream: Readable) {
    this.stream = stream;
  }
}

/** A body that was sent as bytes; it is read as it comes, once. */
export class SentBytes {
  readonly chunks: AsyncIterable<Uint8Array>;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.chunks = chunks;
  }

  /** Reads on, without use, so that the client hears the answer and not a connection that ends; within a bound. */
  async discard(): Promise<void> {
    let sizeBytes = 0;
    for await (const chunk of this.chunks) {
      sizeBytes += chunk.length;
      if (sizeBytes > DISCARDED_BYTES_MAX) return;
    }
  }

  /** What is kept of it in records of requests. */
  toJSON(): string {
    return "[bytes]";
  }
}
