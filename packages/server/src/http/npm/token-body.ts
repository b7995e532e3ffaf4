import { EntrepotError, READING, type Permission } from "@entrepot/core";
import type { TokenScope } from "../../identity/index.ts";

/** What a client asks for when it makes a token. */
export interface TokenWish {
  name: string;
  description: string;
  password: string;
  scope: TokenScope;
  /** Null for a token without end. */
  expiresInDays: number | null;
  /** False when nothing was said of permissions, so that the server's default was taken. */
  isExplicit: boolean;
}

/** What a token gets of which nothing else is said. */
export type TokenDefault = "read-only" | "read-write";

type Level = "no-access" | "read-only" | "read-write";
type Body = Readonly<Record<string, unknown>>;

const LEVELS: readonly string[] = ["no-access", "read-only", "read-write"] satisfies Level[];
const DAYS_MAX = 3650;
const ENTRIES_MAX = 500;
const NAME_CHARS_MAX = 255;

const PACKAGE_PERMISSIONS: Readonly<Record<Level, readonly Permission[]>> = {
  "no-access": [],
  "read-only": ["view", "download"],
  "read-write": ["view", "download", "publish", "tag", "deprecate", "unpublish", "manage-access"],
};
const TEAM_PERMISSIONS: Readonly<Record<Level, readonly Permission[]>> = {
  "no-access": [],
  "read-only": ["view-teams"],
  "read-write": ["view-teams", "manage-teams"],
};
/** All that clients can do by the protocol, and no administration. */
const WRITING: readonly Permission[] = [
  ...new Set([...READING, ...PACKAGE_PERMISSIONS["read-write"], ...TEAM_PERMISSIONS["read-write"]]),
];

/**
 * Reads the body of `POST /-/npm/v1/tokens`, as npm 11 writes it (granular), as npm 10 does (`readonly`), and with the
 * names that npm's documentation has. Throws `request-invalid`, also for a token that could do nothing.
 */
export function readTokenBody(value: unknown, fallback: TokenDefault): TokenWish {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid("The body must be a JSON object with password and name.");
  }
  const body = value as Body;
  const password = body["password"];
  if (typeof password !== "string" || password === "") {
    throw invalid("A token is made with your password; the body has none.");
  }
  const granted = grantedBy(body);
  return {
    password,
    name: textOf(body, "name") ?? "npm token create",
    description: textOf(body, "description") ?? textOf(body, "token_description") ?? "",
    scope: { ...(granted ?? plainScope(body, fallback)), networks: networksOf(body), registries: null },
    expiresInDays: daysOf(body["expires"]),
    isExplicit: granted !== null || body["readonly"] !== undefined,
  };
}

interface Granted extends Pick<TokenScope, "packages" | "organizations"> {
  permissions: readonly Permission[];
}

/** What the granular fields grant; null when there are none. */
function grantedBy(body: Body): Granted | null {
  const onPackages = packagesGranted(body);
  const onTeams = teamsGranted(body);
  if (onPackages === null && onTeams === null) return null;
  const permissions = [...(onPackages?.permissions ?? []), ...(onTeams?.permissions ?? [])];
  if (permissions.length === 0) throw invalid("This token would be allowed nothing; give it some access.");
  return {
    permissions,
    packages: onPackages?.packages ?? null,
    organizations: onTeams?.organizations ?? [],
  };
}

function packagesGranted(body: Body): Pick<Granted, "permissions" | "packages"> | null {
  const names = listOf(body, "packages");
  const scopes = listOf(body, "scopes");
  const isAll = body["packages_all"] === true;
  const isNamed = names !== null || scopes !== null;
  const level = levelOf(body, "packages_and_scopes_permission", isNamed || isAll);
  if (level === null) return null;
  if (level !== "no-access" && !isNamed && !isAll) {
    throw invalid("Name the packages, scopes, or packages_all that packages_and_scopes_permission is for.");
  }
  const patterns = [...(names ?? []), ...(scopes ?? []).map(patternOfScope)];
  return { permissions: [...PACKAGE_PERMISSIONS[level]], packages: isAll || !isNamed ? null : patterns };
}

function teamsGranted(body: Body): Pick<Granted, "permissions" | "organizations"> | null {
  const organizations = listOf(body, "orgs")?.map((name) => name.replace(/^@/, "").toLowerCase()) ?? null;
  const level = levelOf(body, "orgs_permission", organizations !== null);
  if (level === null) return null;
  if (level !== "no-access" && organizations === null) {
    throw invalid("Name the organizations in orgs that orgs_permission is for.");
  }
  return { permissions: [...TEAM_PERMISSIONS[level]], organizations };
}

function plainScope(body: Body, fallback: TokenDefault): Granted {
  const { readonly } = body;
  if (readonly !== undefined && typeof readonly !== "boolean") throw invalid('"readonly" is true or false.');
  const isReadOnly = readonly ?? fallback === "read-only";
  return { permissions: isReadOnly ? [...READING] : WRITING, packages: null, organizations: null };
}

function levelOf(body: Body, key: string, hasTargets: boolean): Level | null {
  const value = body[key];
  if (value === undefined || value === null) return hasTargets ? "read-only" : null;
  if (typeof value === "string" && LEVELS.includes(value)) return value as Level;
  throw invalid(`"${key}" is one of ${LEVELS.join(", ")}.`);
}

function patternOfScope(scope: string): string {
  return `${scope.startsWith("@") ? scope : `@${scope}`}/*`;
}

function networksOf(body: Body): readonly string[] | null {
  const list = listOf(body, "cidr_whitelist") ?? listOf(body, "cidr");
  return list === null || list.length === 0 ? null : list;
}

function daysOf(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= DAYS_MAX) return value;
  throw invalid(`"expires" is a whole number of days from 1 to ${DAYS_MAX}.`);
}

function textOf(body: Body, key: string): string | null {
  const value = body[key];
  if (value === undefined || value === null || value === "") return null;
  if (typeof value === "string") return value;
  throw invalid(`"${key}" is a text.`);
}

// npm sends a list; some send one text. Names hold no comma, and npm leaves `--packages=left,right` in one piece.
function listOf(body: Body, key: string): readonly string[] | null {
  const value = body[key];
  if (value === undefined || value === null) return null;
  const sent: unknown[] = Array.isArray(value) ? value : [value];
  const list = sent.flatMap((entry) =>
    typeof entry === "string" ? entry.split(",").map((name) => name.trim()) : [entry],
  );
  if (list.length > ENTRIES_MAX) throw invalid(`"${key}" has at most ${ENTRIES_MAX} entries.`);
  if (list.every((entry) => typeof entry === "string" && entry !== "" && entry.length <= NAME_CHARS_MAX)) {
    return list as string[];
  }
  throw invalid(`"${key}" is a list of names.`);
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}
