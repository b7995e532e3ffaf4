import type { Readable } from "node:stream";

/** Where the bytes of a put come from. With `move` the file at `path` belongs to the store from then on. */
export type BlobSource = { bytes: Uint8Array } | { path: string; move: boolean };

export interface PutOptions {
  /** Length of the content; every store knows it before the first byte. */
  sizeBytes: number;
  /** The blob must outlive a power cut from the moment the put resolves. */
  durable: boolean;
  /** Nobody waits for the put, so it may take some milliseconds more to go along with others. */
  mayWait?: boolean;
}

export interface BlobStat {
  sizeBytes: number;
  /** Milliseconds since 1970; a blob that is put again is as young as a new one, to within an hour. */
  modifiedAt: number;
}

/** Part of a blob; both ends are inclusive, as in the HTTP header. */
export interface BlobRange {
  start: number;
  end: number;
}

export interface OpenBlob {
  /** Whoever asked for it reads it to its end or destroys it: either frees what it holds. */
  stream: Readable;
  /** Length of the whole blob, also when a range was asked. */
  sizeBytes: number;
}

export interface BlobEntry extends BlobStat {
  digest: string;
}

/**
 * Keeps blobs by the hexadecimal SHA-512 of their content. A blob is there whole or not at all for every reader,
 * but one that was put without `durable` may be short after a power cut: who knows its size compares it with
 * {@link BlobStore.stat} and treats another size as absence.
 *
 * Every method throws `storage-unavailable` when the engine fails; absence is `null`, never an error.
 */
export interface BlobStore {
  /**
   * Stores a blob; storing it again is success. The caller vouches that `digest` is the content's, and changes no byte
   * until the put is done.
   */
  put(digest: string, source: BlobSource, options: PutOptions): Promise<void>;
  stat(digest: string): Promise<BlobStat | null>;
  /** The whole content, for blobs that are known to be small; with the size that it should have it comes quicker. */
  readBytes(digest: string, sizeBytes?: number): Promise<Buffer | null>;
  /** The content, or the part of it that lies inside `range`, as a stream. */
  open(digest: string, range?: BlobRange): Promise<OpenBlob | null>;
  /** Removes a blob; removing what is not there is success. Streams that are open go on. */
  remove(digest: string): Promise<void>;
  /** Every blob, in no order; one that comes or goes meanwhile may be missing or named. */
  list(): AsyncIterable<BlobEntry>;
  close(): Promise<void>;
}
