import type { Readable } from "node:stream";

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

  /** What is kept of it in records of requests. */
  toJSON(): string {
    return "[bytes]";
  }
}
