import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Creates what is known of upstreams of one registry that give out different content as the same version. */
export async function addUpstreamDisagreements(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("upstream_disagreements"))
    .addColumn("registry_id", text, (column) =>
      column.notNull().references("registries.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("version", text, (column) => column.notNull())
    .addColumn("served_upstream_id", text, (column) => column.notNull())
    .addColumn("other_upstream_id", text, (column) => column.notNull())
    .addColumn("served_integrity", text, (column) => column.notNull())
    .addColumn("other_integrity", text, (column) => column.notNull())
    .addColumn("seen_at", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("upstream_disagreements_key", [
      "registry_id",
      "name",
      "version",
      "other_upstream_id",
    ])
    .execute();
}
