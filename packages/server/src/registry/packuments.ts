import { createHash } from "node:crypto";
import {
  EntrepotError,
  evidenceAsked,
  type PackumentForm,
  type PolicyContext,
  type ViewOptions,
} from "@entrepot/core";
import type { Change, ChangeKind, ChangeLog } from "../changes/index.ts";
import type { Database } from "../db/index.ts";
import { contextStamp, denied, type Gate } from "../firewall/index.ts";
import type { GzipView, ThreadPool } from "../threads/index.ts";
import {
  deniedUpstream,
  type AbsentEntry,
  type DocumentEntry,
  type Upstream,
  type Upstreams,
} from "../upstream/index.ts";
import { loadLocalPackument } from "./local-packument.ts";
import type { NameOrigin, NameOrigins } from "./name-origin.ts";
import type { PackageRow } from "./package-rows.ts";
import type { Registry } from "./registry.ts";
import { revisionOf } from "./revision.ts";
import { createSelections, type Selections } from "./selections.ts";
import { unpublishedError } from "./tombstone.ts";
import { filteredText, upstreamsFor } from "./upstream-filter.ts";
import { createViewCache, type CachedView } from "./view-cache.ts";
import { isOver } from "./verdicts.ts";
import { viewKeyText, type View } from "./view.ts";
import { noticeOf } from "./view-notice.ts";

/** Part of every ETag: raised when the same input starts to render differently. */
const RENDER_FORMAT = "3";
const ETAG_CHARS = 27;
/** What a verdict takes in memory, roughly. */
const VERDICT_BYTES = 512;

/** What changes no view: who may see it is asked with each request. */
const ABOUT_PEOPLE: ReadonlySet<ChangeKind> = new Set([
  "user-changed",
  "token-changed",
  "session-changed",
  "invitation-changed",
  "access-changed",
  "organization-changed",
]);

/** What changes policy for many packages at once. Most of their views stay what they are, so they are only looked at anew. */
const ABOUT_POLICY: ReadonlySet<ChangeKind> = new Set([
  "policy-changed",
  "exception-changed",
  "advisories-changed",
  "integrity-changed",
  "tarball-refused",
  "proof-changed",
  "status-changed",
]);
/** A view that a change of policy overtakes while it is made is made again; changes that never end must not keep it. */
const BUILDS_MAX = 5;

export interface PackumentDeps {
  db: Database;
  changes: Pick<ChangeLog, "subscribe">;
  upstreams: Upstreams;
  origins: NameOrigins;
  gate: Gate;
  threads: Pick<ThreadPool, "run">;
  now: () => number;
  limits: { viewBytesMax: number; documentBytesMax: number };
}

/** A wanted packument. */
export interface PackumentRequest {
  registry: Registry;
  name: string;
  form: PackumentForm;
  packageUrl: string;
  /** The page on which an exception for the package can be asked for. Follows from `packageUrl`. */
  requestUrl: string;
  /** True when a name that is not known here must not be asked upstream, as for a client about to publish. */
  localOnly: boolean;
}

/** Packuments as clients see them. */
export interface Packuments {
  /** Throws `package-not-found`, `version-denied` when every version is hidden, and upstream errors. */
  view(request: PackumentRequest): Promise<View>;
  /** For who picks versions out of views. */
  readonly selections: Selections;
  /** What the views in memory take. */
  cacheBytes(): number;
}

interface StoredView extends View, CachedView {
  /** What the view was made from; the same text makes the same view. */
  readonly source: string;
  /** Upstream answers that it rests on; empty for a package of this registry's own. */
  entries: readonly (DocumentEntry | AbsentEntry)[];
  /** For when it was made, and when it may have to look otherwise although nothing but time did, in milliseconds. */
  readonly judgedAt: number;
  readonly recheckAt: number | null;
  /** How often policy had changed when the view was last found to be right. */
  policyCount: number;
  /** Present when policy hides every version: the view is never shown, its place in the cache spares the work. */
  readonly refusal: EntrepotError | null;
}

interface Flight {
  promise: Promise<View>;
  packageKey: string;
  /** Set when something changed after the flight read it: later requests must not join, and nothing is kept. */
  isOvertaken: boolean;
}

/** Makes the views over both origins, with a cache bounded in bytes. */
export function createPackuments(deps: PackumentDeps): Packuments {
  const cache = createViewCache<StoredView>(deps.limits.viewBytesMax);
  const flights = new Map<string, Flight>();
  let policyCount = 0;
  const builder: Builder = { ...deps, policyCount: () => policyCount };
  deps.changes.subscribe((batch) => {
    for (const change of batch) invalidate(change);
  });

  function invalidate(change: Change): void {
    if (ABOUT_PEOPLE.has(change.kind)) return;
    const { registryId, packageName } = change;
    const isOfOnePackage = registryId !== null && packageName !== null;
    const packageKey = isOfOnePackage ? `${registryId}\n${packageName}` : null;
    for (const flight of flights.values()) {
      if (packageKey === null || flight.packageKey === packageKey) flight.isOvertaken = true;
    }
    if (ABOUT_POLICY.has(change.kind)) policyCount += 1;
    else if (packageKey !== null) cache.dropPackage(packageKey);
    else if (packageName !== null) cache.dropName(packageName);
    else cache.dropRegistry(registryId);
  }

  async function view(request: PackumentRequest): Promise<View> {
    const { registry, name, form, packageUrl } = request;
    const key = viewKeyText({ registryId: registry.id, name, form, packageUrl });
    const cached = cache.get(key);
    if (cached?.isCurrent() === true) {
      if (cached.refusal !== null) throw cached.refusal;
      return cached;
    }
    // One that asks nobody is not joined by who wants everybody asked.
    const flightKey = request.localOnly ? `${key}\nlocal` : key;
    const running = flights.get(flightKey);
    if (running !== undefined && !running.isOvertaken) return await running.promise;
    const flight: Flight = {
      packageKey: `${registry.id}\n${name}`,
      isOvertaken: false,
      promise: Promise.resolve()
        .then(() => build(builder, request, cached))
        .then((built) => {
          // What was overtaken, or made without asking upstreams, is an answer to its own request only.
          const isKept = !flight.isOvertaken && !request.localOnly;
          if (isKept && built !== cached) cache.set(key, built);
          if (built.refusal !== null) throw built.refusal;
          return built;
        }),
    };
    flights.set(flightKey, flight);
    try {
      return await flight.promise;
    } finally {
      if (flights.get(flightKey) === flight) flights.delete(flightKey);
    }
  }

  return { view, selections: createSelections(), cacheBytes: () => cache.sizeBytes };
}

interface Builder extends PackumentDeps {
  /** How often policy has changed so far. */
  policyCount(): number;
}

// Policy may change while a view is made, and an upstream's answer may itself be what changes it.
async function build(deps: Builder, request: PackumentRequest, cached?: StoredView): Promise<StoredView> {
  for (let attempt = 1; ; attempt += 1) {
    const policyCount = deps.policyCount();
    const origin = await deps.origins.of(request.registry, request.name);
    const built =
      origin.kind === "local" && origin.row.removed_at === null
        ? await buildOfLocal(deps, request, { row: origin.row, cached })
        : await buildOfUpstream(deps, request, { origin, cached });
    if (deps.policyCount() !== policyCount && attempt < BUILDS_MAX) continue;
    built.policyCount = policyCount;
    return built;
  }
}

async function viewOptions(
  { gate }: PackumentDeps,
  { registry, name, form, packageUrl, requestUrl }: PackumentRequest,
  upstream: Upstream | null,
): Promise<ViewOptions> {
  const origin = upstream === null ? "local" : "upstream";
  return {
    form,
    packageUrl,
    requestUrl,
    policy: await gate.context({ registry, name, origin, upstream, purpose: "metadata" }),
  };
}

async function buildOfLocal(
  deps: Builder,
  request: PackumentRequest,
  { row, cached }: { row: PackageRow; cached: StoredView | undefined },
): Promise<StoredView> {
  const view = await viewOptions(deps, request, null);
  const source = `${revisionOf(row)} ${contextStamp(view.policy)}`;
  if (isUnchanged(cached, source, view.policy)) return cached;
  const packument = await loadLocalPackument(deps.db, row, request.form);
  const rendered = await deps.threads.run("renderLocalView", { packument, view });
  const { now: judgedAt, deprecations } = view.policy;
  const document = packument.rev;
  return storedView(deps, request, { rendered, source, document, judgedAt, deprecations, entries: [] });
}

async function buildOfUpstream(
  deps: Builder,
  request: PackumentRequest,
  { origin, cached }: { origin: NameOrigin; cached: StoredView | undefined },
): Promise<StoredView> {
  if (origin.kind !== "upstream") {
    throw notFound(request, origin.kind === "local" ? origin.row.tombstone : null);
  }
  for (let attempt = 0; ; attempt += 1) {
    const { entry, entries, view } = await findUpstream(deps, request);
    const source = `${entry.digest} ${contextStamp(view.policy)}`;
    if (!request.localOnly && isUnchanged(cached, source, view.policy)) {
      cached.entries = entries;
      return cached;
    }
    const rendered = await renderUpstream(deps, entry, view);
    // The bytes of a document that another one has replaced meanwhile may be those of the other.
    if (entry.superseded && attempt === 0) continue;
    const { now: judgedAt, deprecations } = view.policy;
    const document = entry.digest;
    return storedView(deps, request, { rendered, source, document, judgedAt, deprecations, entries });
  }
}

function isUnchanged(
  cached: StoredView | undefined,
  source: string,
  policy: PolicyContext,
): cached is StoredView {
  return (
    cached !== undefined &&
    cached.held.view !== null &&
    cached.source === source &&
    !isOver(cached, policy.now)
  );
}

interface FoundDocument {
  entry: DocumentEntry;
  entries: (DocumentEntry | AbsentEntry)[];
  /** Under what is known of the upstream that it comes from. */
  view: ViewOptions;
}

// The first upstream that has the name answers for it. One that fails ends the search, and so does one that may
// not be asked and of which nothing is known: a name must not come from another place than its own.
async function findUpstream(deps: PackumentDeps, request: PackumentRequest): Promise<FoundDocument> {
  const entries: (DocumentEntry | AbsentEntry)[] = [];
  for (const upstream of upstreamsFor(request.registry, request.name)) {
    const view = await viewOptions(deps, request, upstream);
    const entry = await deps.upstreams.current(upstream, request.name, {
      view,
      // A frozen registry shows what it knew when it was frozen.
      cachedOnly: request.localOnly || request.registry.frozenAt !== null,
    });
    if (entry === null) break;
    entries.push(entry);
    if (entry.kind === "present") {
      // A document that was just taken in may hold versions that nobody had seen when the context was made.
      const later = evidenceAsked(view.policy).firstSeen ? await viewOptions(deps, request, upstream) : view;
      const isSame = contextStamp(later.policy) === contextStamp(view.policy);
      return { entry, entries, view: isSame ? view : later };
    }
    if (entry.refusal !== null) throw deniedUpstream(upstream, entry.refusal);
  }
  throw notFound(request, null);
}

async function renderUpstream(
  deps: PackumentDeps,
  entry: DocumentEntry,
  view: ViewOptions,
): Promise<GzipView> {
  const first = deps.upstreams.takeFirstView(entry, view);
  if (first !== null) return first;
  const document = await deps.upstreams.document(entry);
  return await deps.threads.run("renderUpstreamView", {
    document,
    sizeBytesMax: deps.limits.documentBytesMax,
    view,
  });
}

interface ViewMaterial {
  rendered: GzipView;
  /** What the view was made from, policy included, and without it. */
  source: string;
  document: string;
  judgedAt: number;
  /** What operators have clients warn of. */
  deprecations: PolicyContext["deprecations"];
  entries: (DocumentEntry | AbsentEntry)[];
}

function storedView(deps: Builder, request: PackumentRequest, material: ViewMaterial): StoredView {
  const { rendered, source, document } = material;
  const gzip = Buffer.from(rendered.gzip.buffer, rendered.gzip.byteOffset, rendered.gzip.byteLength);
  const view: StoredView = {
    registryId: request.registry.id,
    name: request.name,
    form: request.form,
    // Policy shows in what is hidden and warned of only, so a change of anything else keeps what clients have.
    etag: etagOf([
      RENDER_FORMAT,
      document,
      JSON.stringify(rendered.hidden),
      ...(material.deprecations.size === 0 ? [] : [JSON.stringify([...material.deprecations])]),
      request.form,
      request.packageUrl,
    ]),
    gzip,
    sizeBytes: rendered.sizeBytes,
    hidden: new Map(rendered.hidden),
    weightBytes: gzip.length + rendered.hidden.length * VERDICT_BYTES,
    source,
    judgedAt: material.judgedAt,
    recheckAt: rendered.recheckAt,
    policyCount: 0,
    entries: material.entries,
    refusal: refusalOf(request, rendered),
    notice: noticeOf(request.name, rendered),
    held: { view: null },
    isCurrent() {
      if (view.held.view === null || view.policyCount !== deps.policyCount()) return false;
      if (isOver(view, deps.gate.now())) return false;
      for (const entry of view.entries) {
        if (entry.superseded || deps.now() >= entry.freshUntil) return false;
      }
      return true;
    },
    hold() {
      view.held.view = view;
    },
    drop() {
      view.held.view = null;
    },
  };
  return view;
}

function refusalOf(request: PackumentRequest, rendered: GzipView): EntrepotError | null {
  const latest = rendered.movedLatest?.[0];
  const told = rendered.hidden.find(([version]) => version === latest) ?? rendered.hidden.at(-1);
  if (rendered.shown > 0 || told === undefined) return null;
  const [version, verdict] = told;
  const { name, registry } = request;
  return denied(verdict, { name, version, registry: registry.name, isWholePackage: true });
}

function etagOf(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("base64url").slice(0, ETAG_CHARS);
}

function notFound(request: PackumentRequest, tombstone: string | null): EntrepotError {
  const name = request.name;
  if (tombstone !== null) return unpublishedError(name, tombstone);
  const filtered = filteredText(request.registry, name);
  if (filtered !== null) return new EntrepotError("package-not-found", { message: filtered });
  const where = request.registry.upstreams.map((upstream) => upstream.name).join(", ");
  return new EntrepotError("package-not-found", {
    message:
      where === "" || request.localOnly
        ? `The registry "${request.registry.name}" has no package "${name}".`
        : `The registry "${request.registry.name}" has no package "${name}", and neither has its upstream (${where}).`,
  });
}
