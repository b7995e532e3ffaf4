import { EntrepotError, may } from "@entrepot/core";
import { browsePackages, type BrowsedPackage } from "../../registry/index.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";

const SIZE_DEFAULT = 20;
const SIZE_MAX = 250;
/** How deep one may page; who wants more says more words. */
const REACH_MAX = 1000;

/** `GET /-/v1/search`: what `npm search` prints. It shows what clients get, whoever asks. */
export async function search({ deps, registry, principal, query }: NpmContext): Promise<Answer> {
  const text = query.get("text")?.trim() ?? "";
  if (text === "") {
    throw new EntrepotError("request-invalid", { message: 'Say what to look for, as in "?text=left".' });
  }
  const from = Math.min(REACH_MAX, wholeNumber(query, "from", 0));
  const size = Math.min(SIZE_MAX, REACH_MAX - from, wholeNumber(query, "size", SIZE_DEFAULT));
  const policy = await deps.access.policy();
  const { items, next, skipped } = await browsePackages(deps, {
    registries: [registry],
    text,
    origin: null,
    needing: null,
    order: "relevance",
    after: null,
    skip: from,
    limit: size,
    withRemote: true,
    maySee: (_, packageName) =>
      may({ principal, permission: "view", target: { registry, packageName } }, policy).allowed,
    isManager: () => false,
  });
  // What comes first scores most, on later pages too.
  const objects = items.map((item, at) => shown(item, REACH_MAX + SIZE_MAX - from - at));
  const total = skipped + items.length + (next === null ? 0 : 1);
  return jsonAnswer(200, { objects, total, time: new Date(deps.now()).toISOString() });
}

function wholeNumber(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name);
  if (text === null || text === "") return otherwise;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new EntrepotError("request-invalid", { message: `"${name}" is a whole number.` });
}

function shown(item: BrowsedPackage, score: number): Record<string, unknown> {
  const { name, latest, description, keywords, links, maintainers, publisher, updatedAt } = item;
  const date = updatedAt === null ? undefined : new Date(updatedAt).toISOString();
  const known = Object.entries(links).filter(([, link]) => link !== null);
  return {
    package: {
      name,
      version: latest,
      ...(description === null ? {} : { description }),
      keywords,
      ...(date === undefined ? {} : { date }),
      links: Object.fromEntries(known),
      ...(publisher === null ? {} : { publisher: { username: publisher, email: "" } }),
      maintainers: maintainers.map((person) => ({ username: person.name, email: person.email ?? "" })),
      ...(item.licence === null ? {} : { license: item.licence }),
    },
    downloads: { weekly: item.downloadsWeek },
    score: { final: score, detail: { quality: 1, popularity: 1, maintenance: 1 } },
    searchScore: score,
    flags: { insecure: 0 },
    ...(date === undefined ? {} : { updated: date }),
  };
}
