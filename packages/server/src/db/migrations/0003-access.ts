import { sql } from "kysely";
import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

const READING = JSON.stringify(["view", "download", "query", "view-teams"]);

/** Creates rules of access, groups of registries, organizations and teams, and gives tokens their limits. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createOrganizationTables(db);
  await createRuleTables(db);
  await remakeTokens(db);
  const { integer } = columnTypesOf(db);
  await db.schema
    .alterTable("users")
    .addColumn("must_change_password", integer, (column) => column.notNull().defaultTo(0))
    .execute();
  // Whoever set the server up owns it.
  await sql`update users set role = 'owner' where name = 'admin' and role = 'admin'`.execute(db);
}

async function createOrganizationTables(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("organizations"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addUniqueConstraint("organizations_name", ["workspace_id", "name"])
    .execute();
  await table(db.schema.createTable("organization_members"))
    .addColumn("organization_id", text, (column) =>
      column.notNull().references("organizations.id").onDelete("cascade"),
    )
    .addColumn("user_id", text, (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("role", text, (column) => column.notNull())
    .addColumn("added_at", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("organization_members_key", ["organization_id", "user_id"])
    .execute();
  await table(db.schema.createTable("teams"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("organization_id", text, (column) =>
      column.notNull().references("organizations.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("description", text, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addUniqueConstraint("teams_name", ["organization_id", "name"])
    .execute();
  await table(db.schema.createTable("team_members"))
    .addColumn("team_id", text, (column) => column.notNull().references("teams.id").onDelete("cascade"))
    .addColumn("user_id", text, (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addPrimaryKeyConstraint("team_members_key", ["team_id", "user_id"])
    .execute();
  await db.schema.createIndex("team_members_user").on("team_members").column("user_id").execute();
  await db.schema
    .createIndex("organization_members_user")
    .on("organization_members")
    .column("user_id")
    .execute();
}

async function createRuleTables(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("registry_groups"))
    .addColumn("registry_id", text, (column) =>
      column.notNull().references("registries.id").onDelete("cascade"),
    )
    .addColumn("group_name", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("registry_groups_key", ["registry_id", "group_name"])
    .execute();
  await table(db.schema.createTable("access_rules"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("effect", text, (column) => column.notNull())
    .addColumn("subject", text, (column) => column.notNull())
    .addColumn("user_id", text, (column) => column.references("users.id").onDelete("cascade"))
    .addColumn("team_id", text, (column) => column.references("teams.id").onDelete("cascade"))
    .addColumn("permissions", text, (column) => column.notNull())
    .addColumn("registry_id", text, (column) => column.references("registries.id").onDelete("cascade"))
    .addColumn("group_name", text)
    .addColumn("packages", text)
    .addColumn("created_by", text, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .execute();
  for (const column of ["workspace_id", "user_id", "team_id", "registry_id"]) {
    await db.schema.createIndex(`access_rules_${column}`).on("access_rules").column(column).execute();
  }
}

// A new table, because SQLite can neither drop a column's NOT NULL nor, everywhere, a column.
async function remakeTokens(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("limited_tokens"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("user_id", text, (column) => column.references("users.id").onDelete("cascade"))
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("description", text, (column) => column.notNull())
    .addColumn("secret_hash", text, (column) => column.notNull().unique())
    .addColumn("hint", text, (column) => column.notNull())
    .addColumn("permissions", text)
    .addColumn("registries", text)
    .addColumn("packages", text)
    .addColumn("organizations", text)
    .addColumn("networks", text)
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("expires_at", integer)
    .addColumn("last_used_at", integer)
    .addColumn("last_used_address", text)
    .addColumn("revoked_at", integer)
    .execute();
  await sql`
    insert into limited_tokens (
      id, workspace_id, user_id, kind, name, description, secret_hash, hint, permissions,
      created_at, expires_at, last_used_at, revoked_at
    )
    select
      id, workspace_id, user_id, case when name like 'login: %' then 'login' else 'personal' end, name, '',
      secret_hash, hint, case when readonly = 1 then ${sql.lit(READING)} end,
      created_at, expires_at, last_used_at, revoked_at
    from tokens`.execute(db);
  await db.schema.dropTable("tokens").execute();
  await db.schema.alterTable("limited_tokens").renameTo("tokens").execute();
  await db.schema.createIndex("tokens_user").on("tokens").column("user_id").execute();
}
