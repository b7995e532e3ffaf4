/**
 * Advisory data: feeds of vulnerabilities and malware, what was written here, and the index that answers what is known
 * of a package. Data is taken over whole or not at all: a feed that is empty, cut or malformed leaves what there was in
 * force and raises an alarm. It says what is known and judges nothing: that is for the firewall.
 */
export { createAdvisories } from "./advisories.ts";
export type { Advisories, AdvisoriesDeps, BundleOptions, FormerAdvisories } from "./advisories.ts";
export type { AdvisoryState, FeedState } from "./advisory-state.ts";
export type { ImportReport } from "./bundle.ts";
export { advisoryDigests } from "./epoch-rows.ts";
export type { Epoch, EpochFeed } from "./epoch-rows.ts";
export { findIn } from "./found-advisory.ts";
export type { FoundAdvisory } from "./found-advisory.ts";
export type { OwnAdvisory } from "./own-advisories.ts";
export { checkedRecord, recordOfShort } from "./own-record.ts";
export type { OwnRecord, ShortAdvisory } from "./own-record.ts";
export type { SyncOptions, SyncReport } from "./sync-feeds.ts";
