import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Creates what operators said of versions beside whether they may be had. */
export async function addPackageMarks(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("package_marks"))
    .addColumn("workspace_id", text, (column) =>
      column.notNull().references("workspaces.id").onDelete("cascade"),
    )
    .addColumn("registry_id", text, (column) => column.notNull())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("version", text, (column) => column.notNull())
    .addColumn("mark", text, (column) => column.notNull())
    .addColumn("reason", text, (column) => column.notNull())
    .addColumn("set_by", text, (column) => column.notNull())
    .addColumn("set_at", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("package_marks_key", ["workspace_id", "registry_id", "name", "version", "mark"])
    .execute();
}
