import { Buffer } from "node:buffer";

/** Below this a loop beats the call of a native copy. */
const SMALL_COPY_BYTES_MAX = 40;

/** Collects bytes: ranges of another buffer, and text. Grows as needed. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacityBytes: number) {
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(capacityBytes, 256));
  }

  /** Appends the bytes of `source` from `start` up to, not including, `end`. */
  copy(source: Buffer, start: number, end: number): void {
    const count = end - start;
    this.#reserve(count);
    const target = this.#buffer;
    if (count > SMALL_COPY_BYTES_MAX) {
      source.copy(target, this.#length, start, end);
    } else {
      let at = this.#length;
      for (let from = start; from < end; from += 1) target[at++] = source[from] as number;
    }
    this.#length += count;
  }

  /** Appends text that has only ASCII characters. */
  ascii(text: string): void {
    this.#reserve(text.length);
    this.#length += this.#buffer.write(text, this.#length, "latin1");
  }

  /** Appends any text as UTF-8. */
  text(text: string): void {
    this.#reserve(text.length * 3);
    this.#length += this.#buffer.write(text, this.#length, "utf8");
  }

  /** Appends a value as JSON. */
  json(value: unknown): void {
    this.text(JSON.stringify(value));
  }

  /** What was collected, without a copy. The writer must not be used afterwards. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
