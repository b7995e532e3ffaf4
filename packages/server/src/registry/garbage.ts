import type { Transaction } from "kysely";
import { advisoryDigests } from "../advisories/index.ts";
import { keepBlobsFromUse, type BlobEntry, type BlobStore } from "../blobs/index.ts";
import type { Database, Schema } from "../db/index.ts";

/** Blobs younger than this may belong to a publish whose transaction is still to come. */
const GRACE_MS = 24 * 60 * 60 * 1000;
const LOOK_BATCH = 500;
/** Blobs that are removed in one transaction, during which nothing can be published. */
const REMOVE_BATCH = 20;

/** What a collection did. */
export interface GarbageReport {
  keptBlobs: number;
  removedBlobs: number;
  removedBytes: number;
}

export interface GarbageDeps {
  db: Database;
  blobs: BlobStore;
  now: () => number;
}

/** Removes blobs that no row refers to and that are older than a day. */
export async function collectGarbage(
  deps: GarbageDeps,
  options: { signal?: AbortSignal; log?: (text: string) => void } = {},
): Promise<GarbageReport> {
  const report: GarbageReport = { keptBlobs: 0, removedBlobs: 0, removedBytes: 0 };
  let batch: BlobEntry[] = [];

  async function sweep(): Promise<void> {
    const used = await referencedDigests(deps.db.read, batch);
    const unused = batch.filter(({ digest }) => !used.has(digest));
    report.keptBlobs += batch.length - unused.length;
    for (let at = 0; at < unused.length && options.signal?.aborted !== true; at += REMOVE_BATCH) {
      const some = unused.slice(at, at + REMOVE_BATCH);
      const removed = await removeUnused(deps, some);
      report.keptBlobs += some.length - removed.length;
      report.removedBlobs += removed.length;
      for (const { sizeBytes } of removed) report.removedBytes += sizeBytes;
    }
    options.log?.(
      `looked at ${report.keptBlobs + report.removedBlobs} blobs, removed ${report.removedBlobs}`,
    );
    batch = [];
  }

  for await (const blob of deps.blobs.list()) {
    if (options.signal?.aborted === true) return report;
    if (isYoung(deps, blob)) {
      report.keptBlobs += 1;
      continue;
    }
    batch.push(blob);
    if (batch.length >= LOOK_BATCH) await sweep();
  }
  if (batch.length > 0) await sweep();
  return report;
}

function isYoung(deps: Pick<GarbageDeps, "now">, { modifiedAt }: { modifiedAt: number }): boolean {
  return deps.now() - modifiedAt < GRACE_MS;
}

// Looks again under the lock: since the first look the blobs may have been put or referred to anew.
async function removeUnused(deps: GarbageDeps, candidates: readonly BlobEntry[]): Promise<BlobEntry[]> {
  return await deps.db.write(async (trx) => {
    await keepBlobsFromUse(trx);
    const used = await referencedDigests(trx, candidates);
    const removed: BlobEntry[] = [];
    for (const blob of candidates) {
      const stat = used.has(blob.digest) ? null : await deps.blobs.stat(blob.digest);
      if (stat === null || isYoung(deps, stat)) continue;
      await deps.blobs.remove(blob.digest);
      removed.push(blob);
    }
    return removed;
  });
}

async function referencedDigests(
  reader: Database["read"] | Transaction<Schema>,
  blobs: readonly BlobEntry[],
): Promise<Set<string>> {
  const wanted = blobs.map(({ digest }) => digest);
  const rows = await reader
    .selectFrom("versions")
    .select("digest")
    .where("digest", "in", wanted)
    // Unpublished versions are not counted: their number stays used, their bytes go.
    .where("removed_at", "is", null)
    .union(reader.selectFrom("cached_versions").select("digest").where("digest", "in", wanted))
    .union(
      reader
        .selectFrom("upstream_documents")
        .select((eb) => eb.ref("document_digest").$notNull().as("digest"))
        .where("document_digest", "in", wanted)
        .where("document", "is", null),
    )
    .execute();
  const used = await advisoryDigests(reader);
  for (const { digest } of rows) used.add(digest);
  return used;
}
