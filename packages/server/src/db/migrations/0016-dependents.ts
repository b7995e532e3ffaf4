import type { Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Creates what tells who depends on a package. Every card is written anew for it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("package_dependencies"))
    .addColumn("card_id", integer, (column) =>
      column.notNull().references("package_cards.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("package_dependencies_key", ["card_id", "name"])
    .execute();
  await db.schema
    .createIndex("package_dependencies_name")
    .on("package_dependencies")
    .columns(["name", "card_id"])
    .execute();
  await (db as Kysely<{ package_cards: { described_at: number | null } }>)
    .updateTable("package_cards")
    .set({ described_at: null })
    .execute();
}
