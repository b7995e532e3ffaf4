import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/**
 * Creates the audit trail. No foreign keys: it outlives what it speaks of. No indexes: every write pays for them, and
 * readers go through it in steps of its primary key.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { text, integer, sequence, table } = columnTypesOf(db);
  await table(db.schema.createTable("audit_events"))
    .addColumn("seq", integer, sequence)
    .addColumn("workspace_id", text, (column) => column.notNull())
    .addColumn("at", integer, (column) => column.notNull())
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("actor", text, (column) => column.notNull())
    .addColumn("credential", text)
    .addColumn("address", text)
    .addColumn("client", text)
    .addColumn("registry_id", text)
    .addColumn("registry", text)
    .addColumn("package", text)
    .addColumn("result", text, (column) => column.notNull())
    .addColumn("detail", text, (column) => column.notNull())
    .addColumn("hash", text)
    .execute();
}
