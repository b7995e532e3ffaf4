import type { Upstream } from "../upstream/index.ts";
import type { AuditMode } from "./audit-setting.ts";
import type { UpstreamFilter } from "./upstream-filter.ts";

/** A registry with all that reading needs; a value, replaced as a whole when anything of it changes. */
export interface Registry {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly description: string;
  /** True when reading needs no credential. */
  readonly anonymousRead: boolean;
  /** False hides it: its endpoint answers 404, its data stays. */
  readonly active: boolean;
  readonly host: string | null;
  /** Names of groups that it is in, so that rules of access can be about many registries at once. */
  readonly groups: readonly string[];
  /** True when a version can be published again with other content, by whoever may overwrite. */
  readonly allowOverwrite: boolean;
  /** HTTP status of a read that policy refuses. */
  readonly refusalStatus: 403 | 404;
  /** Where its audits are answered from. */
  readonly audit: RegistryAudit;
  /** `firewall`: made to stand before an upstream. */
  readonly kind: RegistryKind;
  /** True when it takes nothing that another registry server sends on. */
  readonly isProtected: boolean;
  /** Since when it is read-only, in milliseconds; null when it is not frozen. */
  readonly frozenAt: number | null;
  /** True when the configuration file declares it. */
  readonly managed: boolean;
  /** In the order in which they are asked. */
  readonly upstreams: readonly Upstream[];
  /** By the upstream's id, of those that are asked for some names only; see `upstreamsFor`. */
  readonly filters: ReadonlyMap<string, UpstreamFilter>;
  /** Name patterns that are never asked upstream. */
  readonly claims: readonly string[];
  /** Tells whether a claim covers the name. */
  readonly isClaimed: (name: string) => boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type RegistryKind = "standard" | "firewall";

/** Where a registry's audits are answered from. */
export interface RegistryAudit {
  readonly mode: AuditMode;
  /** Name of the upstream that they are forwarded to, if it is one of the registry's. */
  readonly upstream: string | null;
  /** URL that they are forwarded to instead, with a trailing slash. */
  readonly url: string | null;
}

/** All registries of the process at one moment. */
export interface RegistrySnapshot {
  readonly byName: ReadonlyMap<string, Registry>;
  readonly byId: ReadonlyMap<string, Registry>;
  /** By lower-case host name; without those that the workspace must not bind. */
  readonly byHost: ReadonlyMap<string, Registry>;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** Why an upstream cannot be used, by its id; the others can. */
  readonly upstreamProblems: ReadonlyMap<string, string>;
}
