import {
  contentRules,
  EntrepotError,
  integrityChange,
  isEntrepotError,
  policyDepth,
  type PackageName,
  type PolicyContext,
  type VersionFacts,
} from "@entrepot/core";
import type { BlobStore } from "../blobs/index.ts";
import type { Change, ChangeKind, ChangeLog } from "../changes/index.ts";
import type { Database } from "../db/index.ts";
import { assertPasses, type Evidence, type Gate } from "../firewall/index.ts";
import {
  deniedUpstream,
  type DocumentEntry,
  type FetchedTarball,
  type Upstream,
  type Upstreams,
} from "../upstream/index.ts";
import { createAdmitted, packageFilter, type Admitted, type Tarball } from "./admitted-tarballs.ts";
import type { CachedVersions, KeptTarball } from "./cached-versions.ts";
import {
  inspectUpstreamTarball,
  keptBytes,
  tellOfRefusedContent,
  wantsContent,
  type InspectDeps,
  type TarballPlace,
} from "./inspect-upstream-tarball.ts";
import type { NameOrigins } from "./name-origin.ts";
import { wantOrigin, type OriginProofs } from "./origin-proofs.ts";
import { findVersion } from "./package-rows.ts";
import type { Registry } from "./registry.ts";
import { filteredText, upstreamsFor } from "./upstream-filter.ts";
import { isOver, placeOf, type VerdictSource, type Verdicts } from "./verdicts.ts";

/** A search that a change overtakes is made again; changes that never end must not keep a client waiting. */
const SEARCHES_MAX = 5;
/** How long a tarball of an upstream is handed out before anybody looks whether its document is fresh. */
const REVALIDATE_MS = 5 * 60 * 1000;
/** Changes after which a tarball that was admitted may have to be refused, or come from another place. */
const REVOKING: ReadonlySet<ChangeKind> = new Set([
  "version-published",
  "version-overwritten",
  "version-removed",
  "package-removed",
  "registry-changed",
  "upstream-changed",
  "status-changed",
  "policy-changed",
  "exception-changed",
  "advisories-changed",
  "integrity-changed",
  "tarball-refused",
  "proof-changed",
  "settings-changed",
]);

export interface TarballDeps extends InspectDeps {
  db: Database;
  changes: Pick<ChangeLog, "subscribe" | "refresh">;
  blobs: BlobStore;
  upstreams: Upstreams;
  origins: NameOrigins;
  cachedVersions: CachedVersions;
  gate: Gate;
  evidence: Pick<Evidence, "recordContent" | "recordChanges">;
  verdicts: Pick<Verdicts, "verdictOn" | "upstreamRefusal">;
  originProofs: Pick<OriginProofs, "want">;
}

/** A wanted tarball. */
export interface TarballRequest {
  registry: Registry;
  name: PackageName;
  version: string;
  /** User name of whoever asks; null for anonymous. */
  requester: string | null;
}

/** Tarballs of both origins. */
export interface Tarballs {
  /** Throws `version-not-found`, `package-not-found`, `version-denied` and upstream errors. */
  get(request: TarballRequest): Promise<Tarball>;
  /** The bytes of this tarball turned out to be missing: the next `get` fetches what came from an upstream. */
  lost(request: TarballRequest): void;
}

/** Makes the tarball reader, with a bounded memory of what was admitted. */
export function createTarballs(deps: TarballDeps): Tarballs {
  const admitted = createAdmitted();
  const flights = new Map<string, Flight>();
  deps.changes.subscribe((batch) => {
    for (const change of batch) if (REVOKING.has(change.kind)) revoke(change);
  });

  function revoke({ registryId, packageName }: Change): void {
    const isMeant = packageFilter(registryId, packageName);
    for (const flight of flights.values()) if (isMeant(flight.packageKey)) flight.isOvertaken = true;
    admitted.revoke(registryId, packageName);
  }

  async function search(request: TarballRequest): Promise<Admitted> {
    const packageKey = `${request.registry.id}\n${request.name.full}`;
    const key = `${packageKey}\n${request.version}`;
    const running = flights.get(key);
    // A search that began before a change must not be joined after it.
    if (running !== undefined && !running.isOvertaken) return await running.promise;
    const flight: Flight = {
      packageKey,
      isOvertaken: false,
      promise: findTarball(deps, request).then((found) => {
        const tarball = admittedOf(deps, found);
        if (!flight.isOvertaken) admitted.add(packageKey, request.version, tarball);
        return tarball;
      }),
    };
    flights.set(key, flight);
    try {
      return await flight.promise;
    } finally {
      if (flights.get(key) === flight) flights.delete(key);
    }
  }

  return {
    async get(request) {
      const packageKey = `${request.registry.id}\n${request.name.full}`;
      const known = admitted.get(packageKey, request.version);
      if (known?.isCurrent() === true) return known;
      for (let attempt = 1; ; attempt += 1) {
        const tarball = await search(request);
        // What a change overtook may come from the wrong place: a name may have become ours meanwhile.
        if (tarball.isCurrent() || attempt === SEARCHES_MAX) return tarball;
      }
    },
    lost({ registry, name, version }) {
      admitted.drop(`${registry.id}\n${name.full}`, version);
      deps.cachedVersions.forget(registry.id, name.full, version);
    },
  };
}

interface Flight {
  promise: Promise<Admitted>;
  packageKey: string;
  isOvertaken: boolean;
}

function admittedOf({ gate }: TarballDeps, { digest, sizeBytes, entry, recheckAt }: FoundTarball): Admitted {
  const judgedAt = gate.now();
  const tarball: Admitted = {
    digest,
    sizeBytes,
    isDropped: true,
    isCurrent() {
      if (tarball.isDropped || entry?.superseded === true) return false;
      const now = gate.now();
      return !isOver({ judgedAt, recheckAt }, now) && (entry === null || now < judgedAt + REVALIDATE_MS);
    },
  };
  return tarball;
}

interface FoundTarball {
  digest: string;
  sizeBytes: number;
  /** The upstream's document that promised it; null for a package of this registry's own. */
  entry: DocumentEntry | null;
  /** When policy may say otherwise although nothing but time changed, in milliseconds; null: never. */
  recheckAt: number | null;
}

async function findTarball(deps: TarballDeps, request: TarballRequest): Promise<FoundTarball> {
  const origin = await deps.origins.of(request.registry, request.name.full);
  if (origin.kind === "upstream") return await findUpstreamTarball(deps, request);
  if (origin.kind !== "local") throw versionNotFound(request);
  const row = await findVersion(deps.db.read, origin.row.id, request.version);
  if (row === null || row.removed_at !== null) throw versionNotFound(request);
  const facts = JSON.parse(row.facts) as VersionFacts;
  const { recheckAt } = await admit(deps, request, { facts, source: { kind: "local", row: origin.row } });
  return { digest: row.digest, sizeBytes: row.size_bytes, entry: null, recheckAt };
}

async function findUpstreamTarball(deps: TarballDeps, request: TarballRequest): Promise<FoundTarball> {
  const early = await earlyFetch(deps, request);
  try {
    const { upstream, facts, entry } = await (early?.promise ?? findPromise(deps, request));
    const source: VerdictSource = { kind: "upstream", upstream, entry };
    const { recheckAt, context } = await admit(deps, request, { facts, source });
    const isWanted = wantsContent(facts, context);
    const kept = await deps.cachedVersions.find(request.registry.id, request.name.full, facts);
    if (kept !== null && (!isWanted || (await admitKept(deps, request, { facts, source, context, kept })))) {
      early?.abandon();
      return { ...kept, entry, recheckAt };
    }
    await refuseOther(deps, request, { facts, upstream, entry, context });
    const fetched = await (early?.tarball ??
      deps.upstreams.tarball(upstream, { name: request.name.full, version: facts.version, facts }));
    if (isWanted) await admitFetched(deps, request, { facts, source, context, fetched });
    const row = await deps.cachedVersions.keep({
      registryId: request.registry.id,
      name: request.name.full,
      requester: request.requester,
      upstream,
      facts,
      fetched,
    });
    wantOrigin(deps, context, { upstream, facts });
    return { ...row, entry, recheckAt };
  } catch (error) {
    early?.abandon();
    throw error;
  }
}

// A document may have left a version out for a while, so that nobody could compare. What passed through here is
// remembered longer.
async function refuseOther(
  deps: TarballDeps,
  request: TarballRequest,
  { facts, upstream, entry, context }: Promised & { context: PolicyContext },
): Promise<void> {
  const { version } = facts;
  if (context.changedIntegrity.has(version)) return;
  const { full: name } = request.name;
  const before = await deps.cachedVersions.promised(request.registry.id, name, version);
  if (before?.upstreamId !== upstream.id) return;
  const change = integrityChange(version, before, facts);
  if (change === null) return;
  await deps.evidence.recordChanges(upstream.id, name, [change]);
  await admit(deps, request, { facts, source: { kind: "upstream", upstream, entry } });
}

/** What an upstream promises of a version. */
interface Promised {
  upstream: Upstream;
  facts: VersionFacts;
  entry: DocumentEntry;
}

interface EarlyFetch {
  promise: Promise<Promised>;
  tarball: Promise<FetchedTarball>;
  /** Nobody waits for the tarball any more; its file goes when it arrives. */
  abandon(): void;
}

// Of a package that was never seen, document and tarball are fetched side by side and checked together:
// a client with a lockfile asks for nothing but tarballs. Not where a rule may have something against the package.
async function earlyFetch(deps: TarballDeps, request: TarballRequest): Promise<EarlyFetch | null> {
  const [upstream, second] = upstreamsFor(request.registry, request.name.full);
  if (upstream === undefined || second !== undefined || request.registry.frozenAt !== null) return null;
  const { registry, name } = request;
  const question = { registry, name: name.full, origin: "upstream", upstream, purpose: "metadata" } as const;
  if (policyDepth(await deps.gate.context(question)) !== "none") return null;
  if (await isKnown(deps, upstream, name.full)) return null;
  const promise = findPromise(deps, request);
  const facts = promise.then((promised) => promised.facts);
  const tarball = deps.upstreams.tarball(upstream, {
    name: request.name.full,
    version: request.version,
    facts,
  });
  // Both are awaited one after the other; until then a failure of the second must not count as unhandled.
  facts.catch(ignore);
  tarball.catch(ignore);
  return {
    promise,
    tarball,
    abandon: () => void tarball.then((fetched) => fetched.discard()).catch(ignore),
  };
}

async function isKnown(deps: TarballDeps, upstream: Upstream, name: string): Promise<boolean> {
  return (await deps.upstreams.current(upstream, name, { cachedOnly: true })) !== null;
}

// The first upstream that has the name speaks for it, as for packuments.
async function findPromise(deps: TarballDeps, request: TarballRequest): Promise<Promised> {
  for (const upstream of upstreamsFor(request.registry, request.name.full)) {
    const wanted = { upstream, name: request.name.full, version: request.version };
    const promised = await promiseOf(deps, { ...wanted, isFrozen: request.registry.frozenAt !== null });
    if (promised === "no-package") continue;
    if (promised !== "no-version") return promised;
    break;
  }
  const { registry, name, version } = request;
  throw (await deps.verdicts.upstreamRefusal(registry, name.full, version)) ?? versionNotFound(request);
}

async function promiseOf(
  deps: TarballDeps,
  wanted: { upstream: Upstream; name: string; version: string; isFrozen: boolean },
): Promise<Promised | "no-package" | "no-version"> {
  const { upstream, name, version, isFrozen } = wanted;
  // What is known of a version does not age, so no tarball waits for a document that already promises it.
  const known = await deps.upstreams.current(upstream, name, { cachedOnly: true });
  if (known?.kind === "present") {
    const facts = await deps.upstreams.facts(known, version);
    if (facts !== null) {
      // Who installs from a lockfile reads no packument, and must learn one day of what was taken back.
      const isDue = !isFrozen && deps.gate.now() >= known.freshUntil;
      if (isDue) deps.upstreams.current(upstream, name).catch(ignore);
      return { upstream, facts, entry: known };
    }
  }
  const entry = isFrozen ? known : await deps.upstreams.current(upstream, name);
  if (entry === null) return "no-version";
  if (entry.kind !== "present") {
    if (entry.refusal !== null) throw deniedUpstream(upstream, entry.refusal);
    return "no-package";
  }
  const facts = await deps.upstreams.facts(entry, version);
  return facts === null ? "no-version" : { upstream, facts, entry };
}

interface Judged {
  facts: VersionFacts;
  source: VerdictSource;
}

/** What was judged by rules that want to know what is in it. */
interface ToInspect extends Judged {
  context: PolicyContext;
}

// False when the bytes are lost: then they are fetched again.
async function admitKept(
  deps: TarballDeps,
  request: TarballRequest,
  { kept, ...judged }: ToInspect & { kept: KeptTarball },
): Promise<boolean> {
  const place = await keptBytes(deps, kept);
  if (place !== null) await admitContent(deps, request, { ...judged, place });
  return place !== null;
}

// What is refused for what is in it is not kept, so that nothing of it can be served.
async function admitFetched(
  deps: TarballDeps,
  request: TarballRequest,
  { fetched, ...judged }: ToInspect & { fetched: FetchedTarball },
): Promise<void> {
  try {
    await admitContent(deps, request, { ...judged, place: fetched });
  } catch (error) {
    await fetched.discard();
    throw error;
  }
}

// Looks into the tarball and asks again, knowing what is in it.
async function admitContent(
  deps: TarballDeps,
  request: TarballRequest,
  { facts, source, context, place }: ToInspect & { place: TarballPlace },
): Promise<void> {
  const name = request.name.full;
  await inspectUpstreamTarball(deps, { name, facts, rules: contentRules(context) }, place);
  try {
    await admit(deps, request, { facts, source });
  } catch (error) {
    const refused = { registry: request.registry, name, version: facts.version };
    if (isEntrepotError(error, "version-denied")) await tellOfRefusedContent(deps, refused);
    throw error;
  }
}

// Throws `version-denied`; gives when to ask again. The verdict is the one that the packument shows.
async function admit(
  deps: TarballDeps,
  request: TarballRequest,
  { facts, source }: Judged,
): Promise<{ recheckAt: number | null; context: PolicyContext }> {
  const { registry } = request;
  const name = request.name.full;
  const context = await deps.gate.context({ registry, name, ...placeOf(source), purpose: "metadata" });
  const place = { registry, name, source };
  const { verdict, isWholePackage, recheckAt } = await deps.verdicts.verdictOn(facts, context, place);
  assertPasses(verdict, { registry, name, version: facts.version, purpose: "tarball", isWholePackage });
  return { recheckAt, context };
}

function versionNotFound({ registry, name, version }: TarballRequest): EntrepotError {
  return new EntrepotError("version-not-found", {
    message:
      filteredText(registry, name.full) ?? `The registry "${registry.name}" has no ${name.full}@${version}.`,
  });
}

function ignore(): void {
  // Whoever awaits the promise itself gets the error.
}
