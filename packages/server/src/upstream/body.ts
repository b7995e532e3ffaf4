import type { UpstreamResponse } from "./client.ts";
import { invalid } from "./upstream-errors.ts";
import type { Upstream } from "./upstream.ts";

/**
 * The length that an answer promises, null if it promises none. Throws `upstream-invalid` if it is above `bytesMax`
 * or no number.
 */
export function promisedLength(
  upstream: Upstream,
  response: UpstreamResponse,
  bytesMax: number,
): number | null {
  const header = response.headers["content-length"];
  if (header === undefined) return null;
  const length = Number(header);
  if (!Number.isSafeInteger(length) || length < 0) throw invalid(upstream, "sent a length that is no number");
  if (length > bytesMax) throw tooLarge(upstream, bytesMax);
  return length;
}

export function tooLarge(upstream: Upstream, bytesMax: number): Error {
  return invalid(upstream, `sent more than the ${bytesMax} bytes that are taken`);
}

/**
 * Reads a whole body into memory of its own, which can be handed to a thread. Throws `upstream-invalid` when it is
 * longer than `bytesMax` or shorter than promised.
 */
export async function readBody(
  upstream: Upstream,
  response: UpstreamResponse,
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const promised = promisedLength(upstream, response, bytesMax);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  await response.each((chunk) => {
    sizeBytes += chunk.length;
    if (sizeBytes > bytesMax) throw tooLarge(upstream, bytesMax);
    chunks.push(chunk);
  });
  if (promised !== null && promised !== sizeBytes) throw invalid(upstream, "broke off its answer");
  const body = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
