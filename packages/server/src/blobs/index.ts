/**
 * Where bytes live: a content-addressed store behind one narrow port, and the staging area in which bytes are
 * hashed before anyone may see them. A blob's name is the SHA-512 of its content in hexadecimal, so a put is
 * idempotent and two writers can never disagree. This folder knows nothing of packages, rights or rules, never
 * decides what may be deleted, and keeps no record of what refers to a blob.
 */
export { keepBlobs, keepBlobsFromUse } from "./blob-lock.ts";
export type {
  BlobEntry,
  BlobRange,
  BlobSource,
  BlobStat,
  BlobStore,
  OpenBlob,
  PutOptions,
} from "./blob-store.ts";
export { createFileStore, type FileStoreOptions } from "./file-store.ts";
export { createMemoryStore, type MemoryStoreOptions } from "./memory-store.ts";
export { createStagingArea, type StagedBytes, type StagedFile, type StagingArea } from "./staging.ts";
