import { Readable } from "node:stream";
import type { BlobRange, BlobStore, OpenBlob } from "../blobs/index.ts";

/** Bytes that may wait for the store; whoever brings more waits for theirs. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** Failures closer together than this are one trouble, and told once. */
const BURST_MS = 10_000;
/** What a reader is given at once, and so about what it holds beyond its end. */
const CHUNK_BYTES = 1024 * 1024;

export interface BlobWritesDeps {
  blobs: Pick<BlobStore, "put">;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Told of the first of a burst of failures. */
  onError: (error: unknown) => void;
}

/** A blob in memory; `bytes` is null once it has left. */
export interface HeldBlob {
  bytes: Buffer | null;
}

/** A blob on its way to the store. */
export interface BlobWrite {
  /** True when the store took it, false when it failed to. Never rejects. */
  stored: Promise<boolean>;
  /** So much is on its way that `stored` should be waited for before bringing more. */
  isCrowded: boolean;
}

/** Writes blobs to the store behind the answers that serve them; until they are there, they can be read here. */
export interface BlobWrites {
  /**
   * Takes bytes that are what the digest says, and that nobody changes. `letGo` is called when they are neither on
   * their way any more nor read by anyone.
   */
  write(digest: string, bytes: Buffer, letGo: () => void): BlobWrite;
  /** The blob while it is on its way, else null. */
  held(digest: string): HeldBlob | null;
  /** The blob, or the part of it inside `range`, as a stream, while it is on its way; else null. */
  open(digest: string, range?: BlobRange): OpenBlob | null;
}

interface Pending {
  bytes: Buffer;
  blob: HeldBlob;
  stored: Promise<boolean>;
  /** Open streams, and one for the way to the store. */
  users: number;
  letGo: () => void;
}

/** Makes the way to the store for blobs that can be fetched again, so that nobody need wait for the disk. */
export function createBlobWrites({ blobs, now, onError }: BlobWritesDeps): BlobWrites {
  const pending = new Map<string, Pending>();
  let waitingBytes = 0;
  let failedAt = Number.NEGATIVE_INFINITY;

  async function store(digest: string, bytes: Buffer): Promise<boolean> {
    try {
      await blobs.put(digest, { bytes }, { sizeBytes: bytes.length, durable: false, mayWait: true });
      return true;
    } catch (error) {
      const isNews = now() - failedAt > BURST_MS;
      failedAt = now();
      if (isNews) onError(error);
      return false;
    } finally {
      waitingBytes -= bytes.length;
      arrive(digest);
    }
  }

  /** From now on readers find it in the store, if anywhere; those that are reading go on. */
  function arrive(digest: string): void {
    const entry = pending.get(digest);
    if (entry === undefined) return;
    pending.delete(digest);
    entry.blob.bytes = null;
    leave(entry);
  }

  function start(digest: string, bytes: Buffer, letGo: () => void): Pending {
    waitingBytes += bytes.length;
    const entry = { bytes, blob: { bytes }, stored: store(digest, bytes), users: 1, letGo };
    pending.set(digest, entry);
    return entry;
  }

  return {
    write(digest, bytes, letGo) {
      const known = pending.get(digest);
      if (known !== undefined) letGo();
      const { stored } = known ?? start(digest, bytes, letGo);
      return { stored, isCrowded: waitingBytes > WAITING_BYTES_MAX };
    },
    held: (digest) => pending.get(digest)?.blob ?? null,
    open(digest, range) {
      const entry = pending.get(digest);
      if (entry === undefined) return null;
      const { bytes } = entry;
      const wanted = range === undefined ? bytes : bytes.subarray(range.start, range.end + 1);
      entry.users += 1;
      return { stream: streamOf(wanted, () => leave(entry)), sizeBytes: bytes.length };
    },
  };
}

function leave(entry: Pending): void {
  entry.users -= 1;
  if (entry.users === 0) entry.letGo();
}

function streamOf(bytes: Buffer, onClose: () => void): Readable {
  let at = 0;
  return new Readable({
    highWaterMark: CHUNK_BYTES,
    read() {
      const start = at;
      at += CHUNK_BYTES;
      this.push(start < bytes.length ? bytes.subarray(start, at) : null);
    },
    destroy(error, done) {
      onClose();
      done(error);
    },
  });
}
