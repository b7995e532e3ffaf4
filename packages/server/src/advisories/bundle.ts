import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { EntrepotError } from "@entrepot/core";
import type { StagedFile, StagingArea } from "../blobs/index.ts";
import type { Actor } from "../changes/index.ts";
import { buildEpoch, type BuildDeps } from "./build-epoch.ts";
import { BundleReader, encodeHeader, readHeader, refused, type SignedHeader } from "./bundle-format.ts";
import type { Epoch } from "./epoch-rows.ts";
import { BUNDLE_URL, freshFeedRow, loadFeedRows, participants, type FeedRow } from "./feed-rows.ts";
import { ImportRefusal } from "./import-refusal.ts";
import { runImport } from "./run-import.ts";
import type { SigningKey } from "./signing-key.ts";
import { assertWhole } from "./sync-feeds.ts";

export interface BundleDeps extends BuildDeps {
  staging: StagingArea;
}

/** What an import is asked to do. */
export interface ImportOptions {
  /** Fingerprints of keys that are trusted. */
  trusted: ReadonlySet<string>;
  acceptsShrink: boolean;
  /** Takes a bundle that is older than what came with the last one. */
  acceptsOlder: boolean;
  actor: Actor;
}

/** What was imported. */
export interface ImportReport {
  epoch: Epoch;
  /** Of the key that signed it. */
  fingerprint: string;
  /** When the bundle was made, milliseconds since 1970. */
  createdAt: number;
}

/** Writes the snapshots that count into one signed file. Throws `not-found` when there are none. */
export async function exportBundle(
  deps: BundleDeps,
  epoch: Epoch | null,
  key: SigningKey,
): Promise<Readable> {
  const rows = participants(await loadFeedRows(deps.db.read), deps.feeds);
  if (rows.length === 0 || epoch === null) {
    throw new EntrepotError("not-found", { message: "There is no advisory data to export yet." });
  }
  const feeds = await Promise.all(
    rows.map(async ({ name, kind, records, snapshot_digest: digest, ...row }) => {
      const { sizeBytes } = (await deps.blobs.stat(digest)) ?? lost(name);
      return { name, kind, records, newestAt: row.newest_at, checkedAt: row.checked_at, digest, sizeBytes };
    }),
  );
  const head = encodeHeader({ createdAt: deps.now(), epoch: epoch.id, feeds }, key);
  return Readable.from(bundleBytes(deps, head, feeds), { objectMode: false });
}

async function* bundleBytes(
  { blobs }: BundleDeps,
  head: string,
  feeds: readonly { name: string; digest: string }[],
): AsyncGenerator<Buffer> {
  yield Buffer.from(head);
  for (const { name, digest } of feeds) {
    const { stream } = (await blobs.open(digest)) ?? lost(name);
    for await (const chunk of stream) yield chunk as Buffer;
  }
}

function lost(name: string): never {
  throw new EntrepotError("storage-unavailable", { message: `The snapshot of the feed ${name} is gone.` });
}

/**
 * Takes the snapshots of a bundle over and makes an epoch of them: they take the place of feeds of the same names and of
 * those of the last bundle. Throws `request-invalid`, and `permission-denied` for a key that is not trusted; then
 * nothing has changed.
 */
export async function importBundle(
  deps: BundleDeps,
  source: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<ImportReport> {
  const reader = new BundleReader(source);
  const header = await readHeader(reader);
  assertTrusted(header, options.trusted);
  const known = await loadFeedRows(deps.db.read);
  if (!options.acceptsOlder) assertNotOlder(header, known);
  const staged = new Map<string, StagedFile>();
  try {
    for (const feed of header.feeds) staged.set(feed.name, await stageSnapshot(deps, reader, feed));
    await reader.end();
    const epoch = await takeOver(deps, { header, known, staged, options });
    return { epoch, fingerprint: header.fingerprint, createdAt: header.createdAt };
  } finally {
    await Promise.all([...staged.values()].map((file) => file.discard()));
  }
}

function assertTrusted({ fingerprint }: SignedHeader, trusted: ReadonlySet<string>): void {
  if (trusted.has(fingerprint)) return;
  throw new EntrepotError("permission-denied", {
    message:
      `This bundle is signed by the key ${fingerprint}, which is not trusted here. If that is the key of who made it, ` +
      "name it with --trust, or among advisories.trustedKeys in the configuration.",
  });
}

// An old bundle is validly signed for ever; taking it would forget what was learned since.
function assertNotOlder(header: SignedHeader, known: ReadonlyMap<string, FeedRow>): void {
  const imported = [...known.values()].filter(({ url }) => url.startsWith(BUNDLE_URL));
  const newest = Math.max(0, ...imported.map(({ fetched_at: at }) => at ?? 0));
  if (header.createdAt >= newest) return;
  const when = new Date(newest).toISOString();
  throw refused(
    `it is older than the one that was imported before, of ${when}; --accept-older takes it all the same`,
  );
}

async function stageSnapshot(
  deps: BundleDeps,
  reader: BundleReader,
  { name, digest, sizeBytes }: SignedHeader["feeds"][number],
): Promise<StagedFile> {
  const file = await deps.staging.stage();
  try {
    const hash = createHash("sha512");
    await reader.bytes(sizeBytes, (chunk) => {
      hash.update(chunk);
      return file.write(Buffer.from(chunk));
    });
    await file.finish();
    if (hash.digest("hex") !== digest) throw refused(`the snapshot of ${name} was changed`);
    return file;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

interface TakeOver {
  header: SignedHeader;
  known: ReadonlyMap<string, FeedRow>;
  /** By the names of feeds. */
  staged: ReadonlyMap<string, StagedFile>;
  options: ImportOptions;
}

async function takeOver(deps: BundleDeps, { header, known, staged, options }: TakeOver): Promise<Epoch> {
  const fresh = new Map<string, { path: string; sizeBytes: number }>();
  const rows: FeedRow[] = [];
  try {
    for (const feed of header.feeds) {
      const { path } = staged.get(feed.name) as StagedFile;
      const records = await countRecords(feed.kind, path);
      const before = known.get(feed.name) ?? { records: 0 };
      assertWhole(feed, before, { fetched: { records, read: null }, acceptsShrink: options.acceptsShrink });
      fresh.set(feed.digest, { path, sizeBytes: feed.sizeBytes });
      rows.push({
        ...freshFeedRow({ ...feed, url: `${BUNDLE_URL}${header.fingerprint}` }),
        newest_at: feed.newestAt,
        fetched_at: header.createdAt,
        // A clock that is ahead there must not make the data look newer than it is.
        checked_at: feed.checkedAt === null ? null : Math.min(feed.checkedAt, deps.now()),
        snapshot_digest: feed.digest,
        records,
      });
    }
    const names = new Set(rows.map(({ name }) => name));
    const dropped = [...known.values()].flatMap(({ name, url }) =>
      url.startsWith(BUNDLE_URL) && !names.has(name) ? [name] : [],
    );
    return await buildEpoch(deps, {
      origin: "import",
      actor: options.actor,
      rows,
      dropped,
      fresh,
      endsHold: true,
    });
  } catch (error) {
    if (error instanceof ImportRefusal) throw refused(error.message.replace(/\.$/, ""), error);
    throw error;
  }
}

async function countRecords(kind: "osv" | "kev" | "epss", path: string): Promise<number> {
  if (kind === "osv") return (await runImport("countSnapshot", { path })).records;
  return (await runImport("countOverlay", { kind, path })).entries;
}
