import { readFile, unlink } from "node:fs/promises";
import { Readable } from "node:stream";

import type { BlobEntry, BlobRange, BlobSource, BlobStore, OpenBlob } from "./blob-store.ts";
import { READ_CHUNK_BYTES } from "./chunk-size.ts";
import { assertDigest } from "./digest.ts";
import { isAbsence, storageError } from "./storage-error.ts";

export interface MemoryStoreOptions {
  /** Milliseconds since 1970, for `modifiedAt`. */
  now: () => number;
}

interface Held {
  bytes: Buffer;
  modifiedAt: number;
}

/** Keeps blobs in memory, unbounded: for tests and trials. Nothing outlives the process, `durable` or not. */
export function createMemoryStore(options: MemoryStoreOptions = { now: Date.now }): BlobStore {
  const held = new Map<string, Held>();
  const find = (digest: string): Held | undefined => {
    assertDigest(digest);
    return held.get(digest);
  };
  return {
    async put(digest, source, { sizeBytes }): Promise<void> {
      assertDigest(digest);
      const known = held.get(digest);
      const bytes = known?.bytes.length === sizeBytes ? known.bytes : await bytesOf(source);
      if (bytes.length !== sizeBytes) {
        throw storageError(null, `storing a blob: ${bytes.length} bytes came instead of ${sizeBytes}`);
      }
      held.set(digest, { bytes, modifiedAt: options.now() });
      if ("path" in source && source.move) await removeStaged(source.path);
    },
    stat: async (digest) => {
      const blob = find(digest);
      if (blob === undefined) return null;
      return { sizeBytes: blob.bytes.length, modifiedAt: blob.modifiedAt };
    },
    readBytes: async (digest) => {
      const blob = find(digest);
      return blob === undefined ? null : Buffer.from(blob.bytes);
    },
    open: async (digest, range) => openHeld(find(digest), range),
    remove: async (digest) => void held.delete(digest),
    list: () => listHeld(held),
    close: async () => held.clear(),
  };
}

async function bytesOf(source: BlobSource): Promise<Buffer> {
  if ("bytes" in source) return Buffer.from(source.bytes);
  try {
    return await readFile(source.path);
  } catch (error) {
    throw storageError(error, "reading a staged file");
  }
}

async function removeStaged(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isAbsence(error)) throw storageError(error, "removing a staged file");
  }
}

function openHeld(blob: Held | undefined, range: BlobRange | undefined): OpenBlob | null {
  if (blob === undefined) return null;
  const bytes = range === undefined ? blob.bytes : blob.bytes.subarray(range.start, range.end + 1);
  return { stream: Readable.from(chunksOf(bytes), { objectMode: false }), sizeBytes: blob.bytes.length };
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += READ_CHUNK_BYTES) yield bytes.subarray(at, at + READ_CHUNK_BYTES);
}

async function* listHeld(held: Map<string, Held>): AsyncGenerator<BlobEntry> {
  for (const [digest, { bytes, modifiedAt }] of held) yield { digest, sizeBytes: bytes.length, modifiedAt };
}
