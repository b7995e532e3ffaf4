import type { VersionFacts, ViewOptions } from "@entrepot/core";

import type { BlobStore, StagingArea } from "../blobs/index.ts";
import type { Database } from "../db/index.ts";
import type { Log, Metrics } from "../telemetry/index.ts";
import type { GzipView, ThreadPool } from "../threads/index.ts";
import type { ForwardedAdvisory } from "./audit-answer.ts";
import { createAuditForwarder, type AuditedPackages, type AuditTarget } from "./audits.ts";
import { createUpstreamClient, type UpstreamHealth } from "./client.ts";
import { createDispatchers } from "./dispatchers.ts";
import {
  createDocuments,
  type ChangedIntegrity,
  type CurrentOptions,
  type SeenVersions,
} from "./documents.ts";
import type { ProxySettings } from "./proxies.ts";
import type { IntegrityMismatch } from "./tarball-download.ts";
import { createOriginProofs, type OriginProofs } from "./origin-proofs.ts";
import { createSearches, type SearchQuestion, type UpstreamHit } from "./searches.ts";
import { createTarballs, type FetchedTarball, type TarballRequest } from "./tarballs.ts";
import type { DocumentEntry, Upstream, UpstreamEntry, UpstreamLimits } from "./upstream.ts";

export interface UpstreamsDeps {
  db: Database;
  blobs: BlobStore;
  staging: StagingArea;
  threads: Pick<ThreadPool, "run" | "warm">;
  /** Milliseconds since 1970. */
  now: () => number;
  log: Pick<Log, "warn">;
  proxies: ProxySettings;
  limits: UpstreamLimits;
  /** Who we are to upstreams; the id is what a loop is recognised by. */
  self: { instanceId: string; version: string };
  metrics?: Pick<Metrics, "counter" | "durations">;
  /** An upstream sent other bytes than it promised. They are gone already. */
  onIntegrityMismatch: (event: IntegrityMismatch) => void;
  /** An upstream promises other content for versions that it had already. Nobody sees it before this resolves. */
  onChangedIntegrity: (event: ChangedIntegrity) => Promise<void>;
  /** Told likewise of versions whose publish times say too little, each time they are seen in a new document. */
  onSeenVersions: (event: SeenVersions) => Promise<void>;
}

/**
 * Everything that comes from upstreams. Errors: `upstream-unavailable`, `upstream-timeout` and `upstream-invalid`,
 * each with the upstream's name in its text and details, and `storage-unavailable`.
 */
export interface Upstreams {
  /**
   * What the upstream says of a name, as fresh as its settings ask for. While it fails, what it said before goes on to
   * be served; absence is only what it said itself, by 404 or 410. With `cachedOnly` no request is sent, and null
   * means that nothing is known.
   */
  current(
    upstream: Upstream,
    name: string,
    options?: CurrentOptions & { cachedOnly?: false },
  ): Promise<UpstreamEntry>;
  current(upstream: Upstream, name: string, options: CurrentOptions): Promise<UpstreamEntry | null>;
  /** The view that `current` made when it was called with this very object and took a new document in; once. */
  takeFirstView(entry: DocumentEntry, view: ViewOptions): GzipView | null;
  /** The gzip-compressed document. Lost or torn bytes are fetched again. */
  document(entry: DocumentEntry): Promise<Uint8Array>;
  /** The package index; see core's `indexSummary` and `readVersionFacts`. */
  index(entry: DocumentEntry): Promise<Uint8Array>;
  /** The facts of one version, null if the document has no such version. */
  facts(entry: DocumentEntry, version: string): Promise<VersionFacts | null>;
  /** A tarball that was verified. Throws `version-not-found` too. */
  tarball(upstream: Upstream, request: TarballRequest): Promise<FetchedTarball>;
  /** What another registry says of packages that it is asked about by name and version; see {@link AuditTarget}. */
  audit(
    target: AuditTarget,
    packages: AuditedPackages,
  ): Promise<ReadonlyMap<string, readonly ForwardedAdvisory[]>>;
  /** Packages that the upstream has for some words, the best first. */
  search(upstream: Upstream, question: SearchQuestion): Promise<readonly UpstreamHit[]>;
  /** What proves where packages come from: attestations, and keys of signatures. */
  readonly proofs: OriginProofs;
  health(upstreamId: string): UpstreamHealth;
  /** What documents and indexes in memory take. */
  cacheBytes(): number;
  /** Ends downloads, writes what waits and closes connections. */
  close(): Promise<void>;
}

/** Wires the outbound side together. */
export function createUpstreams(deps: UpstreamsDeps): Upstreams {
  const { blobs, db, limits, log, metrics, now, proxies, self, staging, threads } = deps;
  const dispatchers = createDispatchers({ proxies, connectionsMax: limits.upstreamConnectionsMax });
  const client = createUpstreamClient({ dispatchers, now, self, queueMax: limits.upstreamQueueMax, metrics });
  const { cacheBytesMax, documentBytesMax, tarballBytesMax } = limits;
  const documents = createDocuments({
    client,
    threads,
    now,
    documentBytesMax,
    db,
    blobs,
    log,
    cacheBytesMax,
    onChangedIntegrity: deps.onChangedIntegrity,
    onSeenVersions: deps.onSeenVersions,
  });
  const onIntegrityMismatch = (event: IntegrityMismatch, from: Upstream): void => {
    // Either of them may be wrong.
    documents.doubt(from, { name: event.packageName, version: event.version });
    deps.onIntegrityMismatch(event);
  };
  const audits = createAuditForwarder(client);
  const searches = createSearches(client, now);
  const tarballs = createTarballs({ client, staging, now, tarballBytesMax, onIntegrityMismatch });
  return {
    current: documents.current,
    takeFirstView: documents.takeFirstView,
    document: documents.document,
    index: documents.index,
    facts: documents.facts,
    tarball: (upstream, request) => tarballs.get(upstream, request),
    audit: (target, packages) => audits.ask(target, packages),
    search: (upstream, question) => searches.ask(upstream, question),
    proofs: createOriginProofs(client),
    health: (upstreamId) => client.health(upstreamId),
    cacheBytes: () => documents.cacheBytes(),
    async close() {
      await tarballs.close();
      await dispatchers.close();
      await documents.close();
    },
  };
}
