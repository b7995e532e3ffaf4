import { EntrepotError } from "@entrepot/core";
import { createCurrentValue, type ChangeLog } from "../changes/index.ts";
import type { Database } from "../db/index.ts";
import type { SecretBox } from "../identity/index.ts";
import type { Upstream, UpstreamSettings } from "../upstream/index.ts";
import { compileClaims } from "./claims.ts";
import type { Registry, RegistrySnapshot } from "./registry.ts";
import { openCredential } from "./upstream-credential.ts";
import { compileFilter, type NameFilter, type UpstreamFilter } from "./upstream-filter.ts";

/** The registries and upstreams of the workspace, in memory and as current as the change log. */
export interface Registries {
  snapshot(): RegistrySnapshot | Promise<RegistrySnapshot>;
  /** The snapshot if it is current, without waiting. */
  peek(): RegistrySnapshot | null;
}

export interface RegistriesDeps {
  db: Database;
  workspaceId: string;
  changes: ChangeLog;
  secrets: SecretBox;
  /** What an upstream has where it sets nothing itself. */
  upstreamDefaults: UpstreamSettings;
  /** As the writes ask it: what was bound under other rules answers nothing at that host. */
  hostProblem: (hostName: string) => string | null;
  /** Told once of each upstream that cannot be used. */
  onUpstreamProblem: (upstream: string, problem: string) => void;
}

/** Loads all registries and keeps them current. */
export async function createRegistries(deps: RegistriesDeps): Promise<Registries> {
  const told = new Set<string>();
  async function load(): Promise<RegistrySnapshot> {
    const snapshot = await loadSnapshot(deps);
    for (const { id, name } of snapshot.upstreams.values()) {
      const problem = snapshot.upstreamProblems.get(id);
      if (problem !== undefined && !told.has(id)) deps.onUpstreamProblem(name, problem);
      if (problem === undefined) told.delete(id);
      else told.add(id);
    }
    return snapshot;
  }
  const current = await createCurrentValue(deps.changes, {
    load,
    concerns: (change) => change.kind === "registry-changed" || change.kind === "upstream-changed",
  });
  return { snapshot: () => current.get(), peek: () => current.peek() };
}

/** The registry of a name; inactive ones count as absent. Throws `registry-not-found`. */
export function requireRegistry(snapshot: RegistrySnapshot, name: string): Registry {
  const registry = snapshot.byName.get(name);
  if (registry === undefined || !registry.active) {
    throw new EntrepotError("registry-not-found", {
      message: `There is no registry "${name}" on this server.`,
    });
  }
  return registry;
}

async function loadSnapshot(deps: RegistriesDeps): Promise<RegistrySnapshot> {
  const { db, secrets, upstreamDefaults, workspaceId } = deps;
  const [registryRows, upstreamRows, links, claimRows, groupRows] = await Promise.all([
    db.read
      .selectFrom("registries")
      .selectAll()
      .where("workspace_id", "=", workspaceId)
      .orderBy("name")
      .execute(),
    db.read
      .selectFrom("upstreams")
      .selectAll()
      .where("workspace_id", "=", workspaceId)
      .orderBy("name")
      .execute(),
    db.read.selectFrom("registry_upstreams").selectAll().orderBy("position").execute(),
    db.read.selectFrom("claims").selectAll().orderBy("pattern").execute(),
    db.read.selectFrom("registry_groups").selectAll().orderBy("group_name").execute(),
  ]);
  const upstreams = new Map<string, Upstream>();
  const upstreamProblems = new Map<string, string>();
  for (const row of upstreamRows) {
    const { credential, problem } = openCredential(secrets, row.credential);
    const settings = { ...upstreamDefaults, ...(JSON.parse(row.settings) as Partial<UpstreamSettings>) };
    const upstream = { id: row.id, name: row.name, url: row.url, settings };
    if (problem !== null) upstreamProblems.set(row.id, problem);
    upstreams.set(row.id, problem === null ? { ...upstream, credential } : unusable(upstream, problem));
  }
  const upstreamsOf = groupBy(links, (link) => link.registry_id);
  const groupsOf = groupBy(groupRows, (entry) => entry.registry_id);
  const claimsOf = groupBy(claimRows, (claim) => claim.registry_id);
  const registries = registryRows.map((row): Registry => ({
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    description: row.description,
    anonymousRead: row.anonymous_read === 1,
    active: row.active === 1,
    host: row.host,
    allowOverwrite: row.allow_overwrite === 1,
    refusalStatus: row.refusal_status,
    audit: { mode: row.audit, upstream: row.audit_upstream, url: row.audit_url },
    kind: row.kind,
    isProtected: row.is_protected === 1,
    frozenAt: row.frozen_at,
    managed: row.managed === 1,
    groups: (groupsOf.get(row.id) ?? []).map((entry) => entry.group_name),
    ...linkedIn(upstreamsOf.get(row.id) ?? [], upstreams),
    ...claimsIn(claimsOf.get(row.id) ?? []),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
  return {
    byName: new Map(registries.map((registry) => [registry.name, registry])),
    byId: new Map(registries.map((registry) => [registry.id, registry])),
    byHost: boundIn(registries, deps),
    upstreams: new Map([...upstreams.values()].map((upstream) => [upstream.name, upstream])),
    upstreamProblems,
  };
}

function boundIn(
  registries: readonly Registry[],
  { hostProblem }: Pick<RegistriesDeps, "hostProblem">,
): Map<string, Registry> {
  const bound = new Map<string, Registry>();
  for (const registry of registries) {
    const { host } = registry;
    if (host !== null && hostProblem(host) === null) bound.set(host, registry);
  }
  return bound;
}

// Its requests fail where they would send the credential, so that what is cached of it is served on. To go without
// would be wrong: an upstream that wants a credential may answer a stranger that it has no such package.
function unusable(upstream: Omit<Upstream, "credential">, problem: string): Upstream {
  return {
    ...upstream,
    get credential(): string | null {
      throw new EntrepotError("upstream-unavailable", {
        message: `The upstream "${upstream.name}" cannot be used: ${problem}`,
        details: { upstream: upstream.name },
      });
    },
  };
}

function linkedIn(
  links: readonly { upstream_id: string; filter: string | null }[],
  upstreams: ReadonlyMap<string, Upstream>,
): Pick<Registry, "upstreams" | "filters"> {
  const filters = new Map<string, UpstreamFilter>();
  for (const { upstream_id: id, filter } of links) {
    if (filter !== null) filters.set(id, compileFilter(JSON.parse(filter) as NameFilter));
  }
  const linked = links.map((link) => upstreams.get(link.upstream_id));
  return { upstreams: linked.filter((upstream) => upstream !== undefined), filters };
}

function claimsIn(rows: readonly { pattern: string }[]): Pick<Registry, "claims" | "isClaimed"> {
  const claims = rows.map(({ pattern }) => pattern);
  return { claims, isClaimed: compileClaims(claims) };
}

function groupBy<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}
