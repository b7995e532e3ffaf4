import { sql, type Selectable, type Transaction } from "kysely";
import { packageWords, type NamedPerson } from "@entrepot/core";
import { columnList, jsonRows, type Database, type Schema } from "../../db/index.ts";

/** A package as lists and searches show it. */
export type PackageCard = Selectable<Schema["package_cards"]>;

/** What a card says, once somebody has looked at the package. Times are milliseconds since 1970. */
export interface CardContent {
  origin: PackageCard["origin"];
  latest: string | null;
  description: string;
  keywords: readonly string[];
  author: string | null;
  publisher: string | null;
  maintainers: readonly NamedPerson[];
  links: Readonly<Record<string, string | null>>;
  licence: string | null;
  updatedAt: number;
  /** Names of what it needs where it is installed. */
  dependencies: readonly string[];
}

/** A card that waits to be described. */
export type WaitingCard = Pick<PackageCard, "id" | "registry_id" | "name" | "marks">;

const DAYS_PER_WEEK = 7;
const MARKED = { registry_id: "text", name: "text", origin: "text", updated_at: "bigint" } as const;
/** Of one package; nobody reads so many. */
const DEPENDENCIES_MAX = 500;
const DEPENDENCIES = { card_id: "bigint", name: "text" } as const;
const WORDS = { card_id: "bigint", word: "text", weight: "bigint" } as const;

/** Marks cards as out of date, making those that are not there yet. */
export async function markCards(
  trx: Transaction<Schema>,
  cards: readonly Pick<PackageCard, "registry_id" | "name" | "origin" | "updated_at">[],
): Promise<void> {
  if (cards.length === 0) return;
  const byKey = new Map(cards.map((card) => [`${card.registry_id}\n${card.name}`, card]));
  const sorted = [...byKey].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, card]) => card);
  // Of a registry that was just deleted no card can be made, and those of the others must not be lost.
  await sql`
    insert into package_cards (${columnList(MARKED)}, description, keywords, maintainers, links)
    select ${columnList(MARKED)}, '', '[]', '[]', '{}' from (${jsonRows(trx, MARKED, sorted)}) marked
    where exists (select 1 from registries where registries.id = marked.registry_id)
    on conflict (registry_id, name) do update set marks = package_cards.marks + 1, described_at = null
  `.execute(trx);
}

/** Cards that wait, in the order in which they came. */
export async function waitingCards(
  { read }: Pick<Database, "read">,
  { registryIds, limit }: { registryIds: readonly string[]; limit: number },
): Promise<WaitingCard[]> {
  if (registryIds.length === 0) return [];
  return await read
    .selectFrom("package_cards")
    .select(["id", "registry_id", "name", "marks"])
    .where("described_at", "is", null)
    .where("registry_id", "in", [...registryIds])
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** Writes what a card says, unless it was marked again meanwhile; null removes it. */
export async function writeCard(
  trx: Transaction<Schema>,
  card: WaitingCard,
  { content, now }: { content: CardContent | null; now: number },
): Promise<void> {
  const { id, marks } = card;
  if (content === null) {
    await trx.deleteFrom("package_cards").where("id", "=", id).where("marks", "=", marks).execute();
    return;
  }
  const { keywords, maintainers, links, updatedAt, author, dependencies, ...rest } = content;
  const { numUpdatedRows } = await trx
    .updateTable("package_cards")
    .set({
      ...rest,
      keywords: JSON.stringify(keywords),
      maintainers: JSON.stringify(maintainers),
      links: JSON.stringify(links),
      updated_at: updatedAt,
      described_at: now,
    })
    .where("id", "=", id)
    .where("marks", "=", marks)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return;
  const found = { name: card.name, description: rest.description, keywords, author };
  const words = packageWords({ ...found, maintainers: maintainers.map(({ name }) => name) });
  const rows = [...words].map(([word, weight]) => ({ card_id: id, word: cleanWord(word), weight }));
  await trx.deleteFrom("package_words").where("card_id", "=", id).execute();
  await sql`
    insert into package_words (${columnList(WORDS)}) ${jsonRows(trx, WORDS, rows)}
    on conflict (card_id, word) do nothing
  `.execute(trx);
  await writeDependencies(trx, id, dependencies);
}

/** Lets a card wait no longer that cannot be described; it says what it said before, until it is marked again. */
export async function skipCard(trx: Transaction<Schema>, card: WaitingCard, now: number): Promise<void> {
  await trx
    .updateTable("package_cards")
    .set({ described_at: now })
    .where("id", "=", card.id)
    .where("marks", "=", card.marks)
    .execute();
}

async function writeDependencies(
  trx: Transaction<Schema>,
  id: number,
  dependencies: readonly string[],
): Promise<void> {
  await trx.deleteFrom("package_dependencies").where("card_id", "=", id).execute();
  const names = [...new Set(dependencies.map(cleanWord))].slice(0, DEPENDENCIES_MAX);
  const rows = names.map((name) => ({ card_id: id, name }));
  await sql`
    insert into package_dependencies (${columnList(DEPENDENCIES)}) ${jsonRows(trx, DEPENDENCIES, rows)}
  `.execute(trx);
}

/** Notes on the cards how often their packages were served in the seven days before the day, counted from 1970. */
export async function countOnCards({ write }: Pick<Database, "write">, day: number): Promise<void> {
  const recent = sql`download_counts.registry_id = package_cards.registry_id
    and download_counts.name = package_cards.name and download_counts.day > ${day - DAYS_PER_WEEK}`;
  await write((trx) =>
    sql`
      update package_cards
      set downloads_week = coalesce((select sum(count) from download_counts where ${recent}), 0)
      where downloads_week > 0 or exists (select 1 from download_counts where ${recent})
    `.execute(trx),
  );
}

// Neither NUL nor half a character goes into a database.
function cleanWord(word: string): string {
  return Buffer.from(word).toString().replaceAll("\0", "");
}
