import type { BlobStore } from "../blobs/index.ts";
import type { Database } from "../db/index.ts";

/** Blobs younger than this may belong to a publish whose transaction is still to come. */
const GRACE_MS = 24 * 60 * 60 * 1000;
const BATCH = 500;

/** What a collection did. */
export interface GarbageReport {
  keptBlobs: number;
  removedBlobs: number;
  removedBytes: number;
}

/** Removes blobs that no row refers to and that are older than a day. */
export async function collectGarbage(
  deps: { db: Database; blobs: BlobStore; now: () => number },
  options: { signal?: AbortSignal; log?: (text: string) => void } = {},
): Promise<GarbageReport> {
  const report: GarbageReport = { keptBlobs: 0, removedBlobs: 0, removedBytes: 0 };
  let batch: { digest: string; sizeBytes: number }[] = [];

  async function sweep(): Promise<void> {
    const used = await referencedDigests(
      deps.db,
      batch.map((blob) => blob.digest),
    );
    for (const blob of batch) {
      if (used.has(blob.digest)) {
        report.keptBlobs += 1;
        continue;
      }
      await deps.blobs.remove(blob.digest);
      report.removedBlobs += 1;
      report.removedBytes += blob.sizeBytes;
    }
    options.log?.(
      `looked at ${report.keptBlobs + report.removedBlobs} blobs, removed ${report.removedBlobs}`,
    );
    batch = [];
  }

  for await (const blob of deps.blobs.list()) {
    if (options.signal?.aborted === true) return report;
    if (deps.now() - blob.modifiedAt < GRACE_MS) {
      report.keptBlobs += 1;
      continue;
    }
    batch.push(blob);
    if (batch.length >= BATCH) await sweep();
  }
  if (batch.length > 0) await sweep();
  return report;
}

async function referencedDigests(db: Database, digests: readonly string[]): Promise<Set<string>> {
  const wanted = [...digests];
  const [versions, cached, documents, indexes] = await Promise.all([
    // Unpublished versions are not counted: their number stays used, their bytes go.
    db.read
      .selectFrom("versions")
      .select("digest")
      .where("digest", "in", wanted)
      .where("removed_at", "is", null)
      .execute(),
    db.read.selectFrom("cached_versions").select("digest").where("digest", "in", wanted).execute(),
    db.read
      .selectFrom("upstream_documents")
      .select("document_digest as digest")
      .where("document_digest", "in", wanted)
      .execute(),
    db.read
      .selectFrom("upstream_documents")
      .select("index_digest as digest")
      .where("index_digest", "in", wanted)
      .execute(),
  ]);
  return new Set([...versions, ...cached, ...documents, ...indexes].map((row) => row.digest ?? ""));
}
