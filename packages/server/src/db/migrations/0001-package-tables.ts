import { sql } from "kysely";
import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";
import { isPostgres } from "../dialect-of.ts";

/** Creates the tables of what was published here and of what upstreams said. */
export async function createPackageTables(db: Kysely<unknown>): Promise<void> {
  await createPublishedTables(db);
  await createUpstreamCopyTables(db);
}

async function createPublishedTables(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("packages"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("registry_id", text, (column) =>
      column.notNull().references("registries.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("revision", integer, (column) => column.notNull())
    .addColumn("maintainers", text, (column) => column.notNull())
    .addColumn("readme", text, (column) => column.notNull())
    .addColumn("readme_filename", text, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("modified_at", integer, (column) => column.notNull())
    .addColumn("removed_at", integer)
    .addColumn("tombstone", text)
    .addUniqueConstraint("packages_name", ["registry_id", "name"])
    .execute();
  await table(db.schema.createTable("versions"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("package_id", text, (column) => column.notNull().references("packages.id").onDelete("cascade"))
    .addColumn("version", text, (column) => column.notNull())
    .addColumn("full_slice", text, (column) => column.notNull())
    .addColumn("abbreviated_slice", text, (column) => column.notNull())
    .addColumn("facts", text, (column) => column.notNull())
    .addColumn("digest", text, (column) => column.notNull())
    .addColumn("integrity", text, (column) => column.notNull())
    .addColumn("shasum", text, (column) => column.notNull())
    .addColumn("size_bytes", integer, (column) => column.notNull())
    .addColumn("published_at", integer, (column) => column.notNull())
    .addColumn("published_by", text, (column) => column.notNull())
    .addColumn("provenance", text, (column) => column.notNull())
    .addColumn("attestations", text)
    .addColumn("removed_at", integer)
    .addUniqueConstraint("versions_version", ["package_id", "version"])
    .execute();
  await db.schema.createIndex("versions_digest").on("versions").column("digest").execute();
  // Apart from the versions, whose rows are read for every tarball.
  await table(db.schema.createTable("version_readmes"))
    .addColumn("package_id", text, (column) => column.notNull().references("packages.id").onDelete("cascade"))
    .addColumn("version", text, (column) => column.notNull())
    .addColumn("readme", text, (column) => column.notNull())
    .addColumn("readme_filename", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("version_readmes_key", ["package_id", "version"])
    .execute();
  await table(db.schema.createTable("dist_tags"))
    .addColumn("package_id", text, (column) => column.notNull().references("packages.id").onDelete("cascade"))
    .addColumn("tag", text, (column) => column.notNull())
    .addColumn("version", text, (column) => column.notNull())
    .addColumn("updated_at", integer, (column) => column.notNull())
    .addColumn("updated_by", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("dist_tags_key", ["package_id", "tag"])
    .execute();
}

async function createUpstreamCopyTables(db: Kysely<unknown>): Promise<void> {
  await createDocumentTable(db);
  await createCachedVersionTable(db);
}

async function createDocumentTable(db: Kysely<unknown>): Promise<void> {
  const { text, integer, bytes, table } = columnTypesOf(db);
  await table(db.schema.createTable("upstream_documents"))
    .addColumn("upstream_id", text, (column) =>
      column.notNull().references("upstreams.id").onDelete("cascade"),
    )
    .addColumn("upstream_url", text, (column) => column.notNull())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("state", text, (column) => column.notNull())
    .addColumn("document_digest", text)
    .addColumn("etag", text)
    .addColumn("last_modified", text)
    .addColumn("fetched_at", integer, (column) => column.notNull())
    .addColumn("checked_at", integer, (column) => column.notNull())
    // Last, so that SQLite need not walk over its pages to the other columns.
    .addColumn("document", bytes)
    .addPrimaryKeyConstraint("upstream_documents_key", ["upstream_id", "name"])
    .execute();
  if (isPostgres(db)) {
    // What is compressed already must not be compressed again.
    await sql`alter table upstream_documents alter column document set storage external`.execute(db);
  }
  // Garbage collection asks of each blob whether any row still names it.
  await db.schema
    .createIndex("upstream_documents_blob")
    .on("upstream_documents")
    .column("document_digest")
    .where(sql.ref("document"), "is", null)
    .execute();
}

async function createCachedVersionTable(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("cached_versions"))
    .addColumn("registry_id", text, (column) =>
      column.notNull().references("registries.id").onDelete("cascade"),
    )
    .addColumn("upstream_id", text, (column) =>
      column.notNull().references("upstreams.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("version", text, (column) => column.notNull())
    .addColumn("digest", text, (column) => column.notNull())
    .addColumn("integrity", text, (column) => column.notNull())
    .addColumn("shasum", text)
    .addColumn("size_bytes", integer, (column) => column.notNull())
    .addColumn("cached_at", integer, (column) => column.notNull())
    .addColumn("cached_by", text)
    .addPrimaryKeyConstraint("cached_versions_key", ["registry_id", "name", "version"])
    .execute();
  await db.schema.createIndex("cached_versions_digest").on("cached_versions").column("digest").execute();
  await db.schema
    .createIndex("cached_versions_upstream")
    .on("cached_versions")
    .column("upstream_id")
    .execute();
}
