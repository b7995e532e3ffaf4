import { roomBytes } from "./room-bytes.ts";

const ENCODER = new TextEncoder();
/** Below this a loop beats the call of a native copy. */
const SMALL_COPY_BYTES_MAX = 64;

/** Collects bytes: ranges of other bytes, and text. Grows as needed. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacityBytes: number) {
    this.#bytes = new Uint8Array(roomBytes(Math.max(Math.ceil(capacityBytes), 256)));
  }

  /** Appends the bytes of `source` from `start` up to, not including, `end`. */
  copy(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.#reserve(count);
    const target = this.#bytes;
    if (count > SMALL_COPY_BYTES_MAX) {
      target.set(source.subarray(start, end), this.#length);
    } else {
      let at = this.#length;
      for (let from = start; from < end; from += 1) target[at++] = source[from] as number;
    }
    this.#length += count;
  }

  /** Appends text that has only ASCII characters. */
  ascii(text: string): void {
    this.#reserve(text.length);
    const target = this.#bytes;
    let at = this.#length;
    for (let index = 0; index < text.length; index += 1) target[at++] = text.charCodeAt(index);
    this.#length = at;
  }

  /** Appends any text as UTF-8. */
  text(text: string): void {
    this.#reserve(text.length * 3);
    this.#length += ENCODER.encodeInto(text, this.#bytes.subarray(this.#length)).written;
  }

  /** Appends a value as JSON. */
  json(value: unknown): void {
    this.text(JSON.stringify(value));
  }

  /** What was collected, without a copy. The writer must not be used afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(roomBytes(Math.max(needed, this.#bytes.length * 2)));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
