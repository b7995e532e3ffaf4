import { join } from "node:path";
import type { Readable } from "node:stream";
import type { PackageAdvisory } from "@entrepot/core";
import type { BlobStore, StagingArea } from "../blobs/index.ts";
import { appendChange, systemActor, type Actor, type ChangeLog } from "../changes/index.ts";
import type { AdvisorySettings } from "../config/index.ts";
import type { Database } from "../db/index.ts";
import type { Log, Metrics } from "../telemetry/index.ts";
import { createOutbound, type ProxySettings } from "../upstream/index.ts";
import { advisoryState, type AdvisoryState } from "./advisory-state.ts";
import { exportBundle, importBundle, type ImportOptions, type ImportReport } from "./bundle.ts";
import { followEpochs, openEpoch, type OpenEpoch } from "./current-epoch.ts";
import { epochAt, listEpochs, newestEpoch, type Epoch } from "./epoch-rows.ts";
import { findIn, type FoundAdvisory } from "./found-advisory.ts";
import { createIndexFiles } from "./index-files.ts";
import type { OwnAdvisory } from "./own-advisories.ts";
import type { OwnRecord } from "./own-record.ts";
import { rollBack } from "./roll-back.ts";
import { loadSigningKey, ownFingerprint } from "./signing-key.ts";
import { syncFeeds, type SyncDeps, type SyncOptions, type SyncReport, type SyncRun } from "./sync-feeds.ts";
import { keepState } from "./told-state.ts";

/** Where indexes are kept, below the data folder. */
const FOLDER = "advisories";
const ACTOR = systemActor("advisories");

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

/** What was known at a time. Close it. */
export interface FormerAdvisories extends OpenEpoch {
  epoch: Epoch;
}

/** All that is known of vulnerabilities and malware. Times are milliseconds since 1970. */
export interface Advisories {
  /** Everything about a package in the epoch in force, what was withdrawn included. Does not wait. */
  of(name: string): readonly PackageAdvisory[];
  /**
   * Null when `of` speaks of the newest epoch that the change log told of. Else a promise to wait for, before anything is
   * judged: the index is on its way from the blob store. It never rejects; without the index the last epoch stays.
   */
  ready(): Promise<void> | null;
  state(): AdvisoryState;
  /** False where only bundles bring data. */
  readonly hasFeeds: boolean;
  /** Advisories with this id or alias, in the epoch in force. */
  find(id: string): FoundAdvisory[];
  /** The epochs that are kept, newest first. */
  epochs(): Promise<Epoch[]>;
  /** What was known at a time; null when nothing is kept of it. */
  at(time: number): Promise<FormerAdvisories | null>;
  /** Asks the feeds for what is new; one sync or import at a time. */
  sync(options: SyncOptions, run: SyncRun): Promise<SyncReport>;
  /** Makes what feeds said in a former epoch count again; see `rollBack`. */
  rollBack(epoch: number, actor: Actor): Promise<Epoch>;
  /** The snapshots that count, as one signed file. Throws `not-found` when there are none, and `config-invalid`. */
  exportBundle(): Promise<Readable>;
  /** Takes a signed file over; `trust` is one more key to trust. See `importBundle`. */
  importBundle(source: AsyncIterable<Uint8Array>, options: BundleOptions): Promise<ImportReport>;
  /** What was written here. See the functions for what they throw. */
  own: {
    list(): Promise<OwnAdvisory[]>;
    add(record: OwnRecord, actor: Actor): Promise<Epoch>;
    replace(record: OwnRecord, actor: Actor): Promise<Epoch>;
    remove(id: string, actor: Actor): Promise<Epoch>;
  };
  close(): Promise<void>;
}

export interface BundleOptions extends Omit<ImportOptions, "trusted"> {
  trust: string | null;
}

/** Opens the newest epoch and follows the change log. */
export async function createAdvisories(deps: AdvisoriesDeps): Promise<Advisories> {
  const { db, now, settings } = deps;
  const files = createIndexFiles(join(deps.data, FOLDER), deps.blobs);
  const outbound = createOutbound(deps);
  const current = await followEpochs({ ...deps, files, onLate: () => announceAgain(deps) });
  const told = await keepState(deps);
  await files.clean(await digestsInUse(db));
  const { timeoutMs, downloadBytesMax, feeds, staleHours } = settings;
  const parts: SyncDeps = { ...deps, files, outbound, timeoutMs, downloadBytesMax, feeds };

  /** Whoever changed something finds it in force. */
  async function settled<T>(work: Promise<T>): Promise<T> {
    const result = await work;
    await deps.changes.refresh();
    await current.ready();
    await told.refresh();
    await files.clean(await digestsInUse(db));
    return result;
  }

  return {
    of: (name) => current.get()?.of(name) ?? [],
    ready: () => current.ready(),
    state: () => ({
      ...advisoryState(told.get(), { feeds, staleHours, now: now() }),
      epoch: current.get()?.id ?? null,
    }),
    hasFeeds: feeds.length > 0,
    find: (id) => findIn(current.get(), id),
    epochs: () => listEpochs(db.read),
    async at(time) {
      const epoch = await epochAt(db.read, time);
      return epoch === null ? null : { ...(await openEpoch(files, epoch)), epoch };
    },
    ...writesOf(deps, parts, settled),
    async close() {
      told.stop();
      await outbound.close();
      await current.close();
    },
  };
}

type Writes = Pick<Advisories, "sync" | "rollBack" | "exportBundle" | "importBundle" | "own">;

function writesOf(
  { data, db, settings }: AdvisoriesDeps,
  parts: SyncDeps,
  settled: <T>(work: Promise<T>) => Promise<T>,
): Writes {
  const folder = join(data, FOLDER);
  const { signingKeyFile } = settings;
  const inTurn = createTurns();
  // Loaded with its first use: it brings what computes scores, which is large.
  const own = (): Promise<typeof import("./own-advisories.ts")> => import("./own-advisories.ts");

  async function trustedKeys(more: string | null): Promise<Set<string>> {
    const own = await ownFingerprint(signingKeyFile, folder);
    const keys = [...settings.trustedKeys, own, more?.toLowerCase() ?? null];
    return new Set(keys.filter((key) => key !== null));
  }

  return {
    sync: (options, run) => inTurn(() => settled(syncFeeds(parts, options, run))),
    rollBack: (epoch, actor) => settled(rollBack(parts, epoch, actor)),
    exportBundle: async () =>
      await exportBundle(parts, await newestEpoch(db.read), await loadSigningKey(signingKeyFile, folder)),
    importBundle: (source, { trust, ...options }) =>
      inTurn(async () => {
        const trusted = await trustedKeys(trust);
        return await settled(importBundle(parts, source, { ...options, trusted }));
      }),
    own: {
      list: async () => (await own()).listOwn(parts),
      add: async (record, actor) => settled((await own()).addOwn(parts, record, actor)),
      replace: async (record, actor) => settled((await own()).replaceOwn(parts, record, actor)),
      remove: async (id, actor) => settled((await own()).removeOwn(parts, id, actor)),
    },
  };
}

/** One piece of work after the other. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

// Views and tarballs of the time in which the newest epoch could not be opened are looked at anew.
async function announceAgain({ db, workspaceId, now }: AdvisoriesDeps): Promise<void> {
  await db.write((trx) =>
    appendChange(trx, {
      workspaceId,
      registryId: null,
      packageName: null,
      kind: "advisories-changed",
      actor: ACTOR,
      at: now(),
      detail: { late: true },
    }),
  );
}

/** Indexes that this process or another one on this machine is about to open. */
async function digestsInUse(db: Database): Promise<Set<string>> {
  const newest = await newestEpoch(db.read);
  return new Set([newest?.index, newest?.own].filter((digest) => digest !== undefined && digest !== null));
}
