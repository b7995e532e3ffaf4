import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";

import { blobFolder, blobPath, incomingFolder } from "./blob-path.ts";
import { isAbsence } from "./storage-error.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary-files.ts";

/** A blob that is wanted again counts as new for garbage collection, whose grace is much longer than this. */
export const TOUCH_AFTER_MS: number = 60 * 60 * 1000;

/** Writes one blob, without a sync to disk. Throws what the system said, and then leaves nothing. */
export type WriteBlob = (digest: string, bytes: Uint8Array) => void;

/** Makes the writer of a file store's folder. It blocks, so it is for a thread of its own. */
export function createWriteBlob(folder: string): WriteBlob {
  const incoming = temporaryFolder(incomingFolder(folder));
  return (digest, bytes) => {
    if (isThere(blobPath(folder, digest), bytes.length)) return;
    const temporary = writeTemporary(incoming, bytes);
    try {
      moveInto(blobFolder(folder, digest), { from: temporary, to: blobPath(folder, digest) });
    } catch (error) {
      remove(temporary);
      throw error;
    }
  };
}

/** A blob of another size was torn by a power cut and is written anew. */
function isThere(path: string, sizeBytes: number): boolean {
  const known = statSync(path, { throwIfNoEntry: false });
  if (known?.size !== sizeBytes) return false;
  const now = Date.now();
  if (now - known.mtimeMs < TOUCH_AFTER_MS) return true;
  try {
    utimesSync(path, now / 1000, now / 1000);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

function writeTemporary(incoming: TemporaryFolder, bytes: Uint8Array): string {
  const path = incoming.nextPath();
  const file = openIn(incoming, path);
  try {
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    } finally {
      closeSync(file);
    }
    return path;
  } catch (error) {
    remove(path);
    throw error;
  }
}

function openIn(incoming: TemporaryFolder, path: string): number {
  try {
    return openSync(path, "wx", 0o600);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    mkdirSync(incoming.path, { recursive: true });
    return openSync(path, "wx", 0o600);
  }
}

function moveInto(leaf: string, { from, to }: { from: string; to: string }): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    mkdirSync(leaf, { recursive: true });
    renameSync(from, to);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // What made it necessary is thrown; the next start removes the file.
  }
}
