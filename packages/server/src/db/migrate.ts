import { EntrepotError } from "@entrepot/core";
import { Migrator } from "kysely";
import type { Kysely, Migration } from "kysely";
import { asStorageError } from "./storage-errors.ts";

/** Migrations by name; they run in the order of their names, all in one transaction. */
export type Migrations = Readonly<Record<string, Migration>>;

const MIGRATION_TABLE = "schema_migrations";
const LOCK_TABLE = "schema_migrations_lock";

/**
 * Brings the schema up to date under the dialect's lock, all pending migrations in one transaction.
 * Throws `config-invalid` when a newer version has written the database, `storage-unavailable` when the engine fails.
 */
export async function migrate(db: Kysely<unknown>, migrations: Migrations): Promise<void> {
  const applied = await appliedNames(db);
  refuseNewer(applied, migrations);
  // A start with nothing to do must not wait for a writer.
  if (applied.length === Object.keys(migrations).length) return;
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: LOCK_TABLE,
    // Names sort by byte order everywhere, whatever the process's language.
    nameComparator: (left, right) => (left < right ? -1 : Number(left > right)),
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw asStorageError(error);
}

function refuseNewer(applied: readonly string[], migrations: Migrations): void {
  const unknown = applied.find((name) => !Object.hasOwn(migrations, name));
  if (unknown === undefined) return;
  throw new EntrepotError("config-invalid", {
    message: `A newer version of Entrepot has used this database (migration ${unknown}); run that version or restore a backup.`,
    details: { migration: unknown },
  });
}

async function appliedNames(db: Kysely<unknown>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === MIGRATION_TABLE)) return [];
  const rows = await (db as Kysely<{ [MIGRATION_TABLE]: { name: string } }>)
    .selectFrom(MIGRATION_TABLE)
    .select("name")
    .execute();
  return rows.map((row) => row.name);
}
