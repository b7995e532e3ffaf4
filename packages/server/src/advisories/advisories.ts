import { join } from "node:path";
import type { PackageAdvisory } from "@entrepot/core";
import type { BlobStore, StagingArea } from "../blobs/index.ts";
import type { ChangeLog } from "../changes/index.ts";
import type { AdvisorySettings } from "../config/index.ts";
import type { Database } from "../db/index.ts";
import type { Log, Metrics } from "../telemetry/index.ts";
import { createOutbound, type ProxySettings } from "../upstream/index.ts";
import { advisoryState, type AdvisoryState } from "./advisory-state.ts";
import { followEpochs, openEpoch, type OpenEpoch } from "./current-epoch.ts";
import { epochAt, listEpochs, newestEpoch, type Epoch } from "./epoch-rows.ts";
import { loadFeedRows, type FeedRow } from "./feed-rows.ts";
import { createIndexFiles } from "./index-files.ts";
import { syncFeeds, type SyncDeps, type SyncOptions, type SyncReport, type SyncRun } from "./sync-feeds.ts";

/** Where indexes are kept, below the data folder. */
const FOLDER = "advisories";
/** How old what is told of feeds may be, which others fetch too. */
const STATE_POLL_MS = 15_000;

export interface AdvisoriesDeps {
  db: Database;
  blobs: BlobStore;
  staging: StagingArea;
  changes: ChangeLog;
  now: () => number;
  log: Pick<Log, "error" | "warn">;
  metrics: Pick<Metrics, "counter" | "durations">;
  proxies: ProxySettings;
  /** Who we are to feeds. */
  self: { instanceId: string; version: string };
  workspaceId: string;
  /** The data folder. */
  data: string;
  settings: AdvisorySettings;
}

/** An advisory with the packages it is about. */
export interface FoundAdvisory {
  advisory: Omit<PackageAdvisory, "affected">;
  packages: readonly { name: string; affected: PackageAdvisory["affected"] }[];
}

/** All that is known of vulnerabilities and malware. */
export interface Advisories {
  /** Everything about a package in the epoch in force, what was withdrawn included. Does not wait. */
  of(name: string): readonly PackageAdvisory[];
  /**
   * Null when `of` speaks of the newest epoch that the change log told of. Else a promise to wait for, before anything is
   * judged: the index is on its way from the blob store. It never rejects; without the index the last epoch stays.
   */
  ready(): Promise<void> | null;
  state(): AdvisoryState;
  /** Advisories with this id or alias, in the epoch in force. */
  find(id: string): FoundAdvisory[];
  /** The epochs that are kept, newest first. */
  epochs(): Promise<Epoch[]>;
  /** What was known at a time, milliseconds; null when nothing is kept of it. Close it. */
  at(time: number): Promise<(OpenEpoch & { epoch: Epoch }) | null>;
  /** Asks the feeds for what is new. */
  sync(options: SyncOptions, run: SyncRun): Promise<SyncReport>;
  close(): Promise<void>;
}

/** Opens the newest epoch and follows the change log. */
export async function createAdvisories(deps: AdvisoriesDeps): Promise<Advisories> {
  const { db, now, settings } = deps;
  const files = createIndexFiles(join(deps.data, FOLDER), deps.blobs);
  const outbound = createOutbound(deps);
  const current = await followEpochs({ ...deps, files });
  const told = await tellState(deps);
  const { timeoutMs, downloadBytesMax, feeds, staleHours } = settings;
  const syncDeps: SyncDeps = { ...deps, files, outbound, timeoutMs, downloadBytesMax, feeds };
  const of = (name: string): readonly PackageAdvisory[] => current.get()?.of(name) ?? [];
  return {
    of,
    ready: () => current.ready(),
    state: () => ({
      ...advisoryState(told.get(), { feeds, staleHours, now: now() }),
      epoch: current.get()?.id ?? null,
    }),
    find: (id) => findIn(current.get(), id),
    epochs: () => listEpochs(db.read),
    async at(time) {
      const epoch = await epochAt(db.read, time);
      return epoch === null ? null : { ...(await openEpoch(files, epoch)), epoch };
    },
    async sync(options, run) {
      const report = await syncFeeds(syncDeps, options, run);
      await deps.changes.refresh();
      await told.refresh();
      await files.clean(await digestsInUse(db));
      return report;
    },
    async close() {
      told.stop();
      await outbound.close();
      await current.close();
    },
  };
}

function findIn(epoch: OpenEpoch | null, id: string): FoundAdvisory[] {
  const found = new Map<
    string,
    FoundAdvisory & { packages: { name: string; affected: PackageAdvisory["affected"] }[] }
  >();
  for (const name of epoch?.namesOf(id) ?? []) {
    for (const { affected, ...advisory } of epoch?.of(name) ?? []) {
      if (advisory.id !== id && !advisory.aliases.includes(id)) continue;
      const known = found.get(advisory.id) ?? { advisory, packages: [] };
      known.packages.push({ name, affected });
      found.set(advisory.id, known);
    }
  }
  return [...found.values()];
}

/** Indexes that this process or another one on this machine may have open. */
async function digestsInUse(db: Database): Promise<Set<string>> {
  const newest = await newestEpoch(db.read);
  return new Set([newest?.index, newest?.own].filter((digest) => digest !== undefined && digest !== null));
}

interface ToldState {
  get(): { epoch: Epoch | null; rows: ReadonlyMap<string, FeedRow> };
  refresh(): Promise<void>;
  stop(): void;
}

/** Keeps what the tables say of feeds at hand, so that nobody waits for it. */
async function tellState({ db, changes, log }: AdvisoriesDeps): Promise<ToldState> {
  const load = async (): Promise<ReturnType<ToldState["get"]>> => ({
    epoch: await newestEpoch(db.read),
    rows: await loadFeedRows(db.read),
  });
  let state = await load();
  const refresh = async (): Promise<void> => {
    try {
      state = await load();
    } catch (error) {
      log.warn("the state of advisory feeds cannot be read", { error });
    }
  };
  const timer = setInterval(() => void refresh(), STATE_POLL_MS);
  timer.unref();
  const unsubscribe = changes.subscribe((batch) => {
    if (batch.some(({ kind }) => kind === "advisories-changed")) void refresh();
  });
  return {
    get: () => state,
    refresh,
    stop() {
      clearInterval(timer);
      unsubscribe();
    },
  };
}
