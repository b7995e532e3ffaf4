import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Creates what people made of advisories, and the types of it that they made up. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("assessment_types"))
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("colour", text, (column) => column.notNull())
    .addColumn("severity", text)
    .addColumn("days", integer)
    .addColumn("set_by", text, (column) => column.notNull())
    .addColumn("set_at", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("assessment_types_key", ["workspace_id", "name"])
    .execute();
  await table(db.schema.createTable("assessments"))
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("registry_id", text, (column) => column.notNull())
    .addColumn("advisory", text, (column) => column.notNull())
    .addColumn("type", text, (column) => column.notNull())
    .addColumn("comment", text, (column) => column.notNull())
    .addColumn("set_by", text, (column) => column.notNull())
    .addColumn("set_at", integer, (column) => column.notNull())
    .addColumn("expires_at", integer)
    .addPrimaryKeyConstraint("assessments_key", ["workspace_id", "registry_id", "advisory"])
    .execute();
}
