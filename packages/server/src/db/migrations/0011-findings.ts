import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Creates what somebody has to look at, and what the last check of each package said. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("findings"))
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("workspace_id", text, (column) => column.notNull())
    .addColumn("registry_id", text, (column) =>
      column.notNull().references("registries.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("version", text, (column) => column.notNull())
    .addColumn("rule", text, (column) => column.notNull())
    .addColumn("mode", text, (column) => column.notNull())
    .addColumn("result", text, (column) => column.notNull())
    .addColumn("presence", text, (column) => column.notNull())
    .addColumn("reason", text, (column) => column.notNull())
    .addColumn("evidence", text, (column) => column.notNull())
    .addColumn("state", text, (column) => column.notNull())
    .addColumn("opened_at", integer, (column) => column.notNull())
    .addColumn("closed_at", integer)
    .addColumn("closed_by", text)
    .addColumn("is_settled", integer, (column) => column.notNull())
    .addColumn("note", text, (column) => column.notNull())
    .addUniqueConstraint("findings_subject", ["registry_id", "name", "version", "rule"])
    .execute();
  await db.schema
    .createIndex("findings_by_state")
    .on("findings")
    .columns(["workspace_id", "state", "opened_at", "id"])
    .execute();
  await table(db.schema.createTable("package_checks"))
    .addColumn("registry_id", text, (column) =>
      column.notNull().references("registries.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("checked_at", integer, (column) => column.notNull())
    .addColumn("advisories", text, (column) => column.notNull())
    .addColumn("results", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("package_checks_key", ["registry_id", "name"])
    .execute();
}
