import { z } from "zod";
import {
  coversVersion,
  EntrepotError,
  isEntrepotError,
  parseBadVersions,
  type BadVersion,
  type ExposureAnswer,
  type ExposureHoldAnswer,
  type ExposureSumAnswer,
  type FetchAnswer,
} from "@entrepot/core";
import {
  findExposure,
  holdVersions,
  summarise,
  type ExposureSum,
  type Fetch,
  type WrittenStatus,
} from "../../firewall/index.ts";
import type { Registry } from "../../registry/index.ts";
import { actorOf, apiRoute, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOf } from "./iso-of.ts";

/** Unread lines that are told one by one. */
const UNREAD_MAX = 100;
/** Ranges that are held in one step: for each, the package is looked up in every registry. */
const HELD_RANGES_MAX = 100;
const EVERY = "*";

const exposureBody = z.strictObject({
  list: z.string(),
  hold: z.boolean().default(false),
  status: z.enum(["held", "blocked"]).default("held"),
  reason: z.string().default(""),
});

type Context = ApiContext<z.infer<typeof exposureBody>>;

interface NotHeld {
  package: string;
  range: string;
  why: string;
}

interface Held {
  versions: { name: string; version: string }[];
  notHeld: NotHeld[];
}

async function answer(context: Context): Promise<ExposureAnswer> {
  const { deps, body } = context;
  const { wanted, unread } = parseBadVersions(body.list);
  if (wanted.length === 0) throw nothingWanted(unread.length);
  const name = context.param("name");
  const registry = name === "" ? null : await registryOf(context, name);
  // First, so that nobody fetches them between the look and the hold.
  const held = body.hold ? await hold(context, { wanted, registry }) : null;
  await deps.decisions.flush();
  const found = await findExposure(deps, { wanted, registryId: registry?.id ?? null });
  const summary = summarise(found.fetches);
  return {
    exposed: found.items.some(({ count }) => count > 0),
    items: found.items.map(({ name: packageName, isExact: _isExact, ...item }) => ({
      package: packageName,
      ...item,
    })),
    summary: {
      packages: summary.packages.map(shownSum),
      people: summary.people.map(shownSum),
      projects: summary.projects.map(shownSum),
      credentials: summary.credentials.map(shownSum),
    },
    fetches: found.fetches.map(shownFetch),
    isCut: found.isCut,
    unread: unread.slice(0, UNREAD_MAX),
    unreadCount: unread.length,
    held,
  };
}

async function hold(
  context: Context,
  { wanted, registry }: { wanted: readonly BadVersion[]; registry: Registry | null },
): Promise<ExposureHoldAnswer> {
  const { deps, body } = context;
  const { byId } = await deps.registries.snapshot();
  const places = registry === null ? [...byId.values()] : [registry];
  const { versions, notHeld } = await versionsToHold(context, wanted, places);
  const written = await holdVersions(deps, {
    workspaceId: deps.workspaceId,
    registryId: registry?.id ?? "",
    versions,
    status: body.status,
    reason: body.reason,
    actor: actorOf(context).actor,
  });
  await deps.changes.refresh();
  return {
    status: body.status,
    versions: versions.map(({ name, version }) => ({ package: name, version })),
    changed: written.map((status) => shownStatus(status, byId)),
    notHeld,
  };
}

// A status is about one version or about all, so a range is held as the versions that there are in it today.
async function versionsToHold(
  context: Context,
  wanted: readonly BadVersion[],
  places: readonly Registry[],
): Promise<Held> {
  const held: Held = { versions: [], notHeld: [] };
  const ranges = wanted.filter(({ isExact, range }) => !isExact && range !== EVERY);
  if (ranges.length > HELD_RANGES_MAX) {
    throw invalid(
      `At most ${HELD_RANGES_MAX} ranges are held in one step; split the list, or name versions.`,
    );
  }
  for (const bad of wanted) {
    const { name, range, isExact } = bad;
    if (isExact || range === EVERY) held.versions.push({ name, version: range });
    else await addRange(context, { bad, places, held });
  }
  return held;
}

async function addRange(
  { deps }: Context,
  { bad, places, held }: { bad: BadVersion; places: readonly Registry[]; held: Held },
): Promise<void> {
  const { name, range } = bad;
  const found = new Set<string>();
  let isKnown = false;
  for (const registry of places) {
    try {
      const { versions } = await deps.verdicts.of(registry, name);
      isKnown = true;
      const covered = versions.filter((version) => coversVersion(range, version));
      for (const version of covered) found.add(version);
    } catch (error) {
      if (!isEntrepotError(error)) throw error;
      if (error.code !== "package-not-found") held.notHeld.push({ package: name, range, why: error.message });
    }
  }
  held.versions.push(...Array.from(found, (version) => ({ name, version })));
  if (found.size > 0) return;
  const why = isKnown ? "No version of it is in this range." : "No registry here has this package.";
  held.notHeld.push({ package: name, range, why });
}

function shownStatus(
  { registryId, name, ...status }: WrittenStatus,
  byId: ReadonlyMap<string, Registry>,
): ExposureHoldAnswer["changed"][number] {
  const registry = registryId === "" ? EVERY : (byId.get(registryId)?.name ?? null);
  return { registry, package: name, ...status };
}

function shownFetch({ name, firstAt, lastAt, ...fetch }: Fetch): FetchAnswer {
  const { registry, ...rest } = fetch;
  return { registry, package: name, ...rest, firstAt: isoOf(firstAt), lastAt: isoOf(lastAt) };
}

function shownSum({ firstAt, lastAt, ...sum }: ExposureSum): ExposureSumAnswer {
  return { ...sum, firstAt: isoOf(firstAt), lastAt: isoOf(lastAt) };
}

function nothingWanted(unreadCount: number): EntrepotError {
  const why = unreadCount === 0 ? "it is empty" : `none of its ${unreadCount} lines can be read`;
  return invalid(
    `The list names no bad version: ${why}. Write one in a line, such as left-pad@1.3.0 or left-pad@^1.`,
  );
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}

/** Who fetched bad versions; with `hold`, they are refused from now on in the same step. */
export const EXPOSURE_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "find-exposure",
    method: "POST",
    path: "/exposure",
    permission: "administer",
    body: exposureBody,
    handler: answer,
  }),
  apiRoute({
    id: "find-registry-exposure",
    method: "POST",
    path: "/registries/:name/exposure",
    permission: "manage-registry",
    registryIn: "name",
    body: exposureBody,
    handler: answer,
  }),
];
