import { isEntrepotError } from "@entrepot/core";
import { join } from "node:path";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { systemActor } from "../changes/index.ts";
import type { AdvisoryFeed } from "../config/index.ts";
import type { Log, Metrics } from "../telemetry/index.ts";
import { buildEpoch, type BuildDeps } from "./build-epoch.ts";
import { endHold, loadHold } from "./epoch-hold.ts";
import { newestEpoch, type Epoch } from "./epoch-rows.ts";
import {
  freshFeedRow,
  loadFeedRows,
  participants,
  saveFeedRows,
  BUNDLE_URL,
  type FeedRow,
} from "./feed-rows.ts";
import { fetchFeed, type FetchedFeed } from "./fetch-feed.ts";
import type { FetchDeps } from "./fetch-file.ts";
import { ImportRefusal } from "./import-refusal.ts";

/** Part of a feed's records that may be missing all at once, and part that may be malformed. */
const SHRINK_PART_MAX = 0.1;
const MALFORMED_PART_MAX = 0.01;
const FAILURE_CHARS_MAX = 500;

export interface SyncDeps extends BuildDeps, FetchDeps {
  log: Pick<Log, "error" | "warn">;
  metrics: Pick<Metrics, "counter">;
}

/** How a sync is to be done. */
export interface SyncOptions {
  /** Reads every feed whole, whatever is known. */
  isFull: boolean;
  /** Takes a feed even when it is empty or much smaller than before. */
  acceptsShrink: boolean;
  /** Somebody asked for it: then feeds are followed again after a rollback. */
  isManual: boolean;
}

export interface SyncRun {
  log: (text: string) => void;
  signal: AbortSignal;
}

/** What a sync did. */
export interface SyncReport {
  /** Null when nothing had changed. */
  epoch: Epoch | null;
  /** Names of feeds that could not be taken, with the reason. */
  failed: ReadonlyMap<string, string>;
}

/** What came of one feed. */
type Outcome = { row: FeedRow; fetched: FetchedFeed | null } | { failure: string };

/** Asks every feed for what is new. A feed that fails keeps what it had; the others go on. */
export async function syncFeeds(deps: SyncDeps, options: SyncOptions, run: SyncRun): Promise<SyncReport> {
  const work = await deps.files.work();
  try {
    return await syncIn(deps, { ...options, ...run, work: work.path });
  } finally {
    await work.remove();
  }
}

interface Sync extends SyncOptions, SyncRun {
  work: string;
}

async function syncIn(deps: SyncDeps, sync: Sync): Promise<SyncReport> {
  const hold = await loadHold(deps.db.read);
  if (hold !== null && !sync.isManual) {
    sync.log(`${hold.by} went back to epoch ${hold.epoch}; a sync by hand follows the feeds again`);
    return { epoch: null, failed: new Map() };
  }
  const known = await loadFeedRows(deps.db.read);
  const rows: FeedRow[] = [];
  const fresh = new Map<string, { path: string; sizeBytes: number }>();
  const failed = new Map<string, string>();
  for (const feed of deps.feeds) {
    sync.signal.throwIfAborted();
    const row = rowFor(feed, known.get(feed.name));
    const outcome = await syncOne(deps, sync, { feed, row });
    if ("failure" in outcome) {
      failed.set(feed.name, outcome.failure);
      rows.push({ ...row, failed_at: deps.now(), failure: outcome.failure });
      continue;
    }
    rows.push(outcome.row);
    if (outcome.fetched !== null) fresh.set(outcome.fetched.digest, outcome.fetched);
  }
  const dropped = droppedFeeds(known, deps.feeds);
  const changed = await isNewState(deps, known, { rows, dropped });
  if (!changed) {
    await deps.db.write(async (trx) => {
      await saveFeedRows(trx, rows);
      if (hold !== null) await endHold(trx);
    });
    return { epoch: null, failed };
  }
  const actor = systemActor("advisories");
  const { signal, isManual: endsHold } = sync;
  const epoch = await buildEpoch(deps, { origin: "sync", actor, rows, dropped, fresh, endsHold, signal });
  sync.log(`epoch ${epoch.id}: ${epoch.advisories} advisories about ${epoch.packages} packages`);
  return { epoch, failed };
}

/** A feed that comes from another place than before begins anew; what it had stays in force until then. */
function rowFor(feed: AdvisoryFeed, known: FeedRow | undefined): FeedRow {
  if (known === undefined) return freshFeedRow(feed);
  if (known.url === feed.url && known.kind === feed.kind) return known;
  const begun = freshFeedRow(feed);
  return known.kind === feed.kind
    ? { ...begun, snapshot_digest: known.snapshot_digest, checked_at: known.checked_at }
    : begun;
}

/** Feeds that were taken out of the configuration; what came with a bundle stays. */
function droppedFeeds(known: ReadonlyMap<string, FeedRow>, feeds: readonly AdvisoryFeed[]): string[] {
  const names = new Set(feeds.map(({ name }) => name));
  return [...known.values()].flatMap(({ name, url }) =>
    names.has(name) || url.startsWith(BUNDLE_URL) ? [] : [name],
  );
}

async function syncOne(
  deps: SyncDeps,
  sync: Sync,
  { feed, row }: { feed: AdvisoryFeed; row: FeedRow },
): Promise<Outcome> {
  try {
    const fetched = await fetchFeed(deps, {
      feed,
      row,
      ...sync,
      snapshot: () => snapshotPath(deps, row, join(sync.work, `${feed.name}.before`)),
    });
    if (fetched !== null) assertWhole(feed, row, { fetched, acceptsShrink: sync.acceptsShrink });
    sync.log(describe(feed, row, fetched));
    return { row: updated(row, fetched, deps.now()), fetched };
  } catch (error) {
    if (sync.signal.aborted) throw error;
    const failure = (error instanceof Error ? error.message : String(error)).slice(0, FAILURE_CHARS_MAX);
    const fields = { upstream: feed.name, error };
    // That a feed cannot be reached is daily life for a site without a network; its age tells who watches.
    if (isOutOfReach(error)) {
      deps.log.warn("a feed of advisories cannot be reached", { upstream: feed.name, reason: failure });
    } else deps.log.error("a feed of advisories was not taken", fields);
    deps.metrics.counter("entrepot_advisory_failures_total", { feed: feed.name }).value += 1;
    sync.log(`${feed.name}: ${failure}`);
    return { failure };
  }
}

function isOutOfReach(error: unknown): boolean {
  return isEntrepotError(error, "upstream-unavailable") || isEntrepotError(error, "upstream-timeout");
}

async function snapshotPath(
  deps: SyncDeps,
  { snapshot_digest: digest }: FeedRow,
  to: string,
): Promise<string | null> {
  const blob = digest === null ? null : await deps.blobs.open(digest);
  if (blob === null) return null;
  await pipeline(blob.stream, createWriteStream(to, { mode: 0o600 }));
  return to;
}

/** Throws unless the content may take the place of what there was. */
export function assertWhole(
  feed: Pick<AdvisoryFeed, "name">,
  before: Pick<FeedRow, "records">,
  { fetched, acceptsShrink }: { fetched: Pick<FetchedFeed, "records" | "read">; acceptsShrink: boolean },
): void {
  const { records, read } = fetched;
  if (read !== null && read.malformed > read.read * MALFORMED_PART_MAX) {
    throw new ImportRefusal(
      `${read.malformed} of ${read.read} records of ${feed.name} are malformed: ${read.examples.slice(0, 3).join("; ")}`,
    );
  }
  if (acceptsShrink) return;
  const hint = "If that is right, run: entrepot advisories sync --accept-shrink";
  if (records === 0) throw new ImportRefusal(`${feed.name} is empty. ${hint}`);
  if (records < before.records * (1 - SHRINK_PART_MAX)) {
    throw new ImportRefusal(`${feed.name} has ${records} records, before it had ${before.records}. ${hint}`);
  }
}

function describe(feed: AdvisoryFeed, row: FeedRow, fetched: FetchedFeed | null): string {
  if (fetched === null) return `${feed.name}: nothing new, ${row.records} records`;
  const { read } = fetched;
  const malformed =
    read === null || read.malformed === 0 ? "" : `, ${read.malformed} malformed: ${read.examples.join("; ")}`;
  const foreign = read === null || read.foreign === 0 ? "" : `, ${read.foreign} not about npm`;
  return `${feed.name}: ${fetched.records} records, ${row.records} before${malformed}${foreign}`;
}

function updated(row: FeedRow, fetched: FetchedFeed | null, now: number): FeedRow {
  const current = { ...row, checked_at: now, failed_at: null, failure: null };
  if (fetched === null) return current;
  return {
    ...current,
    etag: fetched.validators.etag,
    last_modified: fetched.validators.lastModified,
    // A time to come would hide what changes until then.
    newest_at: fetched.newestAt === null ? null : Math.min(fetched.newestAt, now),
    fetched_at: now,
    snapshot_digest: fetched.digest,
    records: fetched.records,
  };
}

/** Tells whether other data counts than in the newest epoch. */
async function isNewState(
  deps: SyncDeps,
  known: ReadonlyMap<string, FeedRow>,
  { rows, dropped }: { rows: readonly FeedRow[]; dropped: readonly string[] },
): Promise<boolean> {
  const after = new Map(known);
  for (const name of dropped) after.delete(name);
  for (const row of rows) after.set(row.name, row);
  const epoch = await newestEpoch(deps.db.read);
  const had = (epoch?.feeds ?? []).filter(({ kind }) => kind !== "own");
  const has = participants(after, deps.feeds);
  if (epoch === null) return has.length > 0;
  const key = (feeds: readonly { name: string; digest: string | null }[]): string =>
    JSON.stringify(feeds.map(({ name, digest }) => [name, digest]));
  const before = key(had.map(({ name, snapshot }) => ({ name, digest: snapshot })));
  return before !== key(has.map(({ name, snapshot_digest: digest }) => ({ name, digest })));
}
