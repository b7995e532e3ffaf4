import { LRUCache } from "lru-cache";
import type { BlobRange, BlobStore, OpenBlob } from "../blobs/index.ts";
import { type BlobWrite, createBlobWrites, type HeldBlob } from "./blob-writes.ts";

/** Nine tarballs in ten are smaller; they get the larger part of the memory to themselves. */
const SMALL_BLOB_BYTES = 64 * 1024;
/** Larger ones are always read from the store. */
const LARGE_BLOB_BYTES_MAX = 1024 * 1024 + 64 * 1024;
const ENTRY_OVERHEAD_BYTES = 512;

/** Small blobs that are asked for again and again, bounded in bytes, and those on their way to the store. */
export interface BlobCache {
  /**
   * Takes bytes that are what the digest says: they can be read at once, and are written to the store behind. `letGo`
   * is called when nothing holds them but what the cache may hold anyway.
   */
  offer(digest: string, bytes: Buffer, letGo: () => void): BlobWrite;
  /** The blob from memory, or null. */
  held(digest: string): HeldBlob | null;
  /** The blob from memory or the store, remembered if it is small enough; null when it is too large or not there. */
  load(digest: string, sizeBytes: number): Promise<HeldBlob | null>;
  /** The blob, or a part of it, as a stream; null when it is not there. */
  open(digest: string, range?: BlobRange): Promise<OpenBlob | null>;
  readonly sizeBytes: number;
}

export interface BlobCacheDeps {
  blobs: Pick<BlobStore, "put" | "readBytes" | "open">;
  bytesMax: number;
  now: () => number;
  /** Told when blobs cannot be written, once for many. They are served all the same. */
  onWriteError: (error: unknown) => void;
}

/** Makes a cache of `bytesMax`, a third of it for blobs above 64 KiB. */
export function createBlobCache(deps: BlobCacheDeps): BlobCache {
  const third = Math.max(1, Math.floor(deps.bytesMax / 3));
  const small = createSegment(deps.bytesMax - third);
  const large = createSegment(third);
  const loading = new Map<string, Promise<HeldBlob | null>>();
  const writes = createBlobWrites({ blobs: deps.blobs, now: deps.now, onError: deps.onWriteError });

  async function read(digest: string, sizeBytes: number): Promise<HeldBlob | null> {
    const bytes = await deps.blobs.readBytes(digest, sizeBytes);
    if (bytes === null || bytes.length !== sizeBytes) return null;
    return hold(digest, bytes);
  }

  function hold(digest: string, bytes: Buffer): HeldBlob {
    const blob: HeldBlob = { bytes };
    (bytes.length <= SMALL_BLOB_BYTES ? small : large).set(digest, blob);
    return blob;
  }

  /** One that was evicted before the store had it. */
  function smallOnItsWay(digest: string): HeldBlob | null {
    const blob = writes.held(digest);
    return (blob?.bytes?.length ?? 0) > LARGE_BLOB_BYTES_MAX ? null : blob;
  }

  return {
    offer(digest, bytes, letGo) {
      if (bytes.length > LARGE_BLOB_BYTES_MAX) return writes.write(digest, bytes, letGo);
      hold(digest, bytes);
      letGo();
      return writes.write(digest, bytes, () => undefined);
    },
    held(digest) {
      return small.get(digest) ?? large.get(digest) ?? smallOnItsWay(digest);
    },
    open: async (digest, range) => writes.open(digest, range) ?? deps.blobs.open(digest, range),
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
