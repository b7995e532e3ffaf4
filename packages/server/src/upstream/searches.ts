import { LRUCache } from "lru-cache";
import {
  isJsonObject,
  manifestDetails,
  normalizeVersion,
  parsePackageName,
  peopleOf,
  type ManifestDetails,
} from "@entrepot/core";
import type { UpstreamClient } from "./client.ts";
import { asideOf, assertAnswers, readDecoded } from "./side-questions.ts";
import { createSingleFlight } from "./single-flight.ts";
import { invalid } from "./upstream-errors.ts";
import type { Upstream } from "./upstream.ts";

const PATH = "-/v1/search";
const TIMEOUT_MS_MAX = 5_000;
const ANSWER = { about: "searches", bytesMax: 2 * 1024 ** 2 } as const;
/** How long an answer is given again. */
const FRESH_MS = 60_000;
const ANSWERS_MAX = 200;

/** What is looked for; at most `size` packages are wanted. */
export interface SearchQuestion {
  text: string;
  size: number;
}

/** A package as an upstream's search has it. */
export interface UpstreamHit extends Pick<
  ManifestDetails,
  "description" | "keywords" | "links" | "maintainers" | "publisher"
> {
  name: string;
  version: string;
  /** When it was published, in milliseconds since 1970; null if the upstream does not say. */
  publishedAt: number | null;
}

/** Searches at upstreams. */
export interface Searches {
  /** Throws `upstream-unavailable`, `upstream-timeout` and `upstream-invalid`. */
  ask(upstream: Upstream, question: SearchQuestion): Promise<readonly UpstreamHit[]>;
}

/** Makes the searcher, which asks the same once a minute. */
export function createSearches(client: Pick<UpstreamClient, "get">, now: () => number): Searches {
  const known = new LRUCache<string, { at: number; hits: readonly UpstreamHit[] }>({ max: ANSWERS_MAX });
  const flights = createSingleFlight<readonly UpstreamHit[]>();
  return {
    async ask(upstream, question) {
      const key = `${upstream.id}\n${upstream.url}\n${JSON.stringify(question)}`;
      const found = known.get(key);
      if (found !== undefined && Math.abs(now() - found.at) < FRESH_MS) return found.hits;
      return await flights.run(key, async () => {
        const hits = await search(client, upstream, question);
        known.set(key, { at: now(), hits });
        return hits;
      });
    },
  };
}

async function search(
  client: Pick<UpstreamClient, "get">,
  asked: Upstream,
  { text, size }: SearchQuestion,
): Promise<UpstreamHit[]> {
  const upstream = asideOf(asked, { about: ANSWER.about, timeoutMsMax: TIMEOUT_MS_MAX });
  const url = new URL(`${upstream.url}${PATH}`);
  url.search = new URLSearchParams({ text, size: String(size) }).toString();
  const headers = { "accept": "application/json", "accept-encoding": "gzip" };
  const response = await client.get(upstream, { url, lane: "audit", headers });
  assertAnswers(upstream, response, ANSWER.about);
  const answer = parsed(upstream, await readDecoded(upstream, response, ANSWER));
  return answer.slice(0, size).flatMap(hitOf);
}

function parsed(upstream: Upstream, body: Uint8Array): unknown[] {
  try {
    const answer: unknown = JSON.parse(Buffer.from(body).toString());
    if (isJsonObject(answer) && Array.isArray(answer["objects"])) return answer["objects"];
  } catch {
    // Said below.
  }
  throw invalid(upstream, "answers searches with something else");
}

// What is no package that could be asked for is nothing that was found.
function hitOf(value: unknown): UpstreamHit[] {
  const item = isJsonObject(value) && isJsonObject(value["package"]) ? value["package"] : {};
  const { name, version, date, links, publisher, maintainers } = item;
  const known = typeof version === "string" ? normalizeVersion(version) : null;
  if (typeof name !== "string" || known === null || !isName(name)) return [];
  const details = manifestDetails({ ...item, ...(isJsonObject(links) ? links : {}) }, known);
  const at = typeof date === "string" ? Date.parse(date) : Number.NaN;
  return [
    {
      name,
      version: known,
      description: details.description,
      keywords: details.keywords,
      links: details.links,
      maintainers: peopleOf(maintainers),
      publisher: peopleOf([publisher])[0]?.name ?? null,
      publishedAt: Number.isNaN(at) ? null : at,
    },
  ];
}

function isName(name: string): boolean {
  try {
    return parsePackageName(name).full === name;
  } catch {
    return false;
  }
}
