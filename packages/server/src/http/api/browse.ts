import {
  EntrepotError,
  may,
  parseSearch,
  type PackageCardAnswer,
  type PackageCardsAnswer,
  type Permission,
} from "@entrepot/core";
import {
  browsePackages,
  isByName,
  type BrowsedPackage,
  type BrowseQuestion,
  type CardOrder,
  type CardPlace,
  type PackageOrigin,
  type Registry,
} from "../../registry/index.ts";
import { apiRoute, NO_BODY, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOrNull } from "./iso-of.ts";
import { limitOf } from "./page.ts";
import { packageOf } from "./package-of.ts";
import { shownVerdictOf } from "./shown-verdict.ts";

const TEXT_CHARS_MAX = 500;
const LIMIT_MAX = 100;
const ORIGINS: readonly PackageOrigin[] = ["local", "cached", "remote"];
const ORDERS: readonly CardOrder[] = ["relevance", "name", "updated", "downloads"];

type Context = ApiContext<unknown>;

async function ofRegistry(context: Context): Promise<unknown> {
  const registry = await registryOf(context, context.param("name"));
  return await browse(context, { registries: [registry], withRemote: true });
}

async function dependents(context: Context): Promise<unknown> {
  const { registry, name } = await packageOf(context);
  return await browse(context, { registries: [registry], withRemote: false, needing: name });
}

async function ofWorkspace(context: Context): Promise<unknown> {
  const { deps, principal } = context;
  const policy = await deps.access.policy();
  const registries = [...(await deps.registries.snapshot()).byName.values()].filter(
    (registry) =>
      registry.active &&
      may({ principal, permission: "view", target: { registry, packageName: null } }, policy).allowed,
  );
  return await browse(context, { registries, withRemote: false });
}

async function browse(
  context: Context,
  {
    registries,
    withRemote,
    needing = null,
  }: { registries: readonly Registry[]; withRemote: boolean; needing?: string | null },
): Promise<unknown> {
  const { deps, principal } = context;
  const policy = await deps.access.policy();
  const has =
    (permission: Permission): BrowseQuestion["maySee"] =>
    (registry, packageName) =>
      may({ principal, permission, target: { registry, packageName } }, policy).allowed;
  const text = (context.query("query") ?? "").trim().slice(0, TEXT_CHARS_MAX);
  const order = oneOf(context, "sort", ORDERS) ?? (text === "" ? "name" : "relevance");
  const found = await browsePackages(deps, {
    registries,
    text,
    needing,
    origin: oneOf(context, "origin", ORIGINS),
    order,
    after: placeIn(context.query("cursor"), isByName({ order, search: parseSearch(text) })),
    skip: 0,
    limit: Math.min(LIMIT_MAX, limitOf(context.query("limit"))),
    withRemote: withRemote && text !== "",
    maySee: has("view"),
    isManager: has("manage-registry"),
  });
  const { items, next, problems } = found;
  const answer: PackageCardsAnswer = {
    items: items.map(shown),
    next: next === null ? null : cursorOf(next),
    problems,
  };
  return answer;
}

function oneOf<T extends string>(context: Context, name: string, values: readonly T[]): T | null {
  const text = context.query(name);
  if (text === undefined) return null;
  const value = values.find((one) => one === text);
  if (value !== undefined) return value;
  throw new EntrepotError("request-invalid", { message: `"${name}" is one of ${values.join(", ")}.` });
}

function cursorOf({ value, name, id }: CardPlace): string {
  return Buffer.from(JSON.stringify([value, name, id])).toString("base64url");
}

// A place of another order is none: a database would compare a text with a number.
function placeIn(cursor: string | undefined, hasName: boolean): CardPlace | null {
  if (cursor === undefined) return null;
  try {
    const [value, name, id] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as unknown[];
    const isValue = hasName ? isText(value) : Number.isSafeInteger(value);
    if (isValue && isText(name) && Number.isSafeInteger(id)) {
      return { value: value as string | number, name, id: id as number };
    }
  } catch {
    // Said below.
  }
  throw new EntrepotError("request-invalid", {
    message: 'Give as "cursor" what a page before, in the same order, said as "next".',
  });
}

// No database compares a NUL.
function isText(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0");
}

function shown(item: BrowsedPackage): PackageCardAnswer {
  return {
    registry: item.registry.name,
    name: item.name,
    origin: item.origin,
    latest: item.latest,
    description: item.description,
    keywords: item.keywords,
    publisher: item.publisher,
    licence: item.licence,
    updatedAt: isoOrNull(item.updatedAt),
    downloadsWeek: item.downloadsWeek,
    verdict: shownVerdictOf(item.refusal),
    hiddenCount: item.hiddenCount,
    isUnlisted: item.isUnlisted,
  };
}

/** Lists and finds packages, in one registry or in all that the asker may see. */
export const BROWSE_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-packages",
    method: "GET",
    path: "/registries/:name/packages",
    permission: "view",
    registryIn: "name",
    body: NO_BODY,
    handler: ofRegistry,
  }),
  apiRoute({
    id: "list-dependents",
    method: "GET",
    path: "/registries/:name/packages/:package/dependents",
    permission: "view",
    registryIn: "name",
    body: NO_BODY,
    handler: dependents,
  }),
  apiRoute({
    id: "search-packages",
    method: "GET",
    path: "/packages",
    permission: "user",
    body: NO_BODY,
    handler: ofWorkspace,
  }),
];
