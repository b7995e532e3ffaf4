import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { gzipSync } from "node:zlib";

/** Bytes that are gathered before they are written. */
const BUFFER_BYTES = 1024 * 1024;
/** Compression of what is kept; above it time grows faster than files shrink. */
const GZIP_LEVEL = 5;

/** What was written to a file. */
export interface WrittenFile {
  sizeBytes: number;
  /** SHA-512, hexadecimal. */
  digest: string;
}

/** Writes a file from its start to its end, blocking. */
export class FileWriter {
  readonly #fd: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #writtenBytes = 0;

  constructor(path: string) {
    this.#fd = openSync(path, "wx+", 0o600);
  }

  /** Where the next bytes will lie. */
  get position(): number {
    return this.#writtenBytes + this.#pendingBytes;
  }

  write(bytes: Buffer): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= BUFFER_BYTES) this.flush();
  }

  flush(): void {
    const bytes = Buffer.concat(this.#pending);
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
    this.#writtenBytes += bytes.length;
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** Reads back what was flushed. */
  read(at: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    for (let read = 0; read < length;) {
      const bytes = readSync(this.#fd, buffer, read, length - read, at + read);
      if (bytes === 0) throw new Error("a temporary file lost its end");
      read += bytes;
    }
    return buffer;
  }

  close(): void {
    this.flush();
    closeSync(this.#fd);
  }

  /** Does the same for a file that is trusted after a power cut. */
  closeDurably(): void {
    this.flush();
    fsyncSync(this.#fd);
    closeSync(this.#fd);
  }
}

/** Writes a gzip file and hashes it, a megabyte at a time; the same input gives the same bytes. */
export class GzipWriter {
  readonly #file: FileWriter;
  readonly #hash = createHash("sha512");
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(path: string) {
    this.#file = new FileWriter(path);
  }

  write(bytes: Buffer): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= BUFFER_BYTES) this.#pack();
  }

  finish(): WrittenFile {
    this.#pack();
    const sizeBytes = this.#file.position;
    this.#file.close();
    return { sizeBytes, digest: this.#hash.digest("hex") };
  }

  // Each piece is a gzip member of its own, and members in a row are one gzip file.
  #pack(): void {
    if (this.#pendingBytes === 0) return;
    const packed = gzipSync(Buffer.concat(this.#pending), { level: GZIP_LEVEL });
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#hash.update(packed);
    this.#file.write(packed);
  }
}
