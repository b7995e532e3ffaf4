import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Tells kinds of registries apart, and lets registries be protected from those downstream. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { text, integer } = columnTypesOf(db);
  await db.schema
    .alterTable("registries")
    .addColumn("kind", text, (column) => column.notNull().defaultTo("standard"))
    .execute();
  await db.schema
    .alterTable("registries")
    .addColumn("is_protected", integer, (column) => column.notNull().defaultTo(0))
    .execute();
}
