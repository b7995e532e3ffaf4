import { createReadStream, fstat } from "node:fs";
import { opendir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import type { BlobEntry, BlobRange, BlobStat, BlobStore, OpenBlob } from "./blob-store.ts";
import { blobPath, incomingFolder } from "./blob-path.ts";
import { createBlobWriter } from "./blob-writer.ts";
import { READ_CHUNK_BYTES } from "./chunk-size.ts";
import { isDigest } from "./digest.ts";
import { createPut } from "./put-file.ts";
import { closeFile, openFile, readWhole } from "./read-file.ts";
import { isAbsence, storageError } from "./storage-error.ts";
import { namesIn, temporaryFolder } from "./temporary-files.ts";

export interface FileStoreOptions {
  /** Made when missing, with everything above it. */
  folder: string;
}

const statFile = promisify(fstat);

/**
 * Keeps blobs as files in one level of folders, `ab/abcd…`. A put writes a temporary file in the same file system,
 * syncs it if it must be durable, and renames it, so no reader ever sees a torn blob. Small blobs that need no sync
 * are written by a thread of the store's own.
 */
export function createFileStore({ folder }: FileStoreOptions): BlobStore {
  const writer = createBlobWriter(folder);
  const put = createPut({ folder, incoming: temporaryFolder(incomingFolder(folder)), writer });
  const pathOf = (digest: string): string => blobPath(folder, digest);
  return {
    put,
    stat: (digest) => orAbsent("looking for a blob", async () => statOf(pathOf(digest))),
    readBytes: (digest, sizeBytes) =>
      orAbsent("reading a blob", async () => readWhole(pathOf(digest), sizeBytes)),
    open: (digest, range) => orAbsent("opening a blob", () => openBlob(pathOf(digest), range)),
    remove: async (digest) => void (await orAbsent("removing a blob", () => unlink(pathOf(digest)))),
    list: () => list(folder),
    close: () => writer.close(),
  };
}

async function orAbsent<T>(doing: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (isAbsence(error)) return null;
    throw storageError(error, doing);
  }
}

async function statOf(path: string): Promise<BlobStat> {
  const { size, mtimeMs } = await stat(path);
  return { sizeBytes: size, modifiedAt: mtimeMs };
}

async function openBlob(path: string, range: BlobRange | undefined): Promise<OpenBlob> {
  const fd = await openFile(path, "r");
  try {
    const { size } = await statFile(fd);
    const start = range?.start ?? 0;
    const end = Math.min(range?.end ?? size - 1, size - 1);
    const stream = createReadStream(path, {
      fd,
      start,
      end: Math.max(end, start),
      highWaterMark: READ_CHUNK_BYTES,
    });
    return { stream, sizeBytes: size };
  } catch (error) {
    await closeFile(fd);
    throw error;
  }
}

async function* list(folder: string): AsyncGenerator<BlobEntry> {
  for (const name of await namesIn(folder)) {
    if (/^[0-9a-f]{2}$/.test(name)) yield* listLeaf(join(folder, name));
  }
}

async function* listLeaf(folder: string): AsyncGenerator<BlobEntry> {
  const entries = await orAbsent("listing blobs", () => opendir(folder));
  if (entries === null) return;
  for await (const entry of entries) {
    if (!isDigest(entry.name)) continue;
    const found = await orAbsent("listing blobs", () => stat(join(folder, entry.name)));
    if (found !== null) yield { digest: entry.name, sizeBytes: found.size, modifiedAt: found.mtimeMs };
  }
}
