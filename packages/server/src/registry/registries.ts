import { EntrepotError } from "@entrepot/core";
import { createCurrentValue, type ChangeLog } from "../changes/index.ts";
import type { Database } from "../db/index.ts";
import type { SecretBox } from "../identity/index.ts";
import type { Upstream, UpstreamSettings } from "../upstream/index.ts";
import type { Registry, RegistrySnapshot } from "./registry.ts";

/** The registries and upstreams of the workspace, in memory and as current as the change log. */
export interface Registries {
  snapshot(): RegistrySnapshot | Promise<RegistrySnapshot>;
  /** The snapshot if it is current, without waiting. */
  peek(): RegistrySnapshot | null;
}

export interface RegistriesDeps {
  db: Database;
  changes: ChangeLog;
  secrets: SecretBox;
  /** What an upstream has where it sets nothing itself. */
  upstreamDefaults: UpstreamSettings;
}

/** Loads all registries and keeps them current. */
export async function createRegistries(deps: RegistriesDeps): Promise<Registries> {
  const current = await createCurrentValue(deps.changes, {
    load: () => loadSnapshot(deps),
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

async function loadSnapshot({ db, secrets, upstreamDefaults }: RegistriesDeps): Promise<RegistrySnapshot> {
  const [registryRows, upstreamRows, links, claimRows] = await Promise.all([
    db.read.selectFrom("registries").selectAll().orderBy("name").execute(),
    db.read.selectFrom("upstreams").selectAll().orderBy("name").execute(),
    db.read.selectFrom("registry_upstreams").selectAll().orderBy("position").execute(),
    db.read.selectFrom("claims").selectAll().orderBy("pattern").execute(),
  ]);
  const upstreams = new Map<string, Upstream>();
  for (const row of upstreamRows) {
    upstreams.set(row.id, {
      id: row.id,
      name: row.name,
      url: row.url,
      credential: row.credential === null ? null : secrets.open(row.credential),
      settings: { ...upstreamDefaults, ...(JSON.parse(row.settings) as Partial<UpstreamSettings>) },
    });
  }
  const upstreamsOf = groupBy(links, (link) => link.registry_id);
  const claimsOf = groupBy(claimRows, (claim) => claim.registry_id);
  const registries = registryRows.map((row): Registry => ({
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    description: row.description,
    anonymousRead: row.anonymous_read === 1,
    active: row.active === 1,
    host: row.host,
    managed: row.managed === 1,
    upstreams: (upstreamsOf.get(row.id) ?? [])
      .map((link) => upstreams.get(link.upstream_id))
      .filter((upstream) => upstream !== undefined),
    claims: (claimsOf.get(row.id) ?? []).map((claim) => claim.pattern),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
  return {
    byName: new Map(registries.map((registry) => [registry.name, registry])),
    byId: new Map(registries.map((registry) => [registry.id, registry])),
    byHost: new Map(
      registries.flatMap((registry) => (registry.host === null ? [] : [[registry.host, registry]])),
    ),
    upstreams: new Map([...upstreams.values()].map((upstream) => [upstream.name, upstream])),
  };
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
