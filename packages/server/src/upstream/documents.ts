import {
  indexSummary,
  readVersionFacts,
  type IntegrityChange,
  type VersionFacts,
  type ViewOptions,
} from "@entrepot/core";

import type { Log } from "../telemetry/index.ts";
import type { GzipView, IngestedDocument } from "../threads/index.ts";
import {
  createDocumentEntries,
  type DocumentEntries,
  entryKey,
  type EntryState,
  freshMs,
  type PresentState,
} from "./document-entries.ts";
import { fetchDocument, type FetchDeps } from "./document-fetch.ts";
import { createDocumentStore, type DocumentStore, type DocumentStoreDeps } from "./document-store.ts";
import { createSingleFlight, type SingleFlight } from "./single-flight.ts";
import { unavailable } from "./upstream-errors.ts";
import type { DocumentEntry, Upstream, UpstreamEntry } from "./upstream.ts";

/** How long a request waits for the refresh of a document that is older than it should be. */
const STALE_WAIT_MS = 1000;
/** Clocks of machines that share a database differ by less. */
const CLOCK_SLACK_MS = 5 * 60 * 1000;
/** How often a document that is in doubt is asked for; clients are told to come back after as long. */
const DOUBT_MS = 5000;

export interface CurrentOptions {
  /** The view to make in the same stroke if a new document has to be taken in; see {@link Documents.takeFirstView}. */
  view?: ViewOptions;
  /** Sends no request; null when nothing is known. */
  cachedOnly?: boolean;
  /**
   * What was last asked for before this time, in milliseconds, is asked for anew and waited for, whatever its settings
   * call fresh; throws what the upstream throws.
   */
  askedSince?: number;
}

export interface Documents {
  current(
    upstream: Upstream,
    name: string,
    options?: CurrentOptions & { cachedOnly?: false },
  ): Promise<UpstreamEntry>;
  current(upstream: Upstream, name: string, options: CurrentOptions): Promise<UpstreamEntry | null>;
  takeFirstView(entry: DocumentEntry, view: ViewOptions): GzipView | null;
  document(entry: DocumentEntry): Promise<Uint8Array>;
  index(entry: DocumentEntry): Promise<Uint8Array>;
  facts(entry: DocumentEntry, version: string): Promise<VersionFacts | null>;
  /** Tells that a document seems to promise the wrong things: it is asked for anew, and nobody waits for that. */
  doubt(upstream: Upstream, doubted: { name: string; version: string }): void;
  /** What documents and indexes in memory take. */
  cacheBytes(): number;
  close(): Promise<void>;
}

/** Versions of a package that an upstream had already, and for which it promises other content now. */
export interface ChangedIntegrity {
  upstream: Upstream;
  name: string;
  changes: readonly IntegrityChange[];
}

/** Versions of a package that an upstream has, and whose publish times say too little. */
export interface SeenVersions {
  upstream: Upstream;
  name: string;
  versions: readonly string[];
}

export interface DocumentsDeps extends FetchDeps, DocumentStoreDeps {
  log: Pick<Log, "warn">;
  /** Told before anybody gets to see the new document. */
  onChangedIntegrity: (event: ChangedIntegrity) => Promise<void>;
  /** Told likewise; of what was told before as well. */
  onSeenVersions: (event: SeenVersions) => Promise<void>;
}

interface Context {
  deps: DocumentsDeps;
  entries: DocumentEntries;
  store: DocumentStore;
  flights: SingleFlight<EntryState>;
  indexing: SingleFlight<Uint8Array>;
  /** By the options object of the call that made it, so that nobody gets another's view. */
  firstViews: WeakMap<ViewOptions, { digest: string; view: GzipView }>;
  /** When an entry was last asked for because it was in doubt. */
  doubtedAt: WeakMap<EntryState, number>;
  /** Versions whose tarballs were not what an entry promises: that it promises something else later is its mending. */
  doubtedVersions: WeakMap<EntryState, Set<string>>;
  /** How each upstream was configured when it was last asked for. */
  upstreams: Map<string, Upstream>;
}

/** Documents of upstreams: when to ask, what to keep, what to say while an upstream fails. */
export function createDocuments(deps: DocumentsDeps): Documents {
  const context: Context = {
    deps,
    entries: createDocumentEntries(),
    store: createDocumentStore(deps),
    flights: createSingleFlight(),
    indexing: createSingleFlight(),
    firstViews: new WeakMap(),
    doubtedAt: new WeakMap(),
    doubtedVersions: new WeakMap(),
    upstreams: new Map(),
  };
  async function current(upstream: Upstream, name: string, options: CurrentOptions = {}): Promise<never> {
    // The overloads say when null can come; an implementation cannot.
    return (await currentEntry(context, { upstream, name, options })) as never;
  }
  return {
    current,
    takeFirstView: (entry, view) => takeFirstView(context, entry, view),
    document: (entry) => documentOf(context, entry),
    index: (entry) => indexOf(context, entry),
    facts: async (entry, version) => readVersionFacts(await indexOf(context, entry), version),
    doubt: (upstream, doubted) => doubt(context, upstream, doubted),
    cacheBytes: () => context.store.heldBytes(),
    async close() {
      await context.flights.settled();
      await context.store.close();
    },
  };
}

interface Asked {
  upstream: Upstream;
  name: string;
  options: CurrentOptions;
}

async function currentEntry(context: Context, asked: Asked): Promise<EntryState | null> {
  const { upstream, name, options } = asked;
  context.upstreams.set(upstream.id, upstream);
  const known = context.entries.get(upstream, name) ?? (await recall(context, upstream, name));
  if (options.cachedOnly === true) return known;
  if (known === null) return refresh(context, asked);
  if (options.askedSince !== undefined) {
    return known.checkedAt >= options.askedSince ? known : refresh(context, asked, true);
  }
  const ageMs = ageOf(known, context.deps.now());
  const fresh = freshMs(upstream, known.kind);
  if (ageMs < fresh) return known;
  const flight = refresh(context, asked);
  if (ageMs < 2 * fresh) return behind(flight, known);
  // That a name is absent is said only on an upstream's own and recent word.
  if (known.kind === "absent") return flight;
  return patiently(context, upstream, { flight, known });
}

/** What was confirmed well after now was so by a clock that was wrong, and says nothing. */
function ageOf({ checkedAt }: EntryState, now: number): number {
  const ageMs = now - checkedAt;
  return ageMs < -CLOCK_SLACK_MS ? Number.POSITIVE_INFINITY : ageMs;
}

/** What another process or a former start of this one wrote down. */
async function recall(context: Context, upstream: Upstream, name: string): Promise<EntryState | null> {
  const row = await context.store.recall(upstream, name);
  const meanwhile = context.entries.get(upstream, name);
  if (meanwhile !== null || row === null) return meanwhile;
  context.entries.set(upstream, row);
  return row;
}

/** The flight itself reports why it failed. */
function behind(flight: Promise<EntryState>, known: EntryState): EntryState {
  flight.catch(() => undefined);
  return known;
}

interface Stale {
  flight: Promise<EntryState>;
  known: PresentState;
}

/** Waits a moment for the refresh, unless the upstream is known to be in trouble, then serves what there is. */
async function patiently(
  context: Context,
  upstream: Upstream,
  { flight, known }: Stale,
): Promise<EntryState> {
  const { client } = context.deps;
  if (client.isSuspect(upstream.id)) {
    // As long as nothing may be asked, nobody needs to come back for it.
    known.freshUntil = Math.max(known.freshUntil, client.refusesUntil(upstream.id));
    return behind(flight, known);
  }
  return (await within(flight, STALE_WAIT_MS)) ?? known;
}

/** What the work makes, or null if it fails or takes longer. */
async function within<T>(work: Promise<T>, milliseconds: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), milliseconds);
  });
  try {
    return await Promise.race([work.catch(() => null), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks the upstream, once for all who want the same name. */
function refresh(context: Context, { upstream, name, options }: Asked, force = false): Promise<EntryState> {
  return context.flights.run(entryKey(upstream.id, name), async () => {
    const known = context.entries.get(upstream, name);
    const newer = known === null || force ? null : await newerRow(context, upstream, known);
    const now = context.deps.now();
    if (newer !== null && ageOf(newer, now) < freshMs(upstream, newer.kind)) return newer;
    const isRefused = context.deps.client.refusesUntil(upstream.id) > context.deps.now();
    try {
      return await ask(context, { upstream, name, options }, newer ?? known);
    } catch (error) {
      if (known !== null && !isRefused) {
        const fields = { upstream: upstream.name, packageName: name, error };
        context.deps.log.warn("An upstream document could not be refreshed", fields);
      }
      throw error;
    }
  });
}

/** Another process may have asked since we did. */
async function newerRow(context: Context, upstream: Upstream, known: EntryState): Promise<EntryState | null> {
  const row = await context.store.recallNewer(upstream, known);
  return row === null ? null : adopt(context, upstream, row);
}

/** Takes a row's word without replacing the object that others hold, when it says the same. */
function adopt(context: Context, upstream: Upstream, row: EntryState): EntryState {
  const known = context.entries.get(upstream, row.name);
  const isSame =
    known !== null && (row.kind === "absent" ? known.kind === "absent" : isSameDocument(known, row));
  if (!isSame) {
    context.entries.set(upstream, row);
    return row;
  }
  return Object.assign(known, row);
}

function isSameDocument(known: EntryState, row: PresentState): boolean {
  return known.kind === "present" && known.digest === row.digest;
}

async function ask(context: Context, asked: Asked, known: EntryState | null): Promise<EntryState> {
  const { upstream, name, options } = asked;
  const { entry, made } = await fetchDocument(context.deps, { upstream, name, known, view: options.view });
  if (made !== null) await reportSeen(context, { upstream, name, made });
  const isSuspicious = made !== null && (await reportIfChanged(context, { upstream, known, made }));
  context.entries.set(upstream, entry);
  // Its first view was made under a policy that did not know of the change.
  if (made?.view !== undefined && options.view !== undefined && !isSuspicious) {
    context.firstViews.set(options.view, { digest: made.documentDigest, view: made.view });
  }
  await context.store.keep(entry, { made, former: known });
  return entry;
}

// By when a version was first seen it can be no older, whatever its upstream says later.
async function reportSeen(
  { deps }: Context,
  { upstream, name, made }: { upstream: Upstream; name: string; made: IngestedDocument },
): Promise<void> {
  const { trustPublishTimes } = upstream.settings;
  const versions = trustPublishTimes ? made.undated : indexSummary(made.index).versions;
  if (versions.length > 0) await deps.onSeenVersions({ upstream, name, versions });
}

interface Succession {
  upstream: Upstream;
  known: EntryState | null;
  made: IngestedDocument;
}

/** A version's content never changes. Where an upstream says that it did, that is told before it counts. */
async function reportIfChanged(context: Context, { upstream, known, made }: Succession): Promise<boolean> {
  if (known?.kind !== "present" || known.digest === made.documentDigest) return false;
  const former = await formerIndex(context, known);
  if (former === null) return false;
  const { threads, onChangedIntegrity } = context.deps;
  const doubted = context.doubtedVersions.get(known);
  const compared = await threads.run("compareIndexes", { former, index: made.index });
  // Nobody ever got what those promised.
  const changes = compared.filter(({ version }) => doubted?.has(version) !== true);
  if (changes.length === 0) return false;
  await onChangedIntegrity({ upstream, name: known.name, changes });
  return true;
}

/** The index of what we had; null if its bytes are lost, which must not lead to another request. */
async function formerIndex(context: Context, known: PresentState): Promise<Uint8Array | null> {
  const held = context.store.index(known);
  if (held !== null) return held;
  const document = await context.store.document(known);
  if (document === null) return null;
  const { threads, documentBytesMax: sizeBytesMax } = context.deps;
  return (await threads.run("indexDocument", { name: known.name, document, sizeBytesMax })).index;
}

function takeFirstView({ firstViews }: Context, entry: DocumentEntry, view: ViewOptions): GzipView | null {
  const first = firstViews.get(view);
  firstViews.delete(view);
  return first?.digest === entry.digest ? first.view : null;
}

async function documentOf(context: Context, entry: DocumentEntry): Promise<Uint8Array> {
  const bytes = await context.store.document(entry);
  if (bytes !== null) return bytes;
  const successor = await successorOf(context, entry);
  const newer = successor === null ? null : await context.store.document(successor);
  return newer ?? heal(context, entry);
}

/** What took the place of an entry that somebody holds, here or in another process; its row has other bytes then. */
async function successorOf(context: Context, entry: DocumentEntry): Promise<PresentState | null> {
  const upstream = context.upstreams.get(entry.upstreamId);
  const newest = upstream === undefined ? null : context.entries.get(upstream, entry.name);
  if (upstream === undefined || newest === null) return null;
  const isOvertaken = newest.kind === "absent" || newest.digest !== entry.digest;
  const successor = isOvertaken ? newest : await newerRow(context, upstream, newest);
  return successor?.kind === "present" ? successor : null;
}

/** The stored bytes are lost or torn: asks the upstream for all of it again. */
async function heal(context: Context, entry: DocumentEntry): Promise<Uint8Array> {
  const upstream = context.upstreams.get(entry.upstreamId);
  // The first flight may have been under way already, and have ended with 304.
  for (let attempt = 0; attempt < 2 && upstream !== undefined; attempt += 1) {
    const known = context.entries.get(upstream, entry.name);
    if (known?.kind === "present") Object.assign(known, { etag: null, lastModified: null, isWritten: false });
    const state = await refresh(context, { upstream, name: entry.name, options: {} }, true);
    const bytes = state.kind === "present" ? await context.store.document(state) : null;
    if (bytes !== null) return bytes;
  }
  throw unavailable(upstream ?? { name: entry.upstreamId }, `has no document of ${entry.name} any more`);
}

/** Tarballs of what a document promises do not wait until it is stale, so it has to be asked for here. */
function doubt(
  context: Context,
  upstream: Upstream,
  { name, version }: { name: string; version: string },
): void {
  const known = context.entries.get(upstream, name);
  if (known?.kind !== "present") return;
  const versions = context.doubtedVersions.get(known) ?? new Set();
  context.doubtedVersions.set(known, versions.add(version));
  const now = context.deps.now();
  if (now - (context.doubtedAt.get(known) ?? -Infinity) < DOUBT_MS) return;
  context.doubtedAt.set(known, now);
  // It may be wrong although the upstream calls it unchanged.
  Object.assign(known, { etag: null, lastModified: null });
  behind(refresh(context, { upstream, name, options: {} }, true), known);
}

async function indexOf(context: Context, entry: DocumentEntry): Promise<Uint8Array> {
  const held = context.store.index(entry);
  if (held !== null) return held;
  return context.indexing.run(entry.digest, async () => {
    const document = await documentOf(context, entry);
    const { threads, documentBytesMax: sizeBytesMax } = context.deps;
    const { index } = await threads.run("indexDocument", { name: entry.name, document, sizeBytesMax });
    // The document may be that of a successor.
    if (!entry.superseded) context.store.holdIndex(entry, index);
    return index;
  });
}
