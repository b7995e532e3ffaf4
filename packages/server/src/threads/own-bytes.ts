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
