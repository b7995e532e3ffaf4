import { highestStable, isEntrepotError, parseSearch, type Verdict } from "@entrepot/core";
import type { Database } from "../../db/index.ts";
import { dayOf, type PackageMarks } from "../../firewall/index.ts";
import type { Registry } from "../registry.ts";
import type { Verdicts } from "../verdicts.ts";
import type { Catalogue } from "./catalogue.ts";
import { downloadsOf } from "./downloads.ts";
import { findCards, type CardOrder, type CardPlace, type FoundCard } from "./find-cards.ts";
import { findRemote, type RemoteDeps, type RemoteHit } from "./find-remote.ts";
import type { PackageOrigin } from "./package-page.ts";

/** How often the index is asked for one page of which most may not be shown. */
const ROUNDS_MAX = 5;
/** How many packages policy is asked about for one page; one that finds few of them shown is short. */
const JUDGED_MAX = 250;
const REMOTE_MAX = 50;
const DAYS_PER_WEEK = 7;

/** A package in a list. Times are milliseconds since 1970. */
export interface BrowsedPackage extends Pick<
  RemoteHit,
  "description" | "keywords" | "links" | "maintainers" | "publisher"
> {
  registry: Registry;
  name: string;
  origin: PackageOrigin;
  /** The newest version that clients get; null where they get none. */
  latest: string | null;
  licence: string | null;
  updatedAt: number | null;
  downloadsWeek: number;
  /** How many versions policy hides, and why the one that would be the latest is; null where it is not. */
  hiddenCount: number;
  refusal: Verdict | null;
  isUnlisted: boolean;
}

export interface BrowseQuestion {
  /** Which the asker may see. */
  registries: readonly Registry[];
  text: string;
  origin: PackageOrigin | null;
  /** Only packages whose latest version needs this one; null for all. */
  needing: string | null;
  order: CardOrder;
  after: CardPlace | null;
  /** How many are passed over first. Policy is not asked about these, so some that it hides may be among them. */
  skip: number;
  limit: number;
  /** Whether upstreams are asked too; only of one registry, for words, and on the last page. */
  withRemote: boolean;
  maySee(registry: Registry, name: string): boolean;
  /** Who manages the registry sees what is hidden, too. */
  isManager(registry: Registry, name: string): boolean;
}

export interface BrowsedPage {
  items: BrowsedPackage[];
  /** Null on the last page. */
  next: CardPlace | null;
  /** How many were passed over; fewer than asked for where there are no more. */
  skipped: number;
  /** Upstreams that could not be searched, and why. */
  problems: { upstream: string; problem: string }[];
}

export interface BrowseDeps extends RemoteDeps {
  db: Database;
  now: () => number;
  catalogue: Pick<Catalogue, "refresh">;
  verdicts: Pick<Verdicts, "of" | "hiddenVersions">;
  statuses: { readonly marks: Pick<PackageMarks, "of"> };
}

/**
 * Lists or finds packages: those that are here, then those that an upstream has. What policy hides is not among
 * them.
 */
export async function browsePackages(deps: BrowseDeps, question: BrowseQuestion): Promise<BrowsedPage> {
  await deps.catalogue.refresh();
  const isLocal = question.origin !== "remote";
  const local = isLocal ? await localPage(deps, question) : { items: [], next: null, skipped: 0 };
  const [registry, second] = question.registries;
  const wantsRemote = question.withRemote && (question.origin === null || question.origin === "remote");
  if (!wantsRemote || local.next !== null || registry === undefined || second !== undefined) {
    return { ...local, problems: [] };
  }
  const left = question.skip - local.skipped;
  const wanted = question.limit - local.items.length;
  const limit = wanted <= 0 ? 0 : Math.min(REMOTE_MAX, left + wanted);
  const remote = await findRemote(deps, { registry, text: question.text, limit });
  const hits = remote.hits.filter(({ name }) => question.maySee(registry, name));
  const items = [...local.items];
  for (const hit of hits.slice(left)) {
    const shown = await remoteItem(deps, question, { registry, hit });
    if (shown !== null) items.push(shown);
  }
  const skipped = local.skipped + Math.min(left, hits.length);
  return { items, next: null, skipped, problems: remote.problems };
}

type LocalPage = Pick<BrowsedPage, "items" | "next" | "skipped">;

async function localPage(deps: BrowseDeps, question: BrowseQuestion): Promise<LocalPage> {
  const { registries, limit, skip, maySee } = question;
  const byId = new Map(registries.map((registry) => [registry.id, registry]));
  const seen = (card: FoundCard): { registry: Registry; card: FoundCard }[] => {
    const registry = byId.get(card.registry_id);
    return registry !== undefined && maySee(registry, card.name) ? [{ registry, card }] : [];
  };
  const items: BrowsedPackage[] = [];
  let [after, skipped, judged] = [question.after, 0, 0];
  const upTo = async (next: CardPlace | null): Promise<LocalPage> => {
    return { items: await counted(deps, items), next, skipped };
  };
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const wanted = skip - skipped + limit + 1;
    const cards = await cardsAfter(deps, question, { after, limit: wanted });
    for (const one of cards.flatMap(seen)) {
      if (skipped < skip) skipped += 1;
      else if (items.length === limit || judged === JUDGED_MAX) return await upTo(after);
      else {
        judged += 1;
        const shown = await shownItem(deps, question, one);
        items.push(...(shown === null ? [] : [shown]));
      }
      after = one.card.place;
    }
    after = cards.at(-1)?.place ?? after;
    if (cards.length < wanted) return await upTo(null);
  }
  return await upTo(after);
}

async function cardsAfter(
  { db }: BrowseDeps,
  { registries, text, origin, needing, order }: BrowseQuestion,
  { after, limit }: { after: CardPlace | null; limit: number },
): Promise<FoundCard[]> {
  return await findCards(db, {
    registryIds: [...new Set(registries.map(({ id }) => id))],
    search: parseSearch(text),
    origin: origin === "remote" ? null : origin,
    needing,
    order,
    after,
    limit,
  });
}

// The order by downloads is that of the last hour; what is shown is that of now.
async function counted({ db, now }: BrowseDeps, items: readonly BrowsedPackage[]): Promise<BrowsedPackage[]> {
  const wanted = items.map(({ registry, name }) => ({ registryId: registry.id, name }));
  const counts = await downloadsOf(db, wanted, dayOf(now()) - DAYS_PER_WEEK + 1);
  return items.map((item) => ({
    ...item,
    downloadsWeek: counts.get(`${item.registry.id}\n${item.name}`) ?? 0,
  }));
}

async function shownItem(
  deps: BrowseDeps,
  question: BrowseQuestion,
  { registry, card }: { registry: Registry; card: FoundCard },
): Promise<BrowsedPackage | null> {
  const { name } = card;
  const { isManager } = question;
  const { latest: known } = card;
  const hidden = await deps.verdicts.hiddenVersions(registry, name, known === null ? [] : [known]);
  const { unlisted } = await deps.statuses.marks.of(registry, name);
  const isOut = (version: string): boolean => hidden.has(version) || unlisted.has(version);
  const latest = known === null || isOut(known) ? await newestOf(deps, { registry, name, isOut }) : known;
  const refusal = hidden.get(known ?? "") ?? null;
  const isUnlisted = ["*", known].some((one) => one !== null && unlisted.has(one));
  const isShown = latest !== null && !unlisted.has("*");
  if (!isShown && !isManager(registry, name)) return null;
  const item = itemFor(question, { registry, card, isOut });
  if (item === null) return null;
  return { ...item, latest, refusal, isUnlisted, hiddenCount: hidden.size };
}

// Of a refused version others than managers get no word; null where only such words were looked for.
function itemFor(
  { isManager, text, needing }: BrowseQuestion,
  { registry, card, isOut }: { registry: Registry; card: FoundCard; isOut: (version: string) => boolean },
): BrowsedPackage | null {
  const item = itemOf(registry, card);
  if (card.latest === null || !isOut(card.latest) || isManager(registry, card.name)) return item;
  const { terms, needed } = parseSearch(text);
  const isNamed = terms.every((term) => card.name.toLowerCase().includes(term));
  if (needing !== null || needed.length > 0 || !isNamed) return null;
  return { ...item, ...NOTHING_SAID };
}

// The card's latest version may not be had, but another one may.
async function newestOf(
  { verdicts }: BrowseDeps,
  wanted: { registry: Registry; name: string; isOut: (version: string) => boolean },
): Promise<string | null> {
  try {
    const { versions, distTags } = await verdicts.of(wanted.registry, wanted.name, { cachedOnly: true });
    const left = versions.filter((version) => !wanted.isOut(version));
    const tagged = distTags.get("latest") ?? "";
    return left.includes(tagged) ? tagged : (highestStable(left) ?? left.at(-1) ?? null);
  } catch (error) {
    if (isEntrepotError(error)) return null;
    throw error;
  }
}

function itemOf(registry: Registry, card: FoundCard): BrowsedPackage {
  return {
    registry,
    name: card.name,
    origin: card.origin,
    latest: card.latest,
    description: card.description === "" ? null : card.description,
    keywords: JSON.parse(card.keywords) as string[],
    links: { ...NO_LINKS, ...(JSON.parse(card.links) as Partial<RemoteHit["links"]>) },
    maintainers: JSON.parse(card.maintainers) as RemoteHit["maintainers"],
    publisher: card.publisher,
    licence: card.licence,
    updatedAt: card.updated_at,
    downloadsWeek: card.downloads_week,
    hiddenCount: 0,
    refusal: null,
    isUnlisted: false,
  };
}

const NO_LINKS: RemoteHit["links"] = { homepage: null, repository: null, bugs: null };

/** Instead of the words of a version that the asker does not get. */
const NOTHING_SAID = {
  description: null,
  keywords: [],
  links: NO_LINKS,
  maintainers: [],
  publisher: null,
  licence: null,
  updatedAt: null,
} satisfies Partial<BrowsedPackage>;

async function remoteItem(
  deps: BrowseDeps,
  { isManager }: BrowseQuestion,
  { registry, hit }: { registry: Registry; hit: RemoteHit },
): Promise<BrowsedPackage | null> {
  const { name, version, publishedAt, ...said } = hit;
  const hidden = await deps.verdicts.hiddenVersions(registry, name, [version]);
  const { unlisted } = await deps.statuses.marks.of(registry, name);
  const refusal = hidden.get(version) ?? null;
  const isUnlisted = unlisted.has("*") || unlisted.has(version);
  if ((refusal !== null || isUnlisted) && !isManager(registry, name)) return null;
  return {
    ...said,
    registry,
    name,
    origin: "remote",
    latest: refusal === null ? version : null,
    licence: null,
    updatedAt: publishedAt,
    downloadsWeek: 0,
    hiddenCount: hidden.size,
    refusal,
    isUnlisted,
  };
}
