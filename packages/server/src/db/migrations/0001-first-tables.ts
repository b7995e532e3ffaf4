import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";
import { createPackageTables } from "./0001-package-tables.ts";
import { createRecordTables } from "./0001-record-tables.ts";

/** Creates the tables of the first release. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createWorkspaceTables(db);
  await createUserTables(db);
  await createPackageTables(db);
  await createRecordTables(db);
}

async function createWorkspaceTables(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("settings"))
    .addColumn("key", text, (column) => column.notNull().primaryKey())
    .addColumn("value", text, (column) => column.notNull())
    .execute();
  await table(db.schema.createTable("workspaces"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("name", text, (column) => column.notNull().unique())
    .addColumn("host", text, (column) => column.unique())
    .addColumn("created_at", integer, (column) => column.notNull())
    .execute();
  await table(db.schema.createTable("registries"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("description", text, (column) => column.notNull())
    .addColumn("anonymous_read", integer, (column) => column.notNull())
    .addColumn("active", integer, (column) => column.notNull())
    .addColumn("host", text, (column) => column.unique())
    .addColumn("managed", integer, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("updated_at", integer, (column) => column.notNull())
    .addUniqueConstraint("registries_name", ["workspace_id", "name"])
    .execute();
  await createUpstreamTables(db);
}

async function createUpstreamTables(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("upstreams"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("url", text, (column) => column.notNull())
    .addColumn("credential", text)
    .addColumn("settings", text, (column) => column.notNull())
    .addColumn("managed", integer, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("updated_at", integer, (column) => column.notNull())
    .addUniqueConstraint("upstreams_name", ["workspace_id", "name"])
    .execute();
  await table(db.schema.createTable("registry_upstreams"))
    .addColumn("registry_id", text, (column) =>
      column.notNull().references("registries.id").onDelete("cascade"),
    )
    .addColumn("upstream_id", text, (column) =>
      column.notNull().references("upstreams.id").onDelete("cascade"),
    )
    .addColumn("position", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("registry_upstreams_key", ["registry_id", "upstream_id"])
    .execute();
  await db.schema
    .createIndex("registry_upstreams_upstream")
    .on("registry_upstreams")
    .column("upstream_id")
    .execute();
  await table(db.schema.createTable("claims"))
    .addColumn("registry_id", text, (column) =>
      column.notNull().references("registries.id").onDelete("cascade"),
    )
    .addColumn("pattern", text, (column) => column.notNull())
    .addColumn("created_by", text, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("claims_key", ["registry_id", "pattern"])
    .execute();
}

async function createUserTables(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("users"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("display_name", text, (column) => column.notNull())
    .addColumn("email", text)
    .addColumn("password_hash", text)
    .addColumn("role", text, (column) => column.notNull())
    .addColumn("disabled_at", integer)
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("updated_at", integer, (column) => column.notNull())
    .addUniqueConstraint("users_name", ["workspace_id", "name"])
    .execute();
  await table(db.schema.createTable("tokens"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("user_id", text, (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("secret_hash", text, (column) => column.notNull().unique())
    .addColumn("hint", text, (column) => column.notNull())
    .addColumn("readonly", integer, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("expires_at", integer)
    .addColumn("last_used_at", integer)
    .addColumn("revoked_at", integer)
    .execute();
  await db.schema.createIndex("tokens_user").on("tokens").column("user_id").execute();
}
