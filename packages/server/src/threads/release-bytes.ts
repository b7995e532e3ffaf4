import { MessageChannel, type MessagePort } from "node:worker_threads";

const POOL_ROUNDING_BYTES = 1024;

/**
 * Gives memory back at once: all of the buffer that `bytes` are a view of, which must be nobody else's; it is empty
 * afterwards. The collector would find it too, but only when megabytes more have come, and each thread has one.
 */
export function releaseBytes({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) releaseBuffer(buffer);
}

/** The same for a buffer; one that has moved away already is left alone. */
export function releaseBuffer(buffer: ArrayBuffer): void {
  if (buffer.byteLength === 0 || isPool(buffer)) return;
  NOBODY.postMessage(null, [buffer]);
}

/**
 * Tells whether it is one of the runtime's own pools, which hold others' bytes too and may not move; small results of
 * zlib lie in them. Newer versions round their size up a little.
 */
function isPool({ byteLength }: ArrayBuffer): boolean {
  return byteLength >= Buffer.poolSize && byteLength < Buffer.poolSize + POOL_ROUNDING_BYTES;
}

/** Memory that moves to a port without another end is freed. */
const NOBODY: MessagePort = closedPort();

function closedPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.close();
  return port1;
}
