import {
  EntrepotError,
  matchesNamePattern,
  parseNamePattern,
  PERMISSIONS,
  READING,
  type Permission,
  type TokenLimits,
} from "@entrepot/core";
import type { Schema } from "../db/index.ts";
import { checkedNetworks, isWithin } from "./networks.ts";

/** What a token is for, in plain values; null sets no limit of that kind. */
export interface TokenScope {
  permissions: readonly Permission[] | null;
  /** Registries by id, groups of registries by name. */
  registries: { ids: readonly string[]; groups: readonly string[] } | null;
  /** Name patterns. */
  packages: readonly string[] | null;
  /** Names of organizations. */
  organizations: readonly string[] | null;
  /** CIDR ranges from which it may be used. */
  networks: readonly string[] | null;
}

/** All that its user may do, from everywhere. */
export const UNLIMITED: TokenScope = {
  permissions: null,
  registries: null,
  packages: null,
  organizations: null,
  networks: null,
};

const ENTRIES_MAX = 500;

type ScopeColumns = Pick<
  Schema["tokens"],
  "permissions" | "registries" | "packages" | "organizations" | "networks"
>;

/** Checks what a token shall be for. Throws request-invalid, also for a token that could do nothing. */
export function checkedScope(scope: TokenScope): TokenScope {
  const { registries, packages, networks, organizations } = scope;
  assertSize("permission", scope.permissions);
  assertSize("registry", registries === null ? null : [...registries.ids, ...registries.groups]);
  assertSize("package", packages);
  assertSize("network", networks);
  // None at all is a sensible limit here: a token that has nothing to do with organizations.
  if (organizations !== null && organizations.length > 0) assertSize("organization", organizations);
  for (const pattern of packages ?? []) parseNamePattern(pattern);
  return { ...scope, networks: networks === null ? null : checkedNetworks(networks) };
}

function assertSize(what: string, list: readonly string[] | null): void {
  if (list === null) return;
  if (list.length === 0) throw invalid(`A token with this kind of limit needs at least one ${what}.`);
  if (list.length > ENTRIES_MAX) throw invalid(`A token's limits have at most ${ENTRIES_MAX} entries each.`);
}

/** What the gate of permissions needs to know of a scope; null for no limit. */
export function limitsOf({
  permissions,
  registries,
  packages,
  organizations,
}: TokenScope): TokenLimits | null {
  if (permissions === null && registries === null && packages === null && organizations === null) return null;
  return {
    permissions: permissions === null ? null : new Set(permissions),
    registries:
      registries === null ? null : { ids: new Set(registries.ids), groups: new Set(registries.groups) },
    packages,
    organizations: organizations === null ? null : new Set(organizations),
  };
}

/** Tells whether nothing can be changed with it. */
export function isReadOnly({ permissions }: Pick<TokenScope, "permissions">): boolean {
  return permissions !== null && permissions.every((permission) => READING.has(permission));
}

/** The scope as the table keeps it. */
export function columnsOfScope(scope: TokenScope): ScopeColumns {
  return {
    permissions: jsonOf(scope.permissions),
    registries: jsonOf(scope.registries),
    packages: jsonOf(scope.packages),
    organizations: jsonOf(scope.organizations),
    networks: jsonOf(scope.networks),
  };
}

/** The scope that a row of the table keeps. A permission that this version does not know gives nothing. */
export function scopeOfColumns(row: ScopeColumns): TokenScope {
  return {
    permissions: parsed<Permission[]>(row.permissions)?.filter((held) => PERMISSIONS.includes(held)) ?? null,
    registries: parsed(row.registries),
    packages: parsed(row.packages),
    organizations: parsed(row.organizations),
    networks: parsed(row.networks),
  };
}

/**
 * What a token may be that is made with another one: what the maker does not limit is as wanted; what is not said is as
 * the maker. Throws permission-denied for more than the maker.
 */
export function narrowed(wanted: TokenScope, maker: TokenScope): TokenScope {
  return {
    permissions: within(wanted.permissions, maker.permissions, (one, held) => held.includes(one)),
    registries: registriesWithin(wanted, maker),
    packages: within(wanted.packages, maker.packages, isCovered),
    organizations: within(wanted.organizations, maker.organizations, (one, held) => held.includes(one)),
    networks: within(wanted.networks, maker.networks, isWithin),
  };
}

function within<T>(
  wanted: readonly T[] | null,
  held: readonly T[] | null,
  fits: (one: T, held: readonly T[]) => boolean,
): readonly T[] | null {
  if (held === null) return wanted;
  if (wanted === null) return held;
  if (wanted.every((one) => fits(one, held))) return wanted;
  throw moreThanMaker();
}

function registriesWithin({ registries: wanted }: TokenScope, maker: TokenScope): TokenScope["registries"] {
  const held = maker.registries;
  if (held === null || wanted === null) return wanted ?? held;
  const isInside =
    wanted.ids.every((id) => held.ids.includes(id)) &&
    wanted.groups.every((name) => held.groups.includes(name));
  if (isInside) return wanted;
  throw moreThanMaker();
}

// A pattern is covered by itself and by a shorter prefix of it; a name by a pattern that it fits.
function isCovered(pattern: string, held: readonly string[]): boolean {
  const name = pattern.endsWith("*") ? pattern.slice(0, -1) : pattern;
  return held.some((other) => other === pattern || (other.endsWith("*") && matchesPrefix(other, name)));
}

function matchesPrefix(pattern: string, name: string): boolean {
  return matchesNamePattern(pattern, name) || name === pattern.slice(0, -1);
}

function moreThanMaker(): EntrepotError {
  return new EntrepotError("permission-denied", {
    message: "A token cannot make one that may do more than itself; log in with your password for that.",
  });
}

function jsonOf(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

function parsed<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T);
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}
