import type { Kysely, Selectable, Transaction } from "kysely";
import { EntrepotError } from "@entrepot/core";
import { defineQuery, type Schema, type SlotOf } from "../db/index.ts";

export type PackageRow = Selectable<Schema["packages"]>;
export type VersionRow = Selectable<Schema["versions"]>;
type Reader = Kysely<Schema> | Transaction<Schema>;

/** Far below the number of values that either database takes in one query. */
const NAMES_PER_QUERY = 500;

/** Where a package is looked for. */
export interface PackageKey {
  registryId: string;
  name: string;
}

/** The package's row, unpublished ones included; null when the registry never held the name. */
export async function findPackage(reader: Reader, key: PackageKey): Promise<PackageRow | null> {
  const [row] = await selectPackage(reader, key);
  return row ?? null;
}

const selectPackage = defineQuery((db, slot: SlotOf<PackageKey>) =>
  db
    .selectFrom("packages")
    .selectAll()
    .where("registry_id", "=", slot("registryId"))
    .where("name", "=", slot("name")),
);

/** The row of a package that is there to be written to. Throws `package-not-found`. */
export async function requirePackage(reader: Reader, key: PackageKey): Promise<PackageRow> {
  const row = await findPackage(reader, key);
  if (row === null || row.removed_at !== null) {
    throw new EntrepotError("package-not-found", {
      message: `There is no package "${key.name}" of this registry's own; only packages published here can be changed.`,
    });
  }
  return row;
}

/** Lists names of packages that a registry has of its own, in order; with `scope`, such as `@acme`, those in it. */
export async function listOwnNames(
  reader: Reader,
  { registryId, scope, after, limit }: { registryId: string; scope?: string; after: string; limit: number },
): Promise<string[]> {
  let query = reader
    .selectFrom("packages")
    .select("name")
    .where("registry_id", "=", registryId)
    .where("removed_at", "is", null)
    .where("name", ">", after);
  // In byte order "0" comes right after the slash.
  if (scope !== undefined) query = query.where("name", ">", `${scope}/`).where("name", "<", `${scope}0`);
  const rows = await query.orderBy("name").limit(limit).execute();
  return rows.map(({ name }) => name);
}

/** Those of the names that a registry holds or ever held. */
export async function listNamesAmong(
  reader: Reader,
  { registryId, names }: { registryId: string; names: readonly string[] },
): Promise<string[]> {
  const found: string[] = [];
  for (let at = 0; at < names.length; at += NAMES_PER_QUERY) {
    const rows = await reader
      .selectFrom("packages")
      .select("name")
      .where("registry_id", "=", registryId)
      .where("name", "in", names.slice(at, at + NAMES_PER_QUERY))
      .execute();
    for (const { name } of rows) found.push(name);
  }
  return found;
}

/** How many packages a registry has of its own. */
export async function countPackages(reader: Reader, registryId: string): Promise<number> {
  const { count } = await reader
    .selectFrom("packages")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("registry_id", "=", registryId)
    .where("removed_at", "is", null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** One version's row, unpublished ones included. */
export async function findVersion(
  reader: Reader,
  packageId: string,
  version: string,
): Promise<VersionRow | null> {
  const [row] = await selectVersion(reader, { packageId, version });
  return row ?? null;
}

const selectVersion = defineQuery((db, slot: SlotOf<{ packageId: string; version: string }>) =>
  db
    .selectFrom("versions")
    .selectAll()
    .where("package_id", "=", slot("packageId"))
    .where("version", "=", slot("version")),
);

/** The versions that are there, without their manifests. */
export async function listVersions(
  reader: Reader,
  packageId: string,
): Promise<{ version: string; published_at: number }[]> {
  return await reader
    .selectFrom("versions")
    .select(["version", "published_at"])
    .where("package_id", "=", packageId)
    .where("removed_at", "is", null)
    .execute();
}

/** The package's tags, each with the version it names. */
export async function listTags(reader: Reader, packageId: string): Promise<Map<string, string>> {
  const rows = await reader
    .selectFrom("dist_tags")
    .select(["tag", "version"])
    .where("package_id", "=", packageId)
    .orderBy("tag")
    .execute();
  return new Map(rows.map((row) => [row.tag, row.version]));
}

/** Counts one write of the package; `installable` says whether what can be installed changed. */
export async function bumpRevision(
  trx: Transaction<Schema>,
  row: PackageRow,
  input: { now: number; installable: boolean },
): Promise<PackageRow> {
  const after = revised(row, input);
  await raiseRevision(trx, { id: row.id, modifiedAt: after.modified_at });
  return after;
}

/** The row as {@link bumpRevision} leaves it. */
export function revised(row: PackageRow, input: { now: number; installable: boolean }): PackageRow {
  const isFirst = row.revision === 0;
  const modified_at =
    input.installable && !isFirst ? Math.max(input.now, row.modified_at + 1) : row.modified_at;
  return { ...row, revision: row.revision + 1, modified_at };
}

const raiseRevision = defineQuery((db, slot: SlotOf<{ id: string; modifiedAt: number }>) =>
  db
    .updateTable("packages")
    .set((eb) => ({ revision: eb("revision", "+", 1), modified_at: slot("modifiedAt") }))
    .where("id", "=", slot("id")),
);
