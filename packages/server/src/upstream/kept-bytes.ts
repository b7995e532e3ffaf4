import { createHash } from "node:crypto";

import { LRUCache } from "lru-cache";

import type { BlobStore } from "../blobs/index.ts";
import type { Log } from "../telemetry/index.ts";

/** Bytes that are handed to the store behind the answer's back; above this much the answer waits. */
const WRITING_BYTES_MAX = 256 * 1024 * 1024;

/** Bytes that can be made again: the newest in memory, large documents in the blob store too, not synced. */
export interface KeptBytes {
  /** Bytes from memory. */
  held(key: string): Uint8Array | null;
  /** Keeps bytes in memory as long as there is room. */
  hold(key: string, bytes: Uint8Array): void;
  /** Takes a blob in; it can be read at once. Resolves when it is fit to take more. */
  store(digest: string, bytes: Uint8Array): Promise<void>;
  /** Null if the blob is in neither place, or is not what the digest says. */
  read(digest: string): Promise<Uint8Array | null>;
  /** Resolves when the store has taken the blob or failed to; true: it is there. */
  stored(digest: string): Promise<boolean>;
  /** What is kept in memory, beside what is on its way to the store. */
  heldBytes(): number;
  close(): Promise<void>;
}

export interface KeptBytesDeps {
  blobs: Pick<BlobStore, "put" | "readBytes">;
  log: Pick<Log, "warn">;
  cacheBytesMax: number;
}

/** Hexadecimal SHA-512, a blob's name. */
export function digestOf(bytes: Uint8Array): string {
  return createHash("sha512").update(bytes).digest("hex");
}

/** Keeps bytes in a cache bounded by size and writes blobs to the store without anyone waiting. */
export function createKeptBytes({ blobs, log, cacheBytesMax }: KeptBytesDeps): KeptBytes {
  const cache = new LRUCache<string, Uint8Array>({
    maxSize: Math.max(1, cacheBytesMax),
    sizeCalculation: (bytes, key) => bytes.length + key.length,
  });
  const writing = new Map<string, { bytes: Uint8Array; done: Promise<boolean> }>();
  let writingBytes = 0;

  async function write(digest: string, bytes: Uint8Array): Promise<boolean> {
    try {
      await blobs.put(digest, { bytes }, { sizeBytes: bytes.length, durable: false });
      return true;
    } catch (error) {
      // They are nowhere else now.
      cache.set(digest, bytes);
      log.warn("An upstream document could not be stored", { digest, error });
      return false;
    } finally {
      writing.delete(digest);
      writingBytes -= bytes.length;
    }
  }

  return {
    held: (key) => cache.get(key) ?? writing.get(key)?.bytes ?? null,
    hold: (key, bytes) => void cache.set(key, bytes),
    async store(digest, bytes) {
      if (writing.has(digest)) return;
      writingBytes += bytes.length;
      const done = write(digest, bytes);
      writing.set(digest, { bytes, done });
      if (writingBytes > WRITING_BYTES_MAX) await done;
    },
    async read(digest) {
      const bytes = await blobs.readBytes(digest);
      // Without a sync a power cut can leave any content behind.
      if (bytes === null || digestOf(bytes) !== digest) return null;
      cache.set(digest, bytes);
      return bytes;
    },
    stored: (digest) => writing.get(digest)?.done ?? Promise.resolve(true),
    heldBytes: () => cache.calculatedSize,
    async close() {
      while (writing.size > 0) await Promise.all([...writing.values()].map(({ done }) => done));
      cache.clear();
    },
  };
}
