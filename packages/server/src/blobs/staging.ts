import { createHash, type Hash } from "node:crypto";
import { open, unlink, type FileHandle } from "node:fs/promises";

import { isAbsence, storageError } from "./storage-error.ts";
import {
  removeStaleFiles,
  type TemporaryFolder,
  temporaryFolder,
  withTemporaryPath,
} from "./temporary-files.ts";

/** Small files are written at once, large ones in pieces of about this size. */
const WRITE_BYTES = 256 * 1024;

export interface StagedBytes {
  sizeBytes: number;
  sha512: Buffer;
  sha1: Buffer;
}

/** A temporary file that is hashed while it is written. Nobody sees it until a store takes it over. */
export interface StagedFile {
  readonly path: string;
  /** Takes a chunk, which must not change afterwards; a promise means: wait before the next one. */
  write(chunk: Uint8Array): Promise<void> | void;
  /** Writes what is left and closes the file. Throws `storage-unavailable`. */
  finish(): Promise<StagedBytes>;
  /** Removes the file unless a store has moved it away. Safe at any time and any number of times. */
  discard(): Promise<void>;
}

export interface StagingArea {
  /** Opens a fresh file. Throws `storage-unavailable`. */
  stage(): Promise<StagedFile>;
  /** Removes files older than an hour or owned by a dead process; call it at start. */
  clean(): Promise<void>;
}

/** A folder for bytes that are not yet known to be good; best in the file system of the store. */
export function createStagingArea(folder: string): StagingArea {
  const temporary = temporaryFolder(folder);
  return {
    stage: () => openStaged(temporary),
    clean: async () => {
      try {
        await removeStaleFiles(folder);
      } catch (error) {
        throw storageError(error, "cleaning the staging area");
      }
    },
  };
}

interface Staged {
  path: string;
  file: FileHandle | null;
  sha512: Hash;
  sha1: Hash;
  sizeBytes: number;
  pending: Uint8Array[];
  pendingBytes: number;
  /** The write under way; writes follow one another. */
  writing: Promise<void>;
  failed: unknown;
  discarded: Promise<void> | null;
}

async function openStaged(folder: TemporaryFolder): Promise<StagedFile> {
  try {
    return await withTemporaryPath(folder, async (path) => stagedFile(path, await open(path, "wx", 0o600)));
  } catch (error) {
    throw storageError(error, "opening a temporary file");
  }
}

function stagedFile(path: string, file: FileHandle): StagedFile {
  const staged: Staged = {
    path,
    file,
    sha512: createHash("sha512"),
    sha1: createHash("sha1"),
    sizeBytes: 0,
    pending: [],
    pendingBytes: 0,
    writing: Promise.resolve(),
    failed: null,
    discarded: null,
  };
  return {
    path,
    write: (chunk) => write(staged, chunk),
    finish: () => finish(staged),
    discard: () => (staged.discarded ??= discard(staged)),
  };
}

function write(staged: Staged, chunk: Uint8Array): Promise<void> | void {
  if (staged.file === null) throw storageError(null, "writing to a temporary file that is closed");
  staged.sha512.update(chunk);
  staged.sha1.update(chunk);
  staged.sizeBytes += chunk.length;
  staged.pending.push(chunk);
  staged.pendingBytes += chunk.length;
  if (staged.pendingBytes >= WRITE_BYTES) return flush(staged);
}

/** Starts writing what is pending once the write under way is done; throws what any of them threw. */
async function flush(staged: Staged): Promise<void> {
  const chunks = staged.pending;
  staged.pending = [];
  staged.pendingBytes = 0;
  staged.writing = staged.writing.then(() => append(staged, chunks));
  await staged.writing;
  if (staged.failed !== null) throw storageError(staged.failed, "writing a temporary file");
}

async function append(staged: Staged, chunks: Uint8Array[]): Promise<void> {
  if (staged.file === null || staged.failed !== null || chunks.length === 0) return;
  try {
    await staged.file.writeFile(chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks));
  } catch (error) {
    staged.failed = error;
  }
}

async function finish(staged: Staged): Promise<StagedBytes> {
  await flush(staged);
  await closeOnce(staged);
  if (staged.discarded !== null) throw storageError(null, "finishing a temporary file that was discarded");
  return { sizeBytes: staged.sizeBytes, sha512: staged.sha512.digest(), sha1: staged.sha1.digest() };
}

async function closeOnce(staged: Staged): Promise<void> {
  const file = staged.file;
  staged.file = null;
  if (file === null) return;
  try {
    await file.close();
  } catch (error) {
    throw storageError(error, "closing a temporary file");
  }
}

async function discard(staged: Staged): Promise<void> {
  await staged.writing;
  await closeOnce(staged);
  try {
    await unlink(staged.path);
  } catch (error) {
    if (!isAbsence(error)) throw storageError(error, "removing a temporary file");
  }
}
