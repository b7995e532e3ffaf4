import type { Generated } from "kysely";
import type { BrowseTables } from "./browse-tables.ts";
import type {
  AdvisoryEpochsTable,
  AdvisoryFeedsTable,
  AssessmentsTable,
  AssessmentTypesTable,
  DecisionsTable,
  ExceptionsTable,
  FindingsTable,
  FirstSeenVersionsTable,
  IntegrityChangesTable,
  PackageChecksTable,
  PackageMarksTable,
  UpstreamDisagreementsTable,
  NoticesTable,
  OwnAdvisoriesTable,
  PolicyRulesTable,
  SigningKeysTable,
  TarballContentsTable,
  VersionAttestationsTable,
  VersionProofsTable,
} from "./firewall-tables.ts";
import type { RegistriesTable } from "./registry-tables.ts";
import type { InvitationsTable, SessionsTable, WebLoginsTable } from "./session-tables.ts";

/*
 * The tables, once for both databases. Conventions: times are milliseconds since 1970 (`_at`), flags are 0 or 1,
 * ids are random text, JSON is text and named for what it holds. `folded` names are lower case.
 */

type Flag = 0 | 1;

interface SettingsTable {
  key: string;
  value: string;
}

interface WorkspacesTable {
  id: string;
  name: string;
  /** Host name that selects the workspace; null for the one that answers every other host. */
  host: string | null;
  created_at: number;
}

interface UpstreamsTable {
  id: string;
  workspace_id: string;
  name: string;
  /** Base URL with a trailing slash. */
  url: string;
  /** Encrypted credential, sent to this upstream's origin only; null for none. */
  credential: string | null;
  /** JSON of the optional settings: allowed hosts, time-outs, freshness. */
  settings: string;
  managed: Flag;
  created_at: number;
  updated_at: number;
}

interface RegistryUpstreamsTable {
  registry_id: string;
  upstream_id: string;
  /** Asked in ascending order. */
  position: number;
  /** JSON of the name patterns that it is asked for, and of those that it is not; null for all names. */
  filter: string | null;
}

interface ClaimsTable {
  registry_id: string;
  /** `name`, `@scope/*` or `prefix-*`; a claimed name is never asked upstream. */
  pattern: string;
  created_by: string;
  created_at: number;
}

interface RegistryGroupsTable {
  registry_id: string;
  /** Lower case, formed like a registry's name. */
  group_name: string;
}

interface AccessRulesTable {
  id: string;
  workspace_id: string;
  effect: "grant" | "restrict";
  subject: "user" | "team" | "everyone" | "authenticated" | "anonymous";
  /** Set for the subject `user`. */
  user_id: string | null;
  /** Set for the subject `team`. */
  team_id: string | null;
  /** JSON list of permissions. */
  permissions: string;
  registry_id: string | null;
  group_name: string | null;
  /** Name pattern of packages; null for all. */
  packages: string | null;
  created_by: string;
  created_at: number;
}

interface OrganizationsTable {
  id: string;
  workspace_id: string;
  /** Folded, without the `@` of its scope. */
  name: string;
  created_at: number;
}

interface OrganizationMembersTable {
  organization_id: string;
  user_id: string;
  role: "owner" | "admin" | "developer";
  added_at: number;
}

interface TeamsTable {
  id: string;
  organization_id: string;
  /** Folded. */
  name: string;
  description: string;
  created_at: number;
}

interface TeamMembersTable {
  team_id: string;
  user_id: string;
}

interface UsersTable {
  id: string;
  workspace_id: string;
  /** Folded; unique in the workspace. */
  name: string;
  display_name: string;
  /** As the user says it; empty when they do not. */
  full_name: string;
  email: string | null;
  /** Argon2id in PHC form. */
  password_hash: string | null;
  role: "owner" | "admin" | "developer" | "read-only";
  /** 1 while the password is one that the server made up. */
  must_change_password: Flag;
  disabled_at: number | null;
  created_at: number;
  updated_at: number;
}

interface TokensTable {
  id: string;
  workspace_id: string;
  /** Null for a key that belongs to nobody. */
  user_id: string | null;
  /** How it came to be and what may be done with it: see `identity/tokens.ts`. */
  kind: "personal" | "login" | "ci" | "feed" | "system";
  name: string;
  description: string;
  /** SHA-256 of the secret, hexadecimal; unique. */
  secret_hash: string;
  /** Last four characters of the secret. */
  hint: string;
  /** JSON list; null for all that its user may do. */
  permissions: string | null;
  /** JSON `{ ids, groups }`; null for every registry. */
  registries: string | null;
  /** JSON list of name patterns; null for every package. */
  packages: string | null;
  /** JSON list of names; null for every organization. */
  organizations: string | null;
  /** JSON list of CIDR ranges; null for everywhere. */
  networks: string | null;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  last_used_address: string | null;
  /** What of its requests is recorded in the audit trail beside their lines. */
  log_level: "none" | "request" | "response" | "both";
  revoked_at: number | null;
}

interface PackagesTable {
  id: string;
  registry_id: string;
  name: string;
  /** Counts every write; `_rev` is made from it. */
  revision: number;
  /** JSON `[{name,email}]`. */
  maintainers: string;
  /** README of the version that `latest` names. */
  readme: string;
  readme_filename: string;
  created_at: number;
  /** Moves only when what can be installed changes. */
  modified_at: number;
  /** Set when the whole package was unpublished; the name stays local. */
  removed_at: number | null;
  /** JSON of `time.unpublished`. */
  tombstone: string | null;
}

interface VersionsTable {
  id: string;
  package_id: string;
  version: string;
  /** Full manifest as JSON whose last member is `dist` and whose last member there is an empty `tarball`. */
  full_slice: string;
  /** The abbreviated manifest in the same form. */
  abbreviated_slice: string;
  /** JSON of the facts that policy reads. */
  facts: string;
  /** SHA-512 of the tarball, hexadecimal: its key in the blob store. */
  digest: string;
  integrity: string;
  shasum: string;
  size_bytes: number;
  published_at: number;
  published_by: string;
  /** JSON: who wrote it, from where, with which credential and client. */
  provenance: string;
  /** JSON of the sigstore bundles that came with the publish. */
  attestations: string | null;
  /** Set when unpublished; the number can never be used again. */
  removed_at: number | null;
}

interface VersionReadmesTable {
  package_id: string;
  version: string;
  readme: string;
  readme_filename: string;
}

interface DistTagsTable {
  package_id: string;
  tag: string;
  version: string;
  updated_at: number;
  updated_by: string;
}

interface UpstreamDocumentsTable {
  upstream_id: string;
  /** Base URL that was asked: what another URL of the same upstream said counts no longer. */
  upstream_url: string;
  name: string;
  state: "present" | "absent";
  /** SHA-512, hexadecimal, of the document as it came, gzip-compressed; null when absent. */
  document_digest: string | null;
  etag: string | null;
  last_modified: string | null;
  fetched_at: number;
  checked_at: number;
  /** A small document's own bytes; null when they are a blob, or when absent. */
  document: Uint8Array | null;
}

interface CachedVersionsTable {
  registry_id: string;
  upstream_id: string;
  name: string;
  version: string;
  digest: string;
  integrity: string;
  shasum: string | null;
  size_bytes: number;
  cached_at: number;
  cached_by: string | null;
}

interface VersionStatusesTable {
  /** Empty text: every registry of the workspace. */
  registry_id: string;
  workspace_id: string;
  name: string;
  /** Exact version, or `*` for all. */
  version: string;
  status: "blocked" | "held" | "allowed";
  reason: string;
  set_by: string;
  set_at: number;
}

interface ChangesTable {
  /** Ascends in the order of commits; gaps are possible, a second use of a number is not. */
  seq: Generated<number>;
  workspace_id: string;
  registry_id: string | null;
  package: string | null;
  kind: string;
  actor: string;
  at: number;
  /** JSON. */
  detail: string;
}

interface AuditEventsTable {
  /** Ascends in the order of commits; gaps are possible, a second use of a number is not. */
  seq: Generated<number>;
  workspace_id: string;
  at: number;
  kind: string;
  actor: string;
  /** Id of a token, or `password`; null for the server itself and for nobody. */
  credential: string | null;
  address: string | null;
  client: string | null;
  registry_id: string | null;
  /** The registry's name at that time. */
  registry: string | null;
  package: string | null;
  result: "done" | "refused" | "failed";
  /** JSON. */
  detail: string;
  /** SHA-256, hexadecimal, over this event and the hash of the one before; null until sealed. */
  hash: string | null;
}

interface JobsTable {
  /** Random text, or `schedule:<name>:<time>` for the one job of a schedule's tick. */
  id: string;
  kind: string;
  /** JSON. */
  payload: string;
  state: "waiting" | "running" | "done" | "failed";
  /** Waiting jobs with the same key are one job. */
  dedupe_key: string | null;
  run_at: number;
  attempts: number;
  attempts_max: number;
  lease_owner: string | null;
  lease_until: number | null;
  last_error: string | null;
  /** JSON `{ name: number }` of what the handler counted; readable while it runs. */
  counts: string;
  created_at: number;
  finished_at: number | null;
}

interface JobLinesTable {
  job_id: string;
  /** Which attempt wrote the line, from 1. */
  attempt: number;
  line: number;
  at: number;
  text: string;
}

/** Every table by name. */
export interface Schema extends BrowseTables {
  settings: SettingsTable;
  workspaces: WorkspacesTable;
  registries: RegistriesTable;
  upstreams: UpstreamsTable;
  registry_upstreams: RegistryUpstreamsTable;
  claims: ClaimsTable;
  registry_groups: RegistryGroupsTable;
  access_rules: AccessRulesTable;
  organizations: OrganizationsTable;
  organization_members: OrganizationMembersTable;
  teams: TeamsTable;
  team_members: TeamMembersTable;
  users: UsersTable;
  tokens: TokensTable;
  sessions: SessionsTable;
  web_logins: WebLoginsTable;
  invitations: InvitationsTable;
  packages: PackagesTable;
  versions: VersionsTable;
  version_readmes: VersionReadmesTable;
  dist_tags: DistTagsTable;
  upstream_documents: UpstreamDocumentsTable;
  cached_versions: CachedVersionsTable;
  version_statuses: VersionStatusesTable;
  package_marks: PackageMarksTable;
  findings: FindingsTable;
  package_checks: PackageChecksTable;
  upstream_disagreements: UpstreamDisagreementsTable;
  advisory_epochs: AdvisoryEpochsTable;
  advisory_feeds: AdvisoryFeedsTable;
  own_advisories: OwnAdvisoriesTable;
  policy_rules: PolicyRulesTable;
  exceptions: ExceptionsTable;
  assessment_types: AssessmentTypesTable;
  assessments: AssessmentsTable;
  integrity_changes: IntegrityChangesTable;
  first_seen_versions: FirstSeenVersionsTable;
  tarball_contents: TarballContentsTable;
  version_proofs: VersionProofsTable;
  version_attestations: VersionAttestationsTable;
  signing_keys: SigningKeysTable;
  decisions: DecisionsTable;
  notices: NoticesTable;
  changes: ChangesTable;
  audit_events: AuditEventsTable;
  jobs: JobsTable;
  job_lines: JobLinesTable;
}
