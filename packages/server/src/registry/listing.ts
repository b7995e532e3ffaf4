import { sql } from "kysely";
import type { Verdict } from "@entrepot/core";
import type { Database } from "../db/index.ts";
import type { PackageMarks } from "../firewall/index.ts";
import type { Registry } from "./registry.ts";
import type { Verdicts } from "./verdicts.ts";

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
  /** Why clients do not get to see it; null when they do. */
  refusal: Verdict | null;
  /** True where an operator took it out of listings; who knows its name gets it. */
  isUnlisted: boolean;
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
  verdicts: Pick<Verdicts, "hiddenVersions">;
  statuses: { readonly marks: Pick<PackageMarks, "of"> };
}

interface ListedRow {
  name: string;
  version: string;
  origin: "local" | "cached";
  size_bytes: number;
  integrity: string;
  at: number;
  by: string | null;
}

/** Lists the versions in a registry by name and version, own and cached ones alike, and judges each. */
export async function listPackages(deps: ListingDeps, request: ListingRequest): Promise<JudgedListing[]> {
  const rows = await readRows(deps.db, request);
  const hiddenByName = new Map<string, ReadonlyMap<string, Verdict>>();
  const listed: JudgedListing[] = [];
  const versionsByName = new Map<string, string[]>();
  for (const { name, version } of rows) {
    versionsByName.set(name, [...(versionsByName.get(name) ?? []), version]);
  }
  for (const row of rows) {
    const versions = versionsByName.get(row.name) ?? [];
    const hidden =
      hiddenByName.get(row.name) ??
      (await deps.verdicts.hiddenVersions(request.registry, row.name, versions));
    hiddenByName.set(row.name, hidden);
    const { unlisted } = await deps.statuses.marks.of(request.registry, row.name);
    const isUnlisted = unlisted.has(row.version) || unlisted.has("*");
    listed.push({ ...shownOf(row), refusal: hidden.get(row.version) ?? null, isUnlisted });
  }
  return listed;
}

/** Tells whether everybody gets to see a version in listings. */
export function isListedForAll({ refusal, isUnlisted }: JudgedListing): boolean {
  return refusal === null && !isUnlisted;
}

async function readRows(db: Database, request: ListingRequest): Promise<ListedRow[]> {
  const [afterName = "", afterVersion = ""] = request.after.split("\n");
  const pattern = `%${request.text.replace(/[\\%_]/g, "\\$&")}%`;
  const { rows } = await sql<ListedRow>`
    select name, version, origin, size_bytes, integrity, at, "by" from (
      select p.name as name, v.version as version, 'local' as origin, v.size_bytes as size_bytes,
             v.integrity as integrity, v.published_at as at, v.published_by as "by"
      from versions v join packages p on p.id = v.package_id
      where p.registry_id = ${request.registry.id} and v.removed_at is null
      union all
      select name, version, 'cached' as origin, size_bytes, integrity, cached_at as at, cached_by as "by"
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
