import type { Generated } from "kysely";
import type { Severity } from "@entrepot/core";

/** A state of the advisory data that was complete; they are kept for a while, the newest one counts. */
export interface AdvisoryEpochsTable {
  /** Ascends; the policy in force names one. */
  id: Generated<number>;
  created_at: number;
  /** How it came to be. */
  origin: "sync" | "import" | "own" | "rollback";
  /** User who asked for it, or the server. */
  created_by: string;
  /** SHA-512, hexadecimal, of the index in the blob store, gzip-compressed. */
  index_digest: string;
  /** Size of the index as it is read, uncompressed. */
  index_bytes: number;
  /** The same for an index of what was written here; null without any. */
  own_digest: string | null;
  own_bytes: number | null;
  advisories: number;
  packages: number;
  /** JSON: what each feed contributed, and how old that was. */
  feeds: string;
}

/** What is known of each feed of advisory data. */
export interface AdvisoryFeedsTable {
  name: string;
  kind: "osv" | "kev" | "epss";
  /** Where it was fetched from last; another one begins anew. */
  url: string;
  etag: string | null;
  last_modified: string | null;
  /** Newest time of change among its records, milliseconds; null before the first. */
  newest_at: number | null;
  /** When its content was last taken over, and when it was last known to be current. */
  fetched_at: number | null;
  checked_at: number | null;
  /** SHA-512, hexadecimal, of its records in the blob store. */
  snapshot_digest: string | null;
  records: number;
  /** When the last attempt failed and why; null after one that did not. */
  failed_at: number | null;
  failure: string | null;
}

/** Advisories that were written here. */
export interface OwnAdvisoriesTable {
  id: string;
  /** JSON of an OSV record. */
  record: string;
  created_by: string;
  created_at: number;
  updated_at: number;
}

/** What was chosen for a rule, in a workspace, a registry, or for packages there. */
export interface PolicyRulesTable {
  workspace_id: string;
  /** Empty: every registry. */
  registry_id: string;
  /** Name pattern; empty: every package. */
  packages: string;
  /** A rule's id, or `profile`. */
  rule: string;
  /** Null: as elsewhere. */
  mode: "off" | "shadow" | "enforce" | null;
  /** JSON of the options that differ from what holds elsewhere; of a profile its name. */
  options: string;
  /** 1 if the configuration file declares it; then API and CLI may not change what is chosen there. */
  managed: 0 | 1;
  set_by: string;
  set_at: number;
}

/** Exceptions from rules, from the wish for one to its end. */
export interface ExceptionsTable {
  id: string;
  workspace_id: string;
  /** Empty: every registry. */
  registry_id: string;
  /** Exact name or `@scope/*`. */
  packages: string;
  version_range: string;
  /** JSON list of rules; null for all that can be lifted. */
  rules: string | null;
  state: "requested" | "approved" | "rejected" | "revoked";
  reason: string;
  owner: string;
  created_at: number;
  /** JSON list of the names of those who agreed. */
  approved_by: string;
  /** Null while it is only wished for, and for one that does not end by itself. */
  expires_at: number | null;
  /** How long it is to hold from its approval, in milliseconds; null where the time of its end is fixed. */
  lasts_ms: number | null;
  /** Who last decided on it, when, and what they said. */
  decided_by: string | null;
  decided_at: number | null;
  note: string;
}

/** Types of assessments that were made up here, beside those that are always there. */
export interface AssessmentTypesTable {
  workspace_id: string;
  name: string;
  /** `#rrggbb`, for pages. */
  colour: string;
  /** In place of the advisory's own; `none`: it does not count. Null: the advisory's own. */
  severity: Severity | null;
  /** After how many days such an assessment ends if nothing else is said; null: never. */
  days: number | null;
  set_by: string;
  set_at: number;
}

/** What people made of advisories. */
export interface AssessmentsTable {
  workspace_id: string;
  /** Empty: every registry. */
  registry_id: string;
  /** Id or alias. */
  advisory: string;
  /** One that is always there, or the name of one that was made up. */
  type: string;
  comment: string;
  set_by: string;
  set_at: number;
  expires_at: number | null;
}

/** Versions whose integrity an upstream changed after it was first seen. */
export interface IntegrityChangesTable {
  upstream_id: string;
  name: string;
  version: string;
  first_integrity: string;
  new_integrity: string;
  seen_at: number;
}

/** When versions were first seen at an upstream, of those whose publish time says too little. */
export interface FirstSeenVersionsTable {
  upstream_id: string;
  name: string;
  version: string;
  seen_at: number;
}

/** What is in tarballs of upstreams that were looked at. */
export interface TarballContentsTable {
  name: string;
  version: string;
  /** Integrity that the upstream promised; with it, of which tarball this is. */
  integrity: string;
  /** JSON of what policy reads. */
  content: string;
  inspected_at: number;
}

/** What was verified of where versions of upstreams come from. */
export interface VersionProofsTable {
  upstream_id: string;
  name: string;
  version: string;
  /** Integrity that the upstream promised; empty if it promised none. */
  integrity: string;
  /** JSON of what policy reads. */
  proof: string;
  /** SHA-256, hexadecimal, of the trust root that it was verified by. */
  trust_root: string;
  verified_at: number;
}

/** Attestations of versions of upstreams, as they came. */
export interface VersionAttestationsTable {
  upstream_id: string;
  name: string;
  version: string;
  integrity: string;
  /** The upstream's answer, JSON. */
  attestations: string;
  fetched_at: number;
}

/** Keys by which upstreams sign. One that an upstream shows no longer stays: it is good for what it signed. */
export interface SigningKeysTable {
  upstream_id: string;
  /** Base URL that was asked: keys of another URL do not count. */
  upstream_url: string;
  keyid: string;
  keytype: string;
  scheme: string;
  /** SPKI in DER, base64. */
  key: string;
  /** ISO 8601; null for no end. */
  expires: string | null;
  seen_at: number;
}

/** What was served and what was refused. No foreign keys: it outlives what it speaks of. */
export interface DecisionsTable {
  seq: Generated<number>;
  workspace_id: string;
  at: number;
  registry_id: string;
  /** The registry's name at that time. */
  registry: string;
  name: string;
  version: string;
  outcome: "served" | "refused" | "withheld";
  purpose: string;
  /** The rule that refused; null for what was served by default. */
  rule: string | null;
  reason: string | null;
  until: number | null;
  principal: string;
  /** Id of a token, or `password`; null for nobody. */
  credential: string | null;
  address: string;
  /** The client's user agent. */
  client: string;
  /** What the client says it is working on. */
  project: string | null;
  /** How often the very same happened within about a second. */
  count: number;
  /** Of a refusal: when the user was told that it does not hold any more. */
  told_at: Generated<number | null>;
}

/** What people are to be told when they look. */
export interface NoticesTable {
  id: string;
  workspace_id: string;
  /** Folded name of the user. */
  user_name: string;
  kind: string;
  text: string;
  created_at: number;
  read_at: number | null;
}

/** Versions that upstreams of one registry have with different content. */
export interface UpstreamDisagreementsTable {
  registry_id: string;
  name: string;
  version: string;
  served_upstream_id: string;
  other_upstream_id: string;
  served_integrity: string;
  other_integrity: string;
  seen_at: number;
}

/** What operators said of versions beside whether they may be had. */
export interface PackageMarksTable {
  workspace_id: string;
  /** Empty text: every registry of the workspace. */
  registry_id: string;
  name: string;
  /** Exact version, or `*` for all. */
  version: string;
  mark: "deprecated" | "unlisted";
  reason: string;
  set_by: string;
  set_at: number;
}

/** What somebody has to look at: what rules say of versions that are here, or that were asked for. */
export interface FindingsTable {
  id: string;
  workspace_id: string;
  registry_id: string;
  name: string;
  version: string;
  /** A rule's id, or `upstreams-disagree`. */
  rule: string;
  mode: "shadow" | "enforce";
  result: "warn" | "noncompliant";
  /** The version is kept here, was refused to somebody, or is what an upstream's `latest` names. */
  presence: "stored" | "refused" | "reachable";
  reason: string;
  /** JSON of the rule's evidence. */
  evidence: string;
  state: "open" | "closed";
  opened_at: number;
  closed_at: number | null;
  /** User who closed it; null where a check found nothing any more. */
  closed_by: string | null;
  /** 1 if somebody said that it may stay as it is: a check opens it again only when it says something else. */
  is_settled: 0 | 1;
  note: string;
}

/** What the last check of each package in a registry said. */
export interface PackageChecksTable {
  registry_id: string;
  name: string;
  checked_at: number;
  /** Tells what advisories there were from others; empty where there were none. */
  advisories: string;
  /** JSON of the compliance of each version that was looked at. */
  results: string;
}
