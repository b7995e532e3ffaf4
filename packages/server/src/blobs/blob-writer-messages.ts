/** What the writing thread is started with. Bytes cross in `memory`, which belongs to one side at a time. */
export interface BlobWriterData {
  folder: string;
  memory: SharedArrayBuffer;
}

/** Blobs to write: their bytes lie one after another in the shared memory, each up to its end. */
export interface BlobBatch {
  digests: string[];
  ends: number[];
}

/** A blob of a batch that could not be written. The answer to a batch is the list of its failures. */
export interface BlobFailure {
  index: number;
  /** The system's, such as `ENOSPC`. */
  code: string | null;
  message: string;
}
