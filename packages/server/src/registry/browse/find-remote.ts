import { indexSummary, isEntrepotError, parsePackageName } from "@entrepot/core";
import type { Database } from "../../db/index.ts";
import type { Upstream, UpstreamHit, Upstreams } from "../../upstream/index.ts";
import type { NameOrigins } from "../name-origin.ts";
import type { Registry } from "../registry.ts";
import { upstreamsFor } from "../upstream-filter.ts";

export type RemoteHit = UpstreamHit;

export interface RemoteDeps {
  db: Database;
  origins: Pick<NameOrigins, "ownAmong">;
  upstreams: Pick<Upstreams, "search" | "current" | "index">;
}

/** What upstreams found, and which of them could not be asked. */
export interface RemoteAnswer {
  hits: RemoteHit[];
  problems: { upstream: string; problem: string }[];
}

const TEXT_CHARS_MIN = 2;
/** As many are asked for at any time, so that the answer serves every page. */
const HITS_MAX = 50;

/**
 * Asks a registry's upstreams what they have for some words. Names that are here already, that are the registry's own, or
 * that it would not ask the upstream for are not among the answers; and words that are such names are told to nobody.
 */
export async function findRemote(
  deps: RemoteDeps,
  { registry, text, limit }: { registry: Registry; text: string; limit: number },
): Promise<RemoteAnswer> {
  const answer: RemoteAnswer = { hits: [], problems: [] };
  const words = text.trim().split(/\s+/);
  if (limit <= 0 || text.trim().length < TEXT_CHARS_MIN || registry.frozenAt !== null) return answer;
  if (await isOwn(deps, registry, text)) return answer;
  const seen = new Set<string>();
  for (const upstream of registry.upstreams) {
    if (!words.every((word) => isAsked(registry, upstream, word))) continue;
    for (const hit of await hitsFrom(deps, { upstream, text, size: HITS_MAX }, answer.problems)) {
      const first = upstreamsFor(registry, hit.name)[0];
      if (seen.has(hit.name) || first === undefined) continue;
      seen.add(hit.name);
      answer.hits.push(hit);
    }
  }
  answer.hits = (await foreign(deps, registry, answer.hits)).slice(0, limit);
  return answer;
}

// A filter by names says nothing of words that are none, unless it lets only some names pass.
function isAsked({ filters }: Registry, { id }: Upstream, word: string): boolean {
  return (filters.get(id)?.refusal(word) ?? null) === null;
}

/** Tells whether somebody looks for what is this registry's own: who asks an upstream for it gives its name away. */
async function isOwn({ origins }: RemoteDeps, registry: Registry, text: string): Promise<boolean> {
  const { names, scopes } = namesIn(text);
  if (registry.claims.some((claim) => scopes.has(claim.slice(0, claim.indexOf("/"))))) return true;
  const { local, claimed } = await origins.ownAmong(registry, [...names]);
  return local.size > 0 || claimed.size > 0;
}

/** Everything in a text that may be a name or a scope: the whole of it is sent, whatever else a search makes of it. */
function namesIn(text: string): { names: Set<string>; scopes: Set<string> } {
  const names = new Set<string>();
  const scopes = new Set<string>();
  for (const word of [text, text.toLowerCase()].flatMap((one) => one.split(/\s+/))) {
    // A qualifier's values, and words in quotes, are sent as well.
    const parts = word.split(/[:,+"]/).map((part) => part.replace(/^-+/, ""));
    for (const part of [word, ...parts]) {
      names.add(part).add(part.replace(/(?<=.)@.*$/, ""));
      const scope = /^@[^/]+/.exec(part)?.[0];
      if (scope !== undefined) scopes.add(scope);
    }
    if (/^scope:/i.test(word)) for (const part of parts.slice(1)) scopes.add(`@${part.replace(/^@/, "")}`);
  }
  names.delete("");
  return { names, scopes };
}

async function hitsFrom(
  { upstreams }: RemoteDeps,
  { upstream, text, size }: { upstream: Upstream; text: string; size: number },
  problems: RemoteAnswer["problems"],
): Promise<readonly UpstreamHit[]> {
  try {
    return await upstreams.search(upstream, { text, size });
  } catch (error) {
    if (!isEntrepotError(error)) throw error;
    problems.push({ upstream: upstream.name, problem: error.message });
    return await exactHit(upstreams, upstream, text.trim());
  }
}

// Some registries have no search; a package whose very name is asked for is found all the same.
async function exactHit(
  upstreams: RemoteDeps["upstreams"],
  upstream: Upstream,
  text: string,
): Promise<UpstreamHit[]> {
  try {
    const { full: name } = parsePackageName(text);
    const entry = await upstreams.current(upstream, name);
    if (entry.kind !== "present") return [];
    const { distTags, modified } = indexSummary(await upstreams.index(entry));
    const version = distTags.get("latest");
    if (version === undefined) return [];
    return [{ ...NOTHING_SAID, name, version, publishedAt: modified === null ? null : Date.parse(modified) }];
  } catch (error) {
    if (isEntrepotError(error)) return [];
    throw error;
  }
}

const NOTHING_SAID: Omit<UpstreamHit, "name" | "version" | "publishedAt"> = {
  description: null,
  keywords: [],
  links: { homepage: null, repository: null, bugs: null },
  maintainers: [],
  publisher: null,
};

async function foreign(
  deps: RemoteDeps,
  registry: Registry,
  hits: readonly RemoteHit[],
): Promise<RemoteHit[]> {
  if (hits.length === 0) return [];
  const names = hits.map(({ name }) => name);
  const { local, claimed } = await deps.origins.ownAmong(registry, names);
  const rows = await deps.db.read
    .selectFrom("package_cards")
    .select("name")
    .where("registry_id", "=", registry.id)
    .where("name", "in", names)
    .execute();
  const here = new Set(rows.map(({ name }) => name));
  return hits.filter(({ name }) => !local.has(name) && !claimed.has(name) && !here.has(name));
}
