/**
 * What the JSON API answers, as the server writes it and its clients read it. The server's handlers are typed with
 * these, so that an answer and what a client expects of it cannot part. Times are ISO 8601.
 */
import type { Permission, Role } from "../permissions/permission.ts";

/** One page of a list. */
export interface PageAnswer<T> {
  items: T[];
  /** Give it as `cursor` to get the next page; null on the last. */
  next: string | null;
}

/** A session of a browser. */
export interface SessionAnswer {
  id: string;
  /** What the browser calls itself; null when it does not. */
  client: string | null;
  address: string;
  createdAt: string;
  lastUsedAt: string;
  endsAt: string;
  isThisOne: boolean;
}

/** Who asks, and what a browser needs to go on: `GET /session`. */
export interface SelfAnswer {
  user: string;
  role: Role;
  /** The kind of credential that was shown. */
  via: "password" | "token" | "session";
  /** Null when the credential was no session's. */
  session: SessionAnswer | null;
  /** To be shown as `x-entrepot-csrf` with every change; null without a session. */
  csrf: string | null;
  /** What this user may do on the workspace as a whole. */
  may: Permission[];
}

/** A client that waits to be logged in by browser: `GET /web-logins/REGISTRY/LOGIN`. */
export interface WebLoginAnswer {
  /** What the client calls itself; empty when it does not. */
  client: string;
  address: string;
  /** True where it was begun at another address than that of who asks. */
  isOtherAddress: boolean;
  registry: string;
  /** Where its token counts: everywhere, or in the registry alone. */
  reach: "all" | "registry";
}

/** What a registry passes of an upstream's names, as patterns. */
export interface FilterAnswer {
  upstream: string;
  allow: readonly string[];
  block: readonly string[];
}

/** A registry with its settings. */
export interface RegistryAnswer {
  name: string;
  description: string;
  url: string;
  anonymousRead: boolean;
  active: boolean;
  host: string | null;
  allowOverwrite: boolean;
  refusalStatus: 403 | 404;
  audit: "own" | "off" | "forward";
  auditUpstream: string | null;
  auditUrl: string | null;
  /** `firewall`: made to stand before an upstream, with its rules in force from the start. */
  kind: "standard" | "firewall";
  /** Takes nothing that another registry server sends on. */
  protected: boolean;
  frozen: boolean;
  frozenSince: string | null;
  /** True of one that the configuration declares. */
  managed: boolean;
  /** Names, in the order in which they are asked. */
  upstreams: string[];
  filters: FilterAnswer[];
  claims: readonly string[];
  groups: readonly string[];
  createdAt: string;
  updatedAt: string;
}

/** One registry, with what only who looks at it is told. */
export interface ShownRegistryAnswer extends RegistryAnswer {
  /** What whoever runs the registry should know of how it is set up. */
  warnings: string[];
  /** What who asks may do in this registry. */
  may: Permission[];
}

/** An upstream: whether it has a credential, never the credential. */
export interface UpstreamAnswer {
  name: string;
  url: string;
  hasCredential: boolean;
  /** Why it cannot be used; null when it can. */
  problem: string | null;
  allowedHosts: readonly string[];
  freshSeconds: number;
  timeoutMs: number;
  /** Whether its publish times are believed. */
  trustPublishTimes: boolean;
  health: UpstreamHealthAnswer;
}

/** How an upstream answered lately. Times are milliseconds since 1970. */
export interface UpstreamHealthAnswer {
  state: "closed" | "open" | "half-open";
  lastError: string | null;
  lastErrorAt: number | null;
  lastSuccessAt: number | null;
  failingSince: number | null;
  refusesUntil: number | null;
  waiting: number;
  /** How long requests took lately; null before the first. */
  meanMs: number | null;
}

/** A version in a registry's list. `status` and what follows are told only to who manages the registry. */
export interface ListedVersionAnswer {
  name: string;
  version: string;
  /** `local`: published here; `cached`: came from an upstream. */
  origin: "local" | "cached";
  sizeBytes: number;
  integrity: string;
  at: string;
  by: string | null;
  status?: string;
  reason?: string | null;
  isUnlisted?: boolean;
}
