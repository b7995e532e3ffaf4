import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Transaction } from "kysely";
import { OWN_FEED } from "@entrepot/core";
import { keepBlobs, type BlobStore } from "../blobs/index.ts";
import { appendChange, type Actor } from "../changes/index.ts";
import type { AdvisoryFeed } from "../config/index.ts";
import { holdLock, type Database, type Schema } from "../db/index.ts";
import { endHold, loadHold } from "./epoch-hold.ts";
import type { EpochNews } from "./current-epoch.ts";
import { insertEpoch, newestEpoch, type Epoch, type EpochFeed } from "./epoch-rows.ts";
import { participants, saveFeedRows, type FeedRow, loadFeedRows } from "./feed-rows.ts";
import { ImportRefusal } from "./import-refusal.ts";
import type { IndexFiles, WorkFolder } from "./index-files.ts";
import { runImport } from "./run-import.ts";
import { SnapshotWriter } from "./write-snapshot.ts";
import type { WrittenIndex } from "./write-index.ts";

/** Key of the lock that transactions which make an epoch hold. */
export const EPOCH_LOCK = 7_164_205_313;
/** How often an epoch is built anew because another one came between. */
const BUILDS_MAX = 5;

export interface BuildDeps {
  db: Database;
  blobs: BlobStore;
  files: IndexFiles;
  now: () => number;
  workspaceId: string;
  feeds: readonly AdvisoryFeed[];
}

/** What an epoch is to be made of. */
export interface NewEpoch {
  origin: Epoch["origin"];
  actor: Actor;
  /** Rows of feeds that are written with it. */
  rows: readonly FeedRow[];
  /** Names of feeds that are gone with it. */
  dropped?: readonly string[];
  /** Snapshots of those rows that are on this disk and not yet in the blob store, by digest. */
  fresh: ReadonlyMap<string, { path: string; sizeBytes: number }>;
  /** Also done in the transaction that makes the epoch. */
  also?: (trx: Transaction<Schema>) => Promise<void>;
  /** What was written here, as `also` leaves it; the index of the feeds then stays as it is. Called for each try. */
  loadOwn?: () => Promise<ReadonlyMap<string, string>>;
  /** Lets feeds be followed again after a rollback. */
  endsHold?: boolean;
  signal?: AbortSignal;
}

/** Another epoch came while this one was built. */
class Overtaken extends Error {}

/**
 * Builds an index of everything that counts, and makes it the newest epoch in one transaction with the rows. Throws
 * {@link ImportRefusal} when a snapshot cannot be read, and `storage-unavailable`; then nothing has changed.
 */
export async function buildEpoch(deps: BuildDeps, wanted: NewEpoch): Promise<Epoch> {
  for (let builds = 1; ; builds += 1) {
    const work = await deps.files.work();
    try {
      return await buildOnce(deps, wanted, work);
    } catch (error) {
      if (!(error instanceof Overtaken) || builds === BUILDS_MAX) throw error;
    } finally {
      await work.remove();
    }
  }
}

async function buildOnce(deps: BuildDeps, wanted: NewEpoch, work: WorkFolder): Promise<Epoch> {
  const base = await newestEpoch(deps.db.read);
  const counting = participants(await rowsAfter(deps, wanted), deps.feeds);
  const keepsFeeds = wanted.loadOwn !== undefined && base !== null;
  const paths = await snapshotPaths(deps, wanted, { counting, work, isOverlayOnly: keepsFeeds });
  const main = keepsFeeds
    ? feedsOf(base)
    : {
        ...(await writeAndStore(deps, wanted, { paths, to: join(work.path, "main.index") })),
        feeds: counting.map(feedOf),
      };
  const own = await writeOwn(deps, wanted, join(work.path, "own.snapshot"));
  const ownPaths = { ...paths, osv: [own.path] };
  const added =
    own.records === 0
      ? null
      : await writeAndStore(deps, wanted, { paths: ownPaths, to: join(work.path, "own.index") });
  await storeSnapshots(deps, wanted);
  const epoch: Omit<Epoch, "id"> = {
    createdAt: deps.now(),
    origin: wanted.origin,
    createdBy: wanted.actor.name,
    index: main.digest,
    indexBytes: main.indexBytes,
    own: added?.digest ?? null,
    ownBytes: added?.indexBytes ?? null,
    advisories: main.advisories + own.records,
    packages: main.packages,
    feeds: [...main.feeds, ...(added === null ? [] : [ownFeed(deps, own.records)])],
  };
  return { ...epoch, id: await commit(deps, wanted, { base, epoch }) };
}

/** What an epoch has of its feeds, without what was written here. */
export function feedsOf(epoch: Epoch): Pick<Epoch, "indexBytes" | "advisories" | "packages" | "feeds"> & {
  digest: string;
} {
  const own = epoch.feeds.find(({ kind }) => kind === "own")?.records ?? 0;
  return {
    digest: epoch.index,
    indexBytes: epoch.indexBytes,
    advisories: epoch.advisories - own,
    packages: epoch.packages,
    feeds: epoch.feeds.filter(({ kind }) => kind !== "own"),
  };
}

async function rowsAfter({ db }: BuildDeps, { rows, dropped = [] }: NewEpoch): Promise<Map<string, FeedRow>> {
  const after = await loadFeedRows(db.read);
  for (const name of dropped) after.delete(name);
  for (const row of rows) after.set(row.name, row);
  return after;
}

/** Files of what counts, by kind. */
interface SnapshotPaths {
  osv: string[];
  /** Of several overlays of a kind the first counts. */
  kev: string | null;
  epss: string | null;
}

async function snapshotPaths(
  deps: BuildDeps,
  { fresh }: NewEpoch,
  {
    counting,
    work,
    isOverlayOnly,
  }: { counting: ReturnType<typeof participants>; work: WorkFolder; isOverlayOnly: boolean },
): Promise<SnapshotPaths> {
  const paths: SnapshotPaths = { osv: [], kev: null, epss: null };
  for (const { name, kind, snapshot_digest: digest } of counting) {
    if (kind === "osv" && isOverlayOnly) continue;
    const path = fresh.get(digest)?.path ?? (await fetchSnapshot(deps, digest, join(work.path, name)));
    if (kind === "osv") paths.osv.push(path);
    else paths[kind] ??= path;
  }
  return paths;
}

async function writeAndStore(
  { blobs, files }: BuildDeps,
  { signal }: NewEpoch,
  { paths, to }: { paths: SnapshotPaths; to: string },
): Promise<WrittenIndex> {
  const { osv: snapshots, ...overlays } = paths;
  const index = await runImport("writeIndex", { snapshots, ...overlays, to }, signal);
  const { digest, sizeBytes } = index;
  await blobs.put(digest, { path: `${to}.gz`, move: true }, { sizeBytes, durable: true });
  await files.adopt(to, digest);
  return index;
}

function feedOf(row: FeedRow): EpochFeed {
  const { name, kind, records, checked_at: checkedAt, newest_at: newestAt, snapshot_digest: snapshot } = row;
  return { name, kind, records, checkedAt, newestAt, snapshot };
}

function ownFeed({ now }: BuildDeps, records: number): EpochFeed {
  return { name: OWN_FEED, kind: "own", records, checkedAt: now(), newestAt: null, snapshot: null };
}

async function fetchSnapshot({ blobs }: BuildDeps, digest: string, to: string): Promise<string> {
  const blob = await blobs.open(digest);
  if (blob === null) throw new ImportRefusal(`the snapshot ${digest.slice(0, 12)}… is not in the blob store`);
  await pipeline(blob.stream, createWriteStream(to, { mode: 0o600 }));
  return to;
}

/** Writes a snapshot of what was written here; few records. */
async function writeOwn(
  deps: BuildDeps,
  wanted: NewEpoch,
  path: string,
): Promise<{ path: string; records: number }> {
  const records = await (wanted.loadOwn?.() ?? loadOwnRecords(deps.db));
  const writer = new SnapshotWriter(path);
  // Most servers have none and can do without what reads them.
  if (records.size > 0) (await import("./own-snapshot.ts")).addOwnRecords(writer, records);
  return { path, records: writer.finish().records };
}

/** JSON of the records that were written here, by id. */
export async function loadOwnRecords(db: Pick<Database, "read">): Promise<Map<string, string>> {
  const rows = await db.read.selectFrom("own_advisories").select(["id", "record"]).orderBy("id").execute();
  return new Map(rows.map(({ id, record }) => [id, record]));
}

async function storeSnapshots({ blobs }: BuildDeps, { fresh }: NewEpoch): Promise<void> {
  for (const [digest, { path, sizeBytes }] of fresh) {
    await blobs.put(digest, { path, move: false }, { sizeBytes, durable: true });
  }
}

async function commit(
  deps: BuildDeps,
  wanted: NewEpoch,
  { base, epoch }: { base: Epoch | null; epoch: Omit<Epoch, "id"> },
): Promise<number> {
  return await deps.db.write(async (trx) => {
    await holdLock(trx, { key: EPOCH_LOCK, mode: "alone" });
    if ((await newestEpoch(trx))?.id !== base?.id) throw new Overtaken();
    if (wanted.origin === "sync" && wanted.endsHold !== true && (await loadHold(trx)) !== null) {
      throw new ImportRefusal("somebody went back to a former epoch meanwhile");
    }
    await keepBlobs(trx);
    await wanted.also?.(trx);
    if (wanted.dropped !== undefined && wanted.dropped.length > 0) {
      await trx.deleteFrom("advisory_feeds").where("name", "in", wanted.dropped).execute();
    }
    await saveFeedRows(trx, wanted.rows);
    if (wanted.endsHold === true) await endHold(trx);
    return await announceEpoch(trx, deps, { epoch, actor: wanted.actor });
  });
}

/** Inserts an epoch and tells every process of it; the last thing in a transaction. */
export async function announceEpoch(
  trx: Transaction<Schema>,
  { workspaceId, now }: Pick<BuildDeps, "workspaceId" | "now">,
  { epoch, actor }: { epoch: Omit<Epoch, "id">; actor: Actor },
): Promise<number> {
  const id = await insertEpoch(trx, epoch);
  const news: EpochNews = { epoch: id, index: epoch.index, own: epoch.own };
  await appendChange(trx, {
    workspaceId,
    registryId: null,
    packageName: null,
    kind: "advisories-changed",
    actor,
    at: now(),
    detail: { ...news, origin: epoch.origin, advisories: epoch.advisories, packages: epoch.packages },
  });
  return id;
}
