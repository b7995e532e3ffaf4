import { sql } from "kysely";
import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Creates the tables of decisions, changes and jobs. */
export async function createRecordTables(db: Kysely<unknown>): Promise<void> {
  const { text, integer, sequence, table } = columnTypesOf(db);
  await table(db.schema.createTable("version_statuses"))
    .addColumn("registry_id", text, (column) => column.notNull())
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("version", text, (column) => column.notNull())
    .addColumn("status", text, (column) => column.notNull())
    .addColumn("reason", text, (column) => column.notNull())
    .addColumn("set_by", text, (column) => column.notNull())
    .addColumn("set_at", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("version_statuses_key", ["workspace_id", "registry_id", "name", "version"])
    .execute();
  await db.schema
    .createIndex("version_statuses_name")
    .on("version_statuses")
    .columns(["workspace_id", "name"])
    .execute();
  // No foreign keys: the log outlives what it speaks of.
  await table(db.schema.createTable("changes"))
    .addColumn("seq", integer, sequence)
    .addColumn("workspace_id", text, (column) => column.notNull())
    .addColumn("registry_id", text)
    .addColumn("package", text)
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("actor", text, (column) => column.notNull())
    .addColumn("at", integer, (column) => column.notNull())
    .addColumn("detail", text, (column) => column.notNull())
    .execute();
  await db.schema.createIndex("changes_registry").on("changes").columns(["registry_id", "seq"]).execute();
  await createJobTables(db);
}

async function createJobTables(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("jobs"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("payload", text, (column) => column.notNull())
    .addColumn("state", text, (column) => column.notNull())
    .addColumn("dedupe_key", text)
    .addColumn("run_at", integer, (column) => column.notNull())
    .addColumn("attempts", integer, (column) => column.notNull())
    .addColumn("attempts_max", integer, (column) => column.notNull())
    .addColumn("lease_owner", text)
    .addColumn("lease_until", integer)
    .addColumn("last_error", text)
    .addColumn("counts", text, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("finished_at", integer)
    .execute();
  await db.schema.createIndex("jobs_due").on("jobs").columns(["state", "run_at"]).execute();
  await db.schema.createIndex("jobs_listed").on("jobs").columns(["created_at", "id"]).execute();
  await db.schema.createIndex("jobs_finished").on("jobs").column("finished_at").execute();
  await db.schema
    .createIndex("jobs_dedupe")
    .unique()
    .on("jobs")
    .column("dedupe_key")
    .where(sql.ref("state"), "=", sql.lit("waiting"))
    .execute();
  await table(db.schema.createTable("job_lines"))
    .addColumn("job_id", text, (column) => column.notNull().references("jobs.id").onDelete("cascade"))
    .addColumn("attempt", integer, (column) => column.notNull())
    .addColumn("line", integer, (column) => column.notNull())
    .addColumn("at", integer, (column) => column.notNull())
    .addColumn("text", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("job_lines_key", ["job_id", "attempt", "line"])
    .execute();
}
