import { join } from "node:path";

import { assertDigest } from "./digest.ts";

/** The folder of a file store that holds what is not yet a blob. */
export function incomingFolder(folder: string): string {
  return join(folder, "incoming");
}

/**
 * The folder of a blob, one of 256: few enough to be there after the first hundreds of puts, many enough to keep
 * each small. Throws when `digest` can name none.
 */
export function blobFolder(folder: string, digest: string): string {
  assertDigest(digest);
  return `${folder}/${digest.slice(0, 2)}`;
}

/** Where a blob lies. Throws when `digest` can name none. */
export function blobPath(folder: string, digest: string): string {
  return `${blobFolder(folder, digest)}/${digest}`;
}
