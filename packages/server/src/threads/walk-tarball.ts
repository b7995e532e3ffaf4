import { createReadStream } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip, gunzipSync, type Gunzip } from "node:zlib";
import { isEntrepotError } from "@entrepot/core";
import type { Parser } from "tar/parse";
import { tarballInvalid } from "./package-reader.ts";

/** Up to here a file is read and inflated in one piece, which is several times as fast as a stream. */
const SMALL_FILE_BYTES_MAX = 2 * 1024 ** 2;
const SMALL_UNPACKED_BYTES_MAX = 32 * 1024 ** 2;
const STREAM_CHUNK_BYTES = 256 * 1024;
const GZIP_HEADER_BYTES = 18;

/** A tarball, as its bytes or as the file they are in. */
export type TarballSource = { bytes: Uint8Array } | { path: string };

/** Takes the bytes of a tar as they are inflated, and makes something of them. */
export interface TarReader<T> {
  write(chunk: Buffer): void;
  finish(): T;
}

/** Goes through a tarball without unpacking it to disk. Memory stays bounded whatever its size. */
export async function walkTarball<T>(
  source: TarballSource,
  newReader: (parserClass: typeof Parser, packedBytes: number) => TarReader<T>,
): Promise<T> {
  const packedBytes =
    "bytes" in source ? checkedSize(source.bytes, source.bytes.length) : await fileSize(source.path);
  const { Parser } = await import("tar/parse");
  const isSmall = packedBytes <= SMALL_FILE_BYTES_MAX;
  const small = isSmall ? inflateWhole("bytes" in source ? source.bytes : await readFile(source.path)) : null;
  const reader = newReader(Parser, packedBytes);
  if (small === null) return await walkStream({ source: streamOf(source), packedBytes, reader });
  reader.write(small);
  return reader.finish();
}

async function fileSize(path: string): Promise<number> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    const { size } = await file.stat();
    return checkedSize(buffer.subarray(0, bytesRead), size);
  } finally {
    await file.close();
  }
}

/** The size, after a look at whether it can be gzip at all. */
function checkedSize(start: Uint8Array, size: number): number {
  if (size === 0) throw tarballInvalid("is empty");
  if (start[0] !== 0x1f || start[1] !== 0x8b) throw tarballInvalid("is not compressed with gzip");
  if (size < GZIP_HEADER_BYTES) throw tarballInvalid("is cut off");
  return size;
}

function streamOf(input: TarballSource): Readable {
  if ("bytes" in input) return Readable.from([input.bytes]);
  return createReadStream(input.path, { highWaterMark: STREAM_CHUNK_BYTES });
}

interface StreamInput<T> {
  source: Readable;
  packedBytes: number;
  reader: TarReader<T>;
}

/** The inflated bytes, or null if there are too many to be held at once. */
function inflateWhole(bytes: Uint8Array): Buffer | null {
  try {
    // With `info` the answer also has the engine, which knows how much of the input it used; the types do not
    // say so.
    const options = { info: true, maxOutputLength: SMALL_UNPACKED_BYTES_MAX };
    const { buffer, engine } = gunzipSync(bytes, options) as unknown as { buffer: Buffer; engine: Gunzip };
    checkAllUsed(engine, bytes.length);
    return buffer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") return null;
    throw gzipFailure(error);
  }
}

async function walkStream<T>(input: StreamInput<T>): Promise<T> {
  const { source } = input;
  const gunzip = createGunzip({ chunkSize: STREAM_CHUNK_BYTES });
  source.on("error", (error) => gunzip.destroy(error));
  try {
    for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) input.reader.write(chunk);
  } catch (error) {
    throw gzipFailure(error);
  } finally {
    source.destroy();
  }
  checkAllUsed(gunzip, input.packedBytes);
  return input.reader.finish();
}

function checkAllUsed(engine: Gunzip, packedBytes: number): void {
  if (engine.bytesWritten !== packedBytes) throw tarballInvalid("has something after its end");
}

/** What zlib complains about becomes our error; everything else stays what it is. */
function gzipFailure(error: unknown): unknown {
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (isEntrepotError(error) || !code.startsWith("Z_")) return error;
  if (code === "Z_BUF_ERROR") return tarballInvalid("is cut off", error);
  // The file does begin with a header, so a wrong one stands where another member of the gzip would.
  if (message === "incorrect header check") return tarballInvalid("has something after its end", error);
  return tarballInvalid("is not whole, valid gzip", error);
}
