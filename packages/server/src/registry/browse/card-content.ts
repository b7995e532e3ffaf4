import { isEntrepotError, type ManifestDetails, type NamedPerson } from "@entrepot/core";
import { withoutNul, type Database } from "../../db/index.ts";
import type { ThreadPool } from "../../threads/index.ts";
import type { DocumentEntry, Upstreams } from "../../upstream/index.ts";
import type { NameOrigins } from "../name-origin.ts";
import { listTags } from "../package-rows.ts";
import type { Registry } from "../registry.ts";
import { upstreamsFor } from "../upstream-filter.ts";
import type { CardContent } from "./card-rows.ts";
import type { Descriptions } from "./descriptions.ts";

export interface CardContentDeps {
  db: Database;
  origins: NameOrigins;
  upstreams: Pick<Upstreams, "current">;
  descriptions: Descriptions;
  threads: Pick<ThreadPool, "run">;
  now: () => number;
}

/** What the card says now; null where nothing of the package is here any more. */
export async function cardContent(
  deps: CardContentDeps,
  registry: Registry,
  name: string,
): Promise<CardContent | null> {
  const origin = await deps.origins.of(registry, name);
  if (origin.kind === "local" && origin.row.removed_at === null) return await localContent(deps, origin.row);
  const kept = await deps.db.read
    .selectFrom("cached_versions")
    .select(["version", "cached_at"])
    .where("registry_id", "=", registry.id)
    .where("name", "=", name)
    .orderBy("cached_at", "desc")
    .limit(1)
    .executeTakeFirst();
  if (kept === undefined) return null;
  const bare = bareContent("cached", { latest: kept.version, updatedAt: kept.cached_at });
  // A name that has become our own is not described by what a stranger says of it.
  if (origin.kind !== "upstream") return bare;
  try {
    return (await upstreamContent(deps, registry, name)) ?? bare;
  } catch (error) {
    if (!isEntrepotError(error)) throw error;
    return bare;
  }
}

async function localContent(
  { db, threads }: CardContentDeps,
  row: { id: string; modified_at: number; maintainers: string },
): Promise<CardContent> {
  const tags = await listTags(db.read, row.id);
  let query = db.read
    .selectFrom("versions")
    .select(["version", "full_slice", "published_at", "published_by"])
    .where("package_id", "=", row.id)
    .where("removed_at", "is", null);
  const latest = tags.get("latest");
  if (latest !== undefined) query = query.where("version", "=", latest);
  const version = await query.orderBy("published_at", "desc").limit(1).executeTakeFirst();
  const bare = bareContent("local", {
    latest: version?.version ?? null,
    updatedAt: version?.published_at ?? row.modified_at,
  });
  const maintainers = JSON.parse(row.maintainers) as NamedPerson[];
  if (version === undefined) return { ...bare, maintainers };
  const [details] = await threads.run("describeManifests", { manifests: [version.full_slice] });
  return described(bare, details, { maintainers, publisher: version.published_by });
}

async function upstreamContent(
  deps: CardContentDeps,
  registry: Registry,
  name: string,
): Promise<CardContent | null> {
  for (const upstream of upstreamsFor(registry, name)) {
    const entry = await deps.upstreams.current(upstream, name, { cachedOnly: true });
    if (entry?.kind === "present") return await documentContent(deps, entry);
  }
  return null;
}

async function documentContent(
  { descriptions, now }: CardContentDeps,
  entry: DocumentEntry,
): Promise<CardContent> {
  const page = { after: null, limit: 1, text: "" };
  const {
    distTags,
    details,
    times,
    maintainers,
    page: newest,
  } = await descriptions.of(entry, {
    page,
    also: ["latest"],
  });
  const latest = distTags.get("latest") ?? newest.items[0]?.version ?? null;
  const about = details.get(latest ?? "");
  const time = times.get(latest ?? "") ?? null;
  const bare = bareContent("cached", { latest, updatedAt: time === null ? now() : Date.parse(time) });
  return described(bare, about, { maintainers, publisher: about?.publisher ?? null });
}

/** What is installed with a package. */
const NEEDED = ["dependencies", "peerDependencies", "optionalDependencies"] as const;

function described(
  bare: CardContent,
  details: ManifestDetails | undefined,
  said: Pick<CardContent, "maintainers" | "publisher">,
): CardContent {
  if (details === undefined) return { ...bare, ...said };
  const { description, keywords, author, links, license } = details;
  return {
    ...bare,
    ...said,
    publisher: said.publisher === null ? null : withoutNul(said.publisher),
    description: withoutNul(description ?? ""),
    keywords: keywords.map(withoutNul),
    author: author === null ? null : withoutNul(author.name),
    links,
    dependencies: NEEDED.flatMap((kind) => Object.keys(details.dependencies[kind])),
    licence: withoutNul(license.spdx ?? license.raw ?? "") || null,
  };
}

function bareContent(
  origin: CardContent["origin"],
  { latest, updatedAt }: Pick<CardContent, "latest" | "updatedAt">,
): CardContent {
  return {
    origin,
    latest,
    description: "",
    keywords: [],
    author: null,
    publisher: null,
    maintainers: [],
    links: {},
    licence: null,
    updatedAt,
    dependencies: [],
  };
}
