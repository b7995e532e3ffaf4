import { Readable } from "node:stream";

/**
 * What a route returns to answer with a JSON object per line, made while the client reads: no more is asked for than
 * it takes, and a client that leaves ends it.
 */
export class NdjsonStream {
  readonly type = "application/x-ndjson";
  readonly stream: Readable;

  constructor(pages: AsyncIterable<readonly object[]>) {
    this.stream = Readable.from(linesOf(pages), { objectMode: false });
  }
}

async function* linesOf(pages: AsyncIterable<readonly object[]>): AsyncGenerator<Buffer> {
  for await (const page of pages) {
    yield Buffer.from(page.map((item) => `${JSON.stringify(item)}\n`).join(""));
  }
}
