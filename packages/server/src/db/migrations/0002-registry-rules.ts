import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Gives registries two rules of their own: whether versions can be overwritten, and how refusals are answered. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { integer } = columnTypesOf(db);
  await db.schema
    .alterTable("registries")
    .addColumn("allow_overwrite", integer, (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable("registries")
    .addColumn("refusal_status", integer, (column) => column.notNull().defaultTo(403))
    .execute();
}
