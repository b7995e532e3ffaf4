import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Lets a key say how much of its requests is recorded. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypesOf(db);
  await db.schema
    .alterTable("tokens")
    .addColumn("log_level", text, (column) => column.notNull().defaultTo("none"))
    .execute();
}
