import { sql, type RawBuilder } from "kysely";
import type { PackageSearch } from "@entrepot/core";
import type { Database } from "../../db/index.ts";
import type { PackageCard } from "./card-rows.ts";

/** In which order cards come; `relevance` is that of what is looked for, and by name where nothing is. */
export type CardOrder = "relevance" | "name" | "updated" | "downloads";

/** The place of a card in an order; what comes after it is the next page. */
export interface CardPlace {
  /** What it is ordered by: a relevance, a time, a count, or the name. */
  value: number | string;
  name: string;
  id: number;
}

export interface CardQuestion {
  registryIds: readonly string[];
  search: PackageSearch;
  origin: PackageCard["origin"] | null;
  /** Only packages that need this one; null for all. */
  needing: string | null;
  order: CardOrder;
  after: CardPlace | null;
  limit: number;
}

/** A card with its place in the order that was asked for. */
export interface FoundCard extends PackageCard {
  place: CardPlace;
}

/** Tells whether cards come by name, with a text as the value of their place; otherwise that is a whole number. */
export function isByName({ order, search }: Pick<CardQuestion, "order" | "search">): boolean {
  return order === "name" || (order === "relevance" && search.terms.length === 0);
}

/** Behind every text that begins with the same characters. */
const LAST_CHARACTER = "\u{10ffff}";
/** Rows of the index of words that are looked at for one word. */
const HITS_MAX = 20_000;
const EXACT_NAME = 1_000;

/** Finds cards by words, or lists them. A word that is the beginning of very many finds some of them. */
export async function findCards(
  { read }: Pick<Database, "read">,
  question: CardQuestion,
): Promise<FoundCard[]> {
  const { registryIds, search, limit, after } = question;
  if (registryIds.length === 0) return [];
  const hits = search.terms.map((term, at) => hitsOf(term, at));
  const value = valueOf(question);
  const isAscending = isByName(question);
  const direction = sql.raw(isAscending ? "asc" : "desc");
  const beyond = isAscending ? sql`>` : sql`<`;
  const conditions = [
    sql`card.registry_id in (${sql.join([...registryIds])})`,
    ...conditionsOf(question),
    ...(after === null
      ? []
      : [
          sql`(${value} ${beyond} ${after.value} or (${value} = ${after.value} and (card.name > ${after.name}
            or (card.name = ${after.name} and card.id > ${after.id}))))`,
        ]),
  ];
  const { rows } = await sql<PackageCard & { place_value: number | string }>`
    select card.*, ${value} as place_value from package_cards card ${sql.join(hits, sql` `)}
    where ${sql.join(conditions, sql` and `)}
    order by place_value ${direction}, card.name, card.id
    limit ${limit}
  `.execute(read);
  return rows.map(({ place_value, ...card }) => ({
    ...card,
    place: { value: place_value, name: card.name, id: card.id },
  }));
}

function hitsOf(term: string, at: number): RawBuilder<unknown> {
  const name = sql.raw(`hits${at}`);
  return sql`join (
    select card_id, max(weight) as weight from (
      select card_id, weight from package_words
      where word >= ${term} and word < ${term + LAST_CHARACTER} and weight > 0 limit ${HITS_MAX}
    ) ${sql.raw(`words${at}`)} group by card_id
  ) ${name} on ${name}.card_id = card.id`;
}

function valueOf(question: CardQuestion): RawBuilder<unknown> {
  const { order, search } = question;
  if (order === "updated") return sql`card.updated_at`;
  if (order === "downloads") return sql`card.downloads_week`;
  if (isByName(question)) return sql`card.name`;
  const weights = search.terms.map((_, at) => sql.raw(`hits${at}.weight`));
  // In one whole number: how much the words say, then how short the name is.
  const said = sql`(${sql.join(weights, sql` + `)})`;
  const exact = sql`case when card.name = ${search.text} then ${sql.lit(EXACT_NAME)} else 0 end`;
  return sql`((${said} + ${exact}) * 300 - length(card.name))`;
}

function conditionsOf({ search, origin, needing }: CardQuestion): RawBuilder<unknown>[] {
  const { needed, unwanted, scope, unstable } = search;
  const has = (words: readonly string[]): RawBuilder<unknown> =>
    sql`exists (select 1 from package_words said where said.card_id = card.id and said.word in (${sql.join([...words])}))`;
  return [
    ...(origin === null ? [] : [sql`card.origin = ${origin}`]),
    ...(needing === null
      ? []
      : [sql`card.id in (select card_id from package_dependencies where name = ${needing})`]),
    ...needed.map(has),
    ...(unwanted.length === 0 ? [] : [sql`not ${has(unwanted)}`]),
    // In byte order "0" comes right after the slash.
    ...(scope === null ? [] : [sql`card.name > ${`@${scope}/`} and card.name < ${`@${scope}0`}`]),
    ...(unstable === null ? [] : [unstable ? UNSTABLE : sql`not ${UNSTABLE}`]),
  ];
}

const UNSTABLE = sql`(coalesce(card.latest, '0') like '0%' or coalesce(card.latest, '') like '%-%')`;
