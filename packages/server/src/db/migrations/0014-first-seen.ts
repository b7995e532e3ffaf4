import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Creates the record of when versions were first seen, where their upstream's publish times say too little. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("first_seen_versions"))
    .addColumn("upstream_id", text, (column) =>
      column.notNull().references("upstreams.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("version", text, (column) => column.notNull())
    .addColumn("seen_at", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("first_seen_versions_key", ["upstream_id", "name", "version"])
    .execute();
}
