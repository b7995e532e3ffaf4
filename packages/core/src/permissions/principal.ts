import type { Permission, Role } from "./permission.ts";

/** What a token was made for; it narrows what its user may do and never widens it. Null: no limit of that kind. */
export interface TokenLimits {
  permissions: ReadonlySet<Permission> | null;
  /** Registries by id, and groups of registries by name. */
  registries: { ids: ReadonlySet<string>; groups: ReadonlySet<string> } | null;
  /** Name patterns, as {@link parseNamePattern} reads them. */
  packages: readonly string[] | null;
  /** Names of organizations that it may see or manage. */
  organizations: ReadonlySet<string> | null;
}

/** What of a credential's requests is recorded, and under which name. */
export interface UseLog {
  /** Of the token or key. */
  name: string;
  level: "request" | "response" | "both";
}

/** A user, by whatever credential. */
export interface UserPrincipal {
  kind: "user";
  userId: string;
  name: string;
  role: Role;
  via: "password" | "token" | "session";
  /** Of the token or key; null with a password. */
  tokenId: string | null;
  /** Null when the credential may do all that the user may. */
  limits: TokenLimits | null;
  /** True until the user has replaced a one-time password: then the credential opens nothing but that. */
  mustChangePassword: boolean;
  /** Left out where nothing is recorded. */
  log?: UseLog;
}

/** A key that belongs to nobody: it may do what it was made for, and nothing else. */
export interface KeyPrincipal {
  kind: "key";
  /** As people named it. */
  name: string;
  tokenId: string;
  limits: TokenLimits & { permissions: ReadonlySet<Permission> };
  /** Left out where nothing is recorded. */
  log?: UseLog;
}

/** Who asks. */
export type Principal = { kind: "anonymous" } | UserPrincipal | KeyPrincipal;
