import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { EntrepotError } from "@entrepot/core";
import type { BlobStore } from "../blobs/index.ts";
import { openIndex, type AdvisoryIndex } from "./advisory-index.ts";
import { INDEX_BYTES_MAX } from "./index-format.ts";

const SUFFIX = ".index";
const WORK_PREFIX = "work-";
/** Folders of work that are older than this are nobody's any more; the longest download takes minutes. */
const STALE_MS = 2 * 60 * 60 * 1000;

/** A folder for files that are being made; it goes with all that is in it. */
export interface WorkFolder {
  path: string;
  remove(): Promise<void>;
}

/** The files of indexes of this process' data folder; the blob store has them compressed. */
export interface IndexFiles {
  /** Opens one that is there, without waiting; null when it is not, or not whole. */
  openNow(digest: string): AdvisoryIndex | null;
  /** Opens one, after fetching it from the blob store when need be. Throws `storage-unavailable`. */
  open(digest: string): Promise<AdvisoryIndex>;
  /** Takes over a file that was written in a folder of work. */
  adopt(path: string, digest: string): Promise<void>;
  work(): Promise<WorkFolder>;
  /** Removes every file but these, and what former processes left. */
  clean(keep: ReadonlySet<string>): Promise<void>;
}

/** Keeps indexes in a folder, which is made when it is needed. */
export function createIndexFiles(folder: string, blobs: Pick<BlobStore, "open">): IndexFiles {
  const pathOf = (digest: string): string => join(folder, `${digest}${SUFFIX}`);

  function openNow(digest: string): AdvisoryIndex | null {
    try {
      return openIndex(pathOf(digest), digest);
    } catch {
      // Whatever is wrong with it, it is fetched anew.
      return null;
    }
  }

  async function work(): Promise<WorkFolder> {
    await mkdir(folder, { recursive: true });
    const path = await mkdtemp(join(folder, WORK_PREFIX));
    return { path, remove: () => rm(path, { recursive: true, force: true }) };
  }

  async function fetchIndex(digest: string): Promise<AdvisoryIndex> {
    const { path, remove } = await work();
    try {
      const file = join(path, "index");
      await unpackBlob(blobs, digest, file);
      // Open first: somebody may clean up as soon as it has its name.
      const index = openIndex(file, digest);
      await rename(file, pathOf(digest));
      return index;
    } finally {
      await remove();
    }
  }

  return {
    openNow,
    work,
    async open(digest) {
      return openNow(digest) ?? (await fetchIndex(digest));
    },
    adopt: (path, digest) => rename(path, pathOf(digest)),
    clean: (keep) => clean(folder, keep),
  };
}

async function unpackBlob(blobs: Pick<BlobStore, "open">, digest: string, to: string): Promise<void> {
  const blob = await blobs.open(digest);
  if (blob === null) throw lost(digest, "it is not there");
  const hash = createHash("sha512");
  let sizeBytes = 0;
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const bounding = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      done(sizeBytes > INDEX_BYTES_MAX ? new Error("it is too large") : null, chunk);
    },
  });
  try {
    await pipeline(blob.stream, hashing, createGunzip(), bounding, createWriteStream(to, { mode: 0o600 }));
  } catch (error) {
    throw lost(digest, "it cannot be unpacked", error);
  }
  if (hash.digest("hex") !== digest) throw lost(digest, "its content is another");
}

function lost(digest: string, why: string, cause?: unknown): EntrepotError {
  return new EntrepotError("storage-unavailable", {
    message: `The index of advisories ${digest.slice(0, 12)}… cannot be read from the blob store: ${why}.`,
    ...(cause === undefined ? {} : { cause }),
  });
}

async function clean(folder: string, keep: ReadonlySet<string>): Promise<void> {
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    if (name.endsWith(SUFFIX) && !keep.has(name.slice(0, -SUFFIX.length))) await unlink(path).catch(ignore);
    if (!name.startsWith(WORK_PREFIX)) continue;
    const found = await stat(path).catch(ignore);
    if (found !== undefined && Date.now() - found.mtimeMs > STALE_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(ignore)) ?? [];
}

/** Another process may have done it already; what stays is removed another time. */
function ignore(): undefined {
  return undefined;
}
