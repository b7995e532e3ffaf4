import { sql, type Kysely } from "kysely";
import { columnTypesOf } from "../column-types.ts";

/** Creates what lists, searches and counts are read from, with a card that waits for each package that there is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createCards(db);
  await createCounts(db);
  await sql`
    insert into package_cards (registry_id, name, origin, description, keywords, maintainers, links, updated_at)
    select registry_id, name, 'local', '', '[]', '[]', '{}', modified_at from packages where removed_at is null
  `.execute(db);
  await sql`
    insert into package_cards (registry_id, name, origin, description, keywords, maintainers, links, updated_at)
    select registry_id, name, 'cached', '', '[]', '[]', '{}', max(cached_at) from cached_versions
    where true group by registry_id, name
    on conflict (registry_id, name) do nothing
  `.execute(db);
}

async function createCards(db: Kysely<unknown>): Promise<void> {
  const { text, integer, sequence, table } = columnTypesOf(db);
  await table(db.schema.createTable("package_cards"))
    .addColumn("id", integer, sequence)
    .addColumn("registry_id", text, (column) =>
      column.notNull().references("registries.id").onDelete("cascade"),
    )
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("origin", text, (column) => column.notNull())
    .addColumn("latest", text)
    .addColumn("description", text, (column) => column.notNull())
    .addColumn("keywords", text, (column) => column.notNull())
    .addColumn("publisher", text)
    .addColumn("maintainers", text, (column) => column.notNull())
    .addColumn("links", text, (column) => column.notNull())
    .addColumn("licence", text)
    .addColumn("updated_at", integer, (column) => column.notNull())
    .addColumn("downloads_week", integer, (column) => column.notNull().defaultTo(0))
    .addColumn("marks", integer, (column) => column.notNull().defaultTo(0))
    .addColumn("described_at", integer)
    .addUniqueConstraint("package_cards_key", ["registry_id", "name"])
    .execute();
  for (const column of ["updated_at", "downloads_week"]) {
    await db.schema
      .createIndex(`package_cards_${column}`)
      .on("package_cards")
      .columns(["registry_id", column, "name"])
      .execute();
  }
  await db.schema
    .createIndex("package_cards_waiting")
    .on("package_cards")
    .column("id")
    .where(sql.ref("described_at"), "is", null)
    .execute();
  await table(db.schema.createTable("package_words"))
    .addColumn("card_id", integer, (column) =>
      column.notNull().references("package_cards.id").onDelete("cascade"),
    )
    .addColumn("word", text, (column) => column.notNull())
    .addColumn("weight", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("package_words_key", ["card_id", "word"])
    .execute();
  await db.schema
    .createIndex("package_words_word")
    .on("package_words")
    .columns(["word", "card_id", "weight"])
    .execute();
}

async function createCounts(db: Kysely<unknown>): Promise<void> {
  const { text, integer, table } = columnTypesOf(db);
  await table(db.schema.createTable("download_counts"))
    .addColumn("registry_id", text, (column) => column.notNull())
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("version", text, (column) => column.notNull())
    .addColumn("day", integer, (column) => column.notNull())
    .addColumn("count", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("download_counts_key", ["registry_id", "name", "day", "version"])
    .execute();
  await db.schema.createIndex("download_counts_day").on("download_counts").column("day").execute();
  await table(db.schema.createTable("decision_counts"))
    .addColumn("workspace_id", text, (column) => column.notNull())
    .addColumn("registry_id", text, (column) => column.notNull())
    .addColumn("hour", integer, (column) => column.notNull())
    .addColumn("outcome", text, (column) => column.notNull())
    .addColumn("rule", text, (column) => column.notNull())
    .addColumn("count", integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("decision_counts_key", [
      "workspace_id",
      "hour",
      "registry_id",
      "outcome",
      "rule",
    ])
    .execute();
}
