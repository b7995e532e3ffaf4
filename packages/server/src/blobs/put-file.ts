import { copyFile, mkdir, open, rename, stat, unlink, utimes } from "node:fs/promises";

import type { BlobSource, BlobStore, PutOptions } from "./blob-store.ts";
import { blobFolder, blobPath } from "./blob-path.ts";
import type { BlobWriter } from "./blob-writer.ts";
import { isAbsence, storageError, systemCode } from "./storage-error.ts";
import { TOUCH_AFTER_MS } from "./write-blob.ts";
import { removeStaleFiles, type TemporaryFolder, withTemporaryPath } from "./temporary-files.ts";

export interface PutDeps {
  folder: string;
  incoming: TemporaryFolder;
  writer: BlobWriter;
}

interface Putting extends PutDeps {
  /** Leaf folders whose own entry is known to be on disk, so that a durable put need not sync them again. */
  durableFolders: Set<string>;
}

/** One put: `leaf` is the folder of `path`, where the blob will lie. */
interface Put {
  leaf: string;
  path: string;
  options: PutOptions;
}

/** Makes a file store's way in. Before its first put it removes what former processes left. */
export function createPut(deps: PutDeps): BlobStore["put"] {
  const putting: Putting = { ...deps, durableFolders: new Set() };
  let cleaned: Promise<void> | null = null;

  /** Tried again when it fails. */
  async function cleanOnce(): Promise<void> {
    cleaned ??= removeStaleFiles(deps.incoming.path);
    try {
      await cleaned;
    } catch (error) {
      cleaned = null;
      throw error;
    }
  }

  return async (digest, source, options) => {
    const put = { leaf: blobFolder(deps.folder, digest), path: blobPath(deps.folder, digest), options };
    try {
      await cleanOnce();
      if ("bytes" in source) assertSize(source.bytes.length, options);
      if ("bytes" in source && !options.durable && deps.writer.takes(source.bytes.length)) {
        return await deps.writer.write(digest, source.bytes, options.mayWait === true);
      }
      if (!options.durable && (await isKept(put))) return await removeMoved(source);
      await bringIn(putting, put, source);
      if (options.durable) await syncFolders(putting, put.leaf);
    } catch (error) {
      throw storageError(error, "storing a blob");
    }
  };
}

/**
 * Tells whether an equal blob is there and will stay: it may be one that was put durably, which a file that is not
 * synced must not replace. A durable put never asks: what lies there may be lost in a power cut.
 */
async function isKept({ path, options }: Put): Promise<boolean> {
  try {
    const { size, mtimeMs } = await stat(path);
    if (size !== options.sizeBytes) return false;
    const now = Date.now();
    if (now - mtimeMs >= TOUCH_AFTER_MS) await utimes(path, now / 1000, now / 1000);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

async function bringIn(putting: Putting, put: Put, source: BlobSource): Promise<void> {
  if ("path" in source && source.move && (await moveIn(putting, put, source.path))) return;
  await withTemporaryPath(putting.incoming, async (temporary) => {
    try {
      if ("bytes" in source) await writeBytes(temporary, source.bytes, put.options);
      else await copyBytes(temporary, source.path, put.options);
      await renameInto(putting, put, temporary);
    } catch (error) {
      await removeIfThere(temporary);
      throw error;
    }
  });
  await removeMoved(source);
}

async function removeMoved(source: BlobSource): Promise<void> {
  if ("path" in source && source.move) await removeIfThere(source.path);
}

/** Renames the staged file into place; false when it lies in another file system. */
async function moveIn(putting: Putting, put: Put, from: string): Promise<boolean> {
  const { path, options } = put;
  try {
    if (options.durable) await syncFile(from, options);
    else assertSize((await stat(from)).size, options);
    await renameInto(putting, put, from);
    return true;
  } catch (error) {
    if (systemCode(error) === "EXDEV") return false;
    // An equal put may have moved the file away a moment ago.
    if (!isAbsence(error) || !(await isKept(put))) throw error;
    if (options.durable) await syncFile(path, options);
    return true;
  }
}

async function writeBytes(path: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
    if (options.durable) await file.sync();
  } finally {
    await file.close();
  }
}

async function copyBytes(path: string, from: string, options: PutOptions): Promise<void> {
  await copyFile(from, path);
  if (options.durable) await syncFile(path, options);
  else assertSize((await stat(path)).size, options);
}

function assertSize(size: number, { sizeBytes }: PutOptions): void {
  if (size !== sizeBytes) throw new Error(`${size} bytes came instead of ${sizeBytes}`);
}

async function renameInto(putting: Putting, { leaf, path }: Put, from: string): Promise<void> {
  try {
    await rename(from, path);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    await mkdir(leaf, { recursive: true });
    putting.durableFolders.delete(leaf);
    await rename(from, path);
  }
}

/** Brings a file to disk, if it is as long as it should be. */
async function syncFile(path: string, options: PutOptions): Promise<void> {
  const file = await open(path, "r");
  try {
    assertSize((await file.stat()).size, options);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A rename is on disk when its folder is, and a folder when the one above it is. */
async function syncFolders({ folder, durableFolders }: Putting, leaf: string): Promise<void> {
  await syncFolder(leaf);
  if (durableFolders.has(leaf)) return;
  await syncFolder(folder);
  durableFolders.add(leaf);
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isAbsence(error)) throw storageError(error, "removing a temporary file");
  }
}
