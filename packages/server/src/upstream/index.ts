/**
 * The outbound side: registries elsewhere, what they say and what they send. It asks only when it must, once for all
 * who want the same, keeps documents as they came, and lets no tarball pass that is not what a document promised.
 * Nothing that a client of ours sent (headers, token, address, a package of our own) ever leaves through here, and
 * nothing here knows of registries, rules or rights: who may see what is decided to the right of this folder.
 */
export type { ForwardedAdvisory } from "./audit-answer.ts";
export type { AuditTarget } from "./audits.ts";
export { createUpstreams, type Upstreams, type UpstreamsDeps } from "./create-upstreams.ts";
export type { UpstreamHealth, UpstreamResponse } from "./client.ts";
export { createOutbound, type Outbound, type OutboundDeps } from "./outbound.ts";
export type { ChangedIntegrity, CurrentOptions, SeenVersions } from "./documents.ts";
export type { ProxySettings } from "./proxies.ts";
export type { IntegrityMismatch } from "./tarball-download.ts";
export type { UpstreamHit } from "./searches.ts";
export { createSingleFlight } from "./single-flight.ts";
export type { FetchedTarball, TarballRequest } from "./tarballs.ts";
export {
  type AbsentEntry,
  DEFAULT_UPSTREAM_SETTINGS,
  type DocumentEntry,
  type Upstream,
  type UpstreamEntry,
  type UpstreamLimits,
  type UpstreamSettings,
} from "./upstream.ts";
export { refused as deniedUpstream } from "./upstream-errors.ts";
export { isOwnRequest, isSentOn } from "./via.ts";
