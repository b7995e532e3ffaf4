import { sql } from "kysely";
import {
  isSelectable,
  policyDepth,
  type PolicyContext,
  type Verdict,
  type VersionFacts,
} from "@entrepot/core";
import type { Database } from "../db/index.ts";
import type { Gate } from "../firewall/index.ts";
import type { Upstreams } from "../upstream/index.ts";
import type { Registry } from "./registry.ts";

/** A version that a registry holds, whatever brought it there. */
export interface ListedVersion {
  name: string;
  version: string;
  /** `local`: published here; `cached`: came from an upstream. */
  origin: "local" | "cached";
  sizeBytes: number;
  integrity: string;
  /** When it was published here or first passed through; ISO 8601. */
  at: string;
  /** User name of whoever published it or asked for it first; null for anonymous. */
  by: string | null;
}

/** A listed version with what policy says of it. */
export interface JudgedListing extends ListedVersion {
  verdict: Verdict;
}

export interface ListingRequest {
  registry: Registry;
  /** `name\nversion` of the last row seen; empty for the first page. */
  after: string;
  limit: number;
  /** Part of the name; empty for all. */
  text: string;
}

export interface ListingDeps {
  db: Database;
  gate: Gate;
  upstreams: Pick<Upstreams, "current" | "facts">;
}

interface ListedRow {
  name: string;
  version: string;
  origin: "local" | "cached";
  size_bytes: number;
  integrity: string;
  at: number;
  by: string | null;
  /** JSON; null for what came from an upstream. */
  facts: string | null;
  upstream_id: string | null;
}

/** Lists the versions in a registry by name and version, own and cached ones alike, and judges each. */
export async function listPackages(deps: ListingDeps, request: ListingRequest): Promise<JudgedListing[]> {
  const rows = await readRows(deps.db, request);
  const contexts = new Map<string, PolicyContext>();
  const listed: JudgedListing[] = [];
  for (const row of rows) {
    const { registry } = request;
    const context =
      contexts.get(row.name) ?? (await deps.gate.context({ registry, name: row.name, purpose: "metadata" }));
    contexts.set(row.name, context);
    const facts = await factsOf(deps, { row, registry, context });
    listed.push({ ...shownOf(row), verdict: deps.gate.judge(facts, context) });
  }
  return listed;
}

/** Tells whether clients get to see a listed version. */
export function isListedForAll({ verdict }: JudgedListing): boolean {
  return isSelectable(verdict);
}

async function readRows(db: Database, request: ListingRequest): Promise<ListedRow[]> {
  const [afterName = "", afterVersion = ""] = request.after.split("\n");
  const pattern = `%${request.text.replace(/[\\%_]/g, "\\$&")}%`;
  const { rows } = await sql<ListedRow>`
    select name, version, origin, size_bytes, integrity, at, "by", facts, upstream_id from (
      select p.name as name, v.version as version, 'local' as origin, v.size_bytes as size_bytes,
             v.integrity as integrity, v.published_at as at, v.published_by as "by",
             v.facts as facts, null as upstream_id
      from versions v join packages p on p.id = v.package_id
      where p.registry_id = ${request.registry.id} and v.removed_at is null
      union all
      select name, version, 'cached' as origin, size_bytes, integrity, cached_at as at, cached_by as "by",
             null as facts, upstream_id
      from cached_versions where registry_id = ${request.registry.id}
    ) listed
    where name like ${pattern} escape '\\'
      and (name > ${afterName} or (name = ${afterName} and version > ${afterVersion}))
    order by name, version
    limit ${request.limit}
  `.execute(db.read);
  return rows;
}

function shownOf(row: ListedRow): ListedVersion {
  return {
    name: row.name,
    version: row.version,
    origin: row.origin,
    sizeBytes: row.size_bytes,
    integrity: row.integrity,
    at: new Date(row.at).toISOString(),
    by: row.by,
  };
}

interface FactsQuestion {
  row: ListedRow;
  registry: Registry;
  context: PolicyContext;
}

// What an upstream says of a version is only looked up when a rule wants to know more than which version it is.
async function factsOf(deps: ListingDeps, { row, registry, context }: FactsQuestion): Promise<VersionFacts> {
  if (row.facts !== null) return JSON.parse(row.facts) as VersionFacts;
  const upstream = registry.upstreams.find(({ id }) => id === row.upstream_id);
  if (upstream !== undefined && policyDepth(context) === "facts") {
    const entry = await deps.upstreams.current(upstream, row.name, { cachedOnly: true });
    const facts = entry?.kind === "present" ? await deps.upstreams.facts(entry, row.version) : null;
    if (facts !== null) return facts;
  }
  return bareFacts(row);
}

function bareFacts({ version, integrity }: ListedRow): VersionFacts {
  return {
    version,
    upstreamVersion: null,
    origin: "upstream",
    publishedAt: null,
    integrity,
    shasum: null,
    tarball: null,
    license: null,
    deprecated: null,
    hasInstallScript: false,
    hasSignatures: false,
    attestations: null,
    publisher: null,
    dependencies: null,
  };
}
