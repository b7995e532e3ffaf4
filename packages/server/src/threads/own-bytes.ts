import { releaseBytes } from "./release-bytes.ts";

/**
 * The same bytes in memory of their own: a view of a larger buffer is copied, so that it may be handed over.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength) return new Uint8Array(buffer);
  const own = new Uint8Array(bytes.byteLength);
  own.set(bytes);
  return own;
}

/** Like {@link ownBytes}, for bytes that nobody else holds: the larger buffer is given back at once. */
export function takeBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const own = ownBytes(bytes);
  if (own.buffer !== bytes.buffer) releaseBytes(bytes);
  return own;
}
