import { close as closeFd, createReadStream, fstat, open as openFd } from "node:fs";
import { copyFile, mkdir, open, opendir, readFile, rename, stat, unlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import type {
  BlobEntry,
  BlobRange,
  BlobSource,
  BlobStat,
  BlobStore,
  OpenBlob,
  PutOptions,
} from "./blob-store.ts";
import { READ_CHUNK_BYTES } from "./chunk-size.ts";
import { assertDigest, isDigest } from "./digest.ts";
import { isAbsence, storageError, systemCode } from "./storage-error.ts";
import { namesIn, removeStaleFiles, withTemporaryPath } from "./temporary-files.ts";

export interface FileStoreOptions {
  /** Made when missing, with everything above it. */
  folder: string;
}

interface Store {
  folder: string;
  incoming: string;
  /** Leaf folders whose own entry is known to be on disk, so that a durable put need not sync them again. */
  durableFolders: Set<string>;
  cleaned: Promise<void> | null;
}

interface Way {
  from: string;
  to: string;
}

const openFile = promisify(openFd);
const statFile = promisify(fstat);
const closeFile = promisify(closeFd);

/**
 * Keeps blobs as files in two levels of folders, `ab/cd/abcd…`. A put writes a temporary file in the same file
 * system, syncs it if it must be durable, and renames it, so no reader ever sees a torn blob.
 */
export function createFileStore({ folder }: FileStoreOptions): BlobStore {
  const store: Store = {
    folder,
    incoming: join(folder, "incoming"),
    durableFolders: new Set(),
    cleaned: null,
  };
  return {
    put: (digest, source, options) => put(store, digest, { source, options }),
    stat: (digest) => orAbsent("looking for a blob", async () => sizeOf(pathOf(store, digest))),
    readBytes: (digest) => orAbsent("reading a blob", () => readFile(pathOf(store, digest))),
    open: (digest, range) => orAbsent("opening a blob", () => openBlob(pathOf(store, digest), range)),
    remove: async (digest) => void (await orAbsent("removing a blob", () => unlink(pathOf(store, digest)))),
    list: () => list(store),
    close: async () => undefined,
  };
}

function pathOf(store: Store, digest: string): string {
  assertDigest(digest);
  return join(store.folder, digest.slice(0, 2), digest.slice(2, 4), digest);
}

async function orAbsent<T>(doing: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (isAbsence(error)) return null;
    throw storageError(error, doing);
  }
}

async function sizeOf(path: string): Promise<BlobStat> {
  return { sizeBytes: (await stat(path)).size };
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

async function put(
  store: Store,
  digest: string,
  what: { source: BlobSource; options: PutOptions },
): Promise<void> {
  const path = pathOf(store, digest);
  try {
    await cleanOnce(store);
    if (await alreadyThere(path, what)) return;
    try {
      await bringIn(store, path, what);
    } catch (error) {
      // An equal put may have moved the file away since.
      if (!isAbsence(error) || !(await alreadyThere(path, what))) throw error;
    }
    if (what.options.durable) await syncFolders(store, dirname(path));
  } catch (error) {
    throw storageError(error, "storing a blob");
  }
}

/** Removes what former processes left, before the first put of this one; tried again when it fails. */
async function cleanOnce(store: Store): Promise<void> {
  store.cleaned ??= removeStaleFiles(store.incoming);
  try {
    await store.cleaned;
  } catch (error) {
    store.cleaned = null;
    throw error;
  }
}

/**
 * A durable put always writes: what lies there may have been put without a sync, and its bytes may be lost in a
 * power cut although its size is right. A moved source that is gone was moved by an equal put a moment ago.
 */
async function alreadyThere(
  path: string,
  what: { source: BlobSource; options: PutOptions },
): Promise<boolean> {
  const { source, options } = what;
  const known = await orAbsent("looking for a blob", () => sizeOf(path));
  if (known?.sizeBytes !== options.sizeBytes) return false;
  if (!("path" in source)) return !options.durable && (await touch(path));
  const sourceGone = (await orAbsent("looking for a staged file", () => stat(source.path))) === null;
  if (sourceGone) {
    if (options.durable) await syncFile(path);
    return true;
  }
  if (options.durable) return false;
  if (source.move) await orAbsent("removing a staged file", () => unlink(source.path));
  return touch(path);
}

/** A blob that is wanted again counts as new for garbage collection. False when it went away meanwhile. */
async function touch(path: string): Promise<boolean> {
  const at = Date.now() / 1000;
  return (await orAbsent("touching a blob", async () => (await utimes(path, at, at), true))) ?? false;
}

async function bringIn(
  store: Store,
  path: string,
  what: { source: BlobSource; options: PutOptions },
): Promise<void> {
  const { source, options } = what;
  if ("path" in source && source.move && (await moveIn(store, { from: source.path, to: path }, options))) {
    return;
  }
  await withTemporaryPath(store.incoming, async (temporary) => {
    try {
      if ("bytes" in source) await writeBytes(temporary, source.bytes, options);
      else await copyBytes(temporary, source.path, options);
      await renameInto(store, { from: temporary, to: path });
    } catch (error) {
      await orAbsent("removing a temporary file", () => unlink(temporary));
      throw error;
    }
  });
  if ("path" in source && source.move) await orAbsent("removing a staged file", () => unlink(source.path));
}

/** Renames the staged file into place; false when it lies in another file system. */
async function moveIn(store: Store, way: Way, options: PutOptions): Promise<boolean> {
  await assertSize(way.from, options);
  if (options.durable) await syncFile(way.from);
  try {
    await renameInto(store, way);
    return true;
  } catch (error) {
    if (systemCode(error) === "EXDEV") return false;
    throw error;
  }
}

async function writeBytes(path: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    if (options.durable) await file.sync();
  } finally {
    await file.close();
  }
  await assertSize(path, options);
}

async function copyBytes(path: string, from: string, options: PutOptions): Promise<void> {
  await copyFile(from, path);
  await assertSize(path, options);
  if (options.durable) await syncFile(path);
}

async function assertSize(path: string, { sizeBytes }: PutOptions): Promise<void> {
  const { size } = await stat(path);
  if (size !== sizeBytes) throw new Error(`${size} bytes came instead of ${sizeBytes}`);
}

async function renameInto(store: Store, { from, to }: Way): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    await mkdir(dirname(to), { recursive: true });
    store.durableFolders.delete(dirname(to));
    await rename(from, to);
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is on disk when its folder is, and a folder when the one above it is. */
async function syncFolders(store: Store, leaf: string): Promise<void> {
  await syncFile(leaf);
  if (store.durableFolders.has(leaf)) return;
  await syncFile(dirname(leaf));
  await syncFile(store.folder);
  store.durableFolders.add(leaf);
}

async function* list(store: Store): AsyncGenerator<BlobEntry> {
  for (const first of await foldersIn(store.folder)) {
    for (const second of await foldersIn(join(store.folder, first))) {
      yield* listLeaf(join(store.folder, first, second));
    }
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => /^[0-9a-f]{2}$/.test(name));
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
