import { LRUCache } from "lru-cache";
import type { BlobStore } from "../blobs/index.ts";

/** Nine tarballs in ten are smaller; they get the larger part of the memory to themselves. */
const SMALL_BLOB_BYTES = 64 * 1024;
/** Larger ones are always read from the store. */
const LARGE_BLOB_BYTES_MAX = 1024 * 1024 + 64 * 1024;
const ENTRY_OVERHEAD_BYTES = 512;

/** A blob in memory; `bytes` is null once it has left. */
export interface HeldBlob {
  bytes: Buffer | null;
}

/** Small blobs that are asked for again and again, bounded in bytes. */
export interface BlobCache {
  /** The blob from memory, or null. */
  held(digest: string): HeldBlob | null;
  /** The blob from memory or the store, remembered if it is small enough; null when it is too large or not there. */
  load(digest: string, sizeBytes: number): Promise<HeldBlob | null>;
  readonly sizeBytes: number;
}

/** Makes a cache of `bytesMax`, a third of it for blobs above 64 KiB. */
export function createBlobCache(deps: { blobs: BlobStore; bytesMax: number }): BlobCache {
  const third = Math.max(1, Math.floor(deps.bytesMax / 3));
  const small = createSegment(deps.bytesMax - third);
  const large = createSegment(third);
  const loading = new Map<string, Promise<HeldBlob | null>>();

  async function read(digest: string, sizeBytes: number): Promise<HeldBlob | null> {
    const bytes = await deps.blobs.readBytes(digest);
    if (bytes === null || bytes.length !== sizeBytes) return null;
    const blob: HeldBlob = { bytes };
    (sizeBytes <= SMALL_BLOB_BYTES ? small : large).set(digest, blob);
    return blob;
  }

  return {
    held(digest) {
      return small.get(digest) ?? large.get(digest) ?? null;
    },
    async load(digest, sizeBytes) {
      if (sizeBytes > LARGE_BLOB_BYTES_MAX) return null;
      const running = loading.get(digest) ?? read(digest, sizeBytes);
      loading.set(digest, running);
      try {
        return await running;
      } finally {
        loading.delete(digest);
      }
    },
    get sizeBytes() {
      return small.calculatedSize + large.calculatedSize;
    },
  };
}

function createSegment(bytesMax: number): LRUCache<string, HeldBlob> {
  return new LRUCache<string, HeldBlob>({
    maxSize: bytesMax,
    sizeCalculation: (blob) => (blob.bytes?.length ?? 0) + ENTRY_OVERHEAD_BYTES,
    dispose: (blob) => {
      blob.bytes = null;
    },
  });
}
