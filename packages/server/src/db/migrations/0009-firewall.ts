import { sql, type Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";
import { addPackageMarks } from "./0009-package-marks.ts";
import { addAuditSettings } from "./0009-registry-audits.ts";
import { addRegistryLimits } from "./0009-registry-limits.ts";
import { addUpstreamDisagreements } from "./0009-upstream-disagreements.ts";

/** Creates what the firewall keeps: advisory data, rules, exceptions, what it saw and what it decided. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createAdvisoryTables(db);
  await createPolicyTables(db);
  await createEvidenceTables(db);
  await createDecisionTables(db);
  await addAuditSettings(db);
  await addRegistryLimits(db);
  await addPackageMarks(db);
  await addUpstreamDisagreements(db);
}

async function createAdvisoryTables(db: Kysely<unknown>): Promise<void> {
  const { text, integer, sequence, table } = columnTypesOf(db);
  await table(db.schema.createTable("advisory_epochs"))
    .addColumn("id", integer, sequence)
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("origin", text, (column) => column.notNull())
    .addColumn("created_by", text, (column) => column.notNull())
    .addColumn("index_digest", text, (column) => column.notNull())
    .addColumn("index_bytes", integer, (column) => column.notNull())
    .addColumn("own_digest", text)
    .addColumn("own_bytes", integer)
    .addColumn("advisories", integer, (column) => column.notNull())
    .addColumn("packages", integer, (column) => column.notNull())
    .addColumn("feeds", text, (column) => column.notNull())
    .execute();
  await table(db.schema.createTable("advisory_feeds"))
    .addColumn("name", text, (column) => column.primaryKey().notNull())
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("url", text, (column) => column.notNull())
    .addColumn("etag", text)
    .addColumn("last_modified", text)
    .addColumn("newest_at", integer)
    .addColumn("fetched_at", integer)
    .addColumn("checked_at", integer)
    .addColumn("snapshot_digest", text)
    .addColumn("records", integer, (column) => column.notNull())
    .addColumn("failed_at", integer)
    .addColumn("failure", text)
    .execute();
  await table(db.schema.createTable("own_advisories"))
    .addColumn("id", text, (column) => column.primaryKey().notNull())
    .addColumn("record", text, (column) => column.notNull())
    .addColumn("created_by", text, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("updated_at", integer, (column) => column.notNull())
    .execute();
}

async function createPolicyTables(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("policy_rules"))
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("registry_id", text, (column) => column.notNull())
    .addColumn("packages", text, (column) => column.notNull())
    .addColumn("rule", text, (column) => column.notNull())
    .addColumn("mode", text)
    .addColumn("options", text, (column) => column.notNull())
    .addColumn("managed", integer, (column) => column.notNull())
    .addColumn("set_by", text, (column) => column.notNull())
    .addColumn("set_at", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("policy_rules_key", ["workspace_id", "registry_id", "packages", "rule"])
    .execute();
  await table(db.schema.createTable("exceptions"))
    .addColumn("id", text, (column) => column.primaryKey().notNull())
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("registry_id", text, (column) => column.notNull())
    .addColumn("packages", text, (column) => column.notNull())
    .addColumn("version_range", text, (column) => column.notNull())
    .addColumn("rules", text)
    .addColumn("state", text, (column) => column.notNull())
    .addColumn("reason", text, (column) => column.notNull())
    .addColumn("owner", text, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("approved_by", text, (column) => column.notNull())
    .addColumn("expires_at", integer)
    .addColumn("lasts_ms", integer)
    .addColumn("decided_by", text)
    .addColumn("decided_at", integer)
    .addColumn("note", text, (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("exceptions_workspace")
    .on("exceptions")
    .columns(["workspace_id", "created_at"])
    .execute();
  await table(db.schema.createTable("notices"))
    .addColumn("id", text, (column) => column.primaryKey().notNull())
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("user_name", text, (column) => column.notNull())
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("text", text, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("read_at", integer)
    .execute();
  await db.schema
    .createIndex("notices_user")
    .on("notices")
    .columns(["workspace_id", "user_name", "created_at"])
    .execute();
}

async function createEvidenceTables(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("integrity_changes"))
    .addColumn("upstream_id", text, (column) =>
      column.notNull().references("upstreams.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("version", text, (column) => column.notNull())
    .addColumn("first_integrity", text, (column) => column.notNull())
    .addColumn("new_integrity", text, (column) => column.notNull())
    .addColumn("seen_at", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("integrity_changes_key", ["upstream_id", "name", "version"])
    .execute();
  await table(db.schema.createTable("tarball_contents"))
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("version", text, (column) => column.notNull())
    .addColumn("integrity", text, (column) => column.notNull())
    .addColumn("content", text, (column) => column.notNull())
    .addColumn("inspected_at", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("tarball_contents_key", ["name", "version", "integrity"])
    .execute();
}

async function createDecisionTables(db: Kysely<unknown>): Promise<void> {
  const { text, integer, sequence, table } = columnTypesOf(db);
  await table(db.schema.createTable("decisions"))
    .addColumn("seq", integer, sequence)
    .addColumn("workspace_id", text, (column) => column.notNull())
    .addColumn("at", integer, (column) => column.notNull())
    .addColumn("registry_id", text, (column) => column.notNull())
    .addColumn("registry", text, (column) => column.notNull())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("version", text, (column) => column.notNull())
    .addColumn("outcome", text, (column) => column.notNull())
    .addColumn("purpose", text, (column) => column.notNull())
    .addColumn("rule", text)
    .addColumn("reason", text)
    .addColumn("until", integer)
    .addColumn("principal", text, (column) => column.notNull())
    .addColumn("credential", text)
    .addColumn("address", text, (column) => column.notNull())
    .addColumn("client", text, (column) => column.notNull())
    .addColumn("project", text)
    .addColumn("count", integer, (column) => column.notNull())
    .addColumn("told_at", integer)
    .execute();
  await db.schema
    .createIndex("decisions_name")
    .on("decisions")
    .columns(["workspace_id", "name", "version", "seq"])
    .execute();
  // Few among very many, and the ones that people look for first.
  await db.schema
    .createIndex("decisions_refused")
    .on("decisions")
    .columns(["workspace_id", "seq"])
    .where(sql.ref("outcome"), "=", sql.lit("refused"))
    .execute();
}
