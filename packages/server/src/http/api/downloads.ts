import { EntrepotError, type DownloadsAnswer } from "@entrepot/core";
import { dayOf } from "../../firewall/index.ts";
import { readDownloads } from "../../registry/index.ts";
import { apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { packageOf, versionFrom } from "./package-of.ts";

const DAYS_DEFAULT = 30;
const DAYS_MAX = 365;
const DAY_MS = 86_400_000;

type Context = ApiContext<unknown>;

function daysIn(context: Context): number {
  const text = context.query("days") ?? String(DAYS_DEFAULT);
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= DAYS_MAX) return days;
  throw new EntrepotError("request-invalid", { message: `"days" is a whole number from 1 to ${DAYS_MAX}.` });
}

async function show(context: Context): Promise<DownloadsAnswer> {
  const { registry, name } = await packageOf(context);
  const { deps } = context;
  const to = dayOf(deps.now());
  const from = to - daysIn(context) + 1;
  const asked = context.query("version");
  const version = asked === undefined ? null : versionFrom(asked);
  // What was served a moment ago counts already; anybody may ask, so this writes seldom.
  await deps.decisions.catchUp();
  const found = await readDownloads(deps.db, { registryId: registry.id, name, version, from, to });
  const counts = new Map(found.days.map(({ day, count }) => [day, count]));
  const days = Array.from({ length: to - from + 1 }, (_, at) => from + at);
  return {
    registry: registry.name,
    package: name,
    version,
    from: dateOf(from),
    to: dateOf(to),
    total: found.total,
    days: days.map((day) => ({ day: dateOf(day), downloads: counts.get(day) ?? 0 })),
    versions: found.versions.map((row) => ({ version: row.version, downloads: row.count })),
  };
}

function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, "2026-01-31".length);
}

/** How often tarballs were served, by day. */
export const DOWNLOAD_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "show-downloads",
    method: "GET",
    path: "/registries/:name/packages/:package/downloads",
    permission: "view",
    registryIn: "name",
    body: NO_BODY,
    handler: show,
  }),
];
