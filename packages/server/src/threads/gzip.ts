import { gunzipSync, gzipSync } from "node:zlib";
import { EntrepotError, roomBytes } from "@entrepot/core";
import { takeBytes } from "./own-bytes.ts";

const CHUNK_BYTES_MIN = 16 * 1024;
/** Trailer of a gzip: checksum and uncompressed size, four bytes each. */
const TRAILER_BYTES = 8;
/** The trailer's size is believed up to this many times the compressed size; real documents stay below. */
const PLAUSIBLE_RATIO = 64;

/** Compresses into memory of its own. `level` from 1, the cheapest, to 9. */
export function gzip(bytes: Uint8Array, level: number): Uint8Array<ArrayBuffer> {
  return takeBytes(
    gzipSync(bytes, { level, chunkSize: roomBytes(Math.max(CHUNK_BYTES_MIN, bytes.length >> 3)) }),
  );
}

/**
 * Decompresses up to `sizeBytesMax`.
 *
 * @throws EntrepotError `upstream-invalid` if it is larger, cut off, or not gzip
 */
export function gunzip(
  bytes: Uint8Array,
  { sizeBytesMax, name }: { sizeBytesMax: number; name: string },
): Uint8Array {
  try {
    return gunzipSync(bytes, {
      maxOutputLength: sizeBytesMax,
      chunkSize: roomBytes(expectedBytes(bytes, sizeBytesMax)),
    });
  } catch (cause) {
    const isTooLarge = (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    const what = isTooLarge ? `is larger than ${sizeBytesMax} bytes` : "is not whole, valid gzip";
    throw new EntrepotError("upstream-invalid", { message: `The document of ${name} ${what}.`, cause });
  }
}

/**
 * Room for all of the output at once, by the trailer's word, so that nothing has to be put together from
 * pieces.
 */
function expectedBytes(bytes: Uint8Array, sizeBytesMax: number): number {
  if (bytes.length < TRAILER_BYTES) return CHUNK_BYTES_MIN;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const said = view.getUint32(bytes.length - 4, true) + 1;
  return Math.max(CHUNK_BYTES_MIN, Math.min(said, bytes.length * PLAUSIBLE_RATIO, sizeBytesMax + 1));
}
