import { may, type ServerAnswer } from "@entrepot/core";
import { readDecisionCounts } from "../../firewall/index.ts";
import { readStorage, type Registry } from "../../registry/index.ts";
import { apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { currentAnnouncement } from "./announcement.ts";
import { isoOf, isoOrNull } from "./iso-of.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 7;
const FAILED_JOBS_MAX = 200;

type Context = ApiContext<unknown>;
type Counts = Awaited<ReturnType<typeof readDecisionCounts>>;

async function overview(context: Context): Promise<unknown> {
  const { deps } = context;
  const registries = await visible(context);
  const now = deps.now();
  const registryIds = registries.map(({ id }) => id);
  const counts = await readDecisionCounts(deps, { registryIds, since: now - DAYS * DAY_MS });
  const target = { registry: null, packageName: null };
  const { principal } = context;
  const isAdmin = (await deps.access.ask({ principal, permission: "administer", target })).allowed;
  const { currentAt, alarms } = deps.advisories.state();
  return {
    at: isoOf(now),
    announcement: await currentAnnouncement(context),
    registryCount: registries.length,
    day: summed(counts.filter(({ at }) => at >= now - DAY_MS)),
    week: summed(counts),
    hours: hourly(counts, now),
    advisories: {
      currentAt: isoOrNull(currentAt),
      ageSeconds: currentAt === null ? null : Math.max(0, Math.round((now - currentAt) / 1000)),
      alarmCount: alarms.length,
    },
    upstreams: isAdmin ? await upstreamsOf(context, registries) : null,
    server: isAdmin && deps.isMainWorkspace ? await serverOf(context) : null,
  };
}

async function visible({ deps, principal }: Context): Promise<Registry[]> {
  const policy = await deps.access.policy();
  const { byName } = await deps.registries.snapshot();
  return [...byName.values()].filter(
    (registry) =>
      may({ principal, permission: "view", target: { registry, packageName: null } }, policy).allowed,
  );
}

function summed(counts: Counts): Record<string, unknown> {
  const of = (outcome: Counts[number]["outcome"]): number =>
    counts.reduce((sum, one) => sum + (one.outcome === outcome ? one.count : 0), 0);
  const byRule = new Map<string, number>();
  for (const { outcome, rule, count } of counts) {
    if (outcome === "refused" && rule !== null) byRule.set(rule, (byRule.get(rule) ?? 0) + count);
  }
  const rules = [...byRule].map(([rule, count]) => ({ rule, count }));
  return {
    served: of("served"),
    refused: of("refused"),
    withheld: of("withheld"),
    refusedByRule: rules.sort((one, other) => other.count - one.count),
  };
}

/** The last day by the hour, for a chart. */
function hourly(counts: Counts, now: number): unknown[] {
  const last = Math.floor(now / HOUR_MS) * HOUR_MS;
  return Array.from({ length: 24 }, (_, back) => {
    const at = last - (23 - back) * HOUR_MS;
    const { served, refused } = summed(counts.filter((one) => one.at === at));
    return { at: isoOf(at), served, refused };
  });
}

async function upstreamsOf({ deps }: Context, registries: readonly Registry[]): Promise<unknown[]> {
  const upstreams = new Map(registries.flatMap((registry) => registry.upstreams.map((one) => [one.id, one])));
  const shown = [...upstreams.values()].map(({ id, name }) => {
    const { state, lastError, failingSince, meanMs } = deps.upstreams.health(id);
    const mean = meanMs === null ? null : Math.round(meanMs);
    return { name, state, lastError, failingSince: isoOrNull(failingSince), meanMs: mean };
  });
  return shown.sort((one, other) => (other.meanMs ?? -1) - (one.meanMs ?? -1));
}

async function serverOf({ deps }: Context): Promise<ServerAnswer> {
  const measure = await readStorage(deps.db);
  const running = await deps.jobs.list({ state: "running", limit: FAILED_JOBS_MAX });
  const failed = await deps.jobs.list({ state: "failed", limit: FAILED_JOBS_MAX });
  const since = deps.now() - DAYS * DAY_MS;
  const problem = await deps.readiness();
  return {
    version: deps.version,
    isHealthy: problem === null,
    problem,
    uptimeSeconds: Math.round(process.uptime()),
    database: deps.db.kind,
    storage: measure === null ? null : { ...measure, at: isoOf(measure.at) },
    jobs: {
      running: running.jobs.map(({ id, kind }) => ({ id, kind })),
      failedInWeek: failed.jobs.filter(({ finishedAt }) => (finishedAt ?? 0) >= since).length,
    },
  };
}

/** What happens on the server, in a few numbers. */
export const OVERVIEW_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "overview",
    method: "GET",
    path: "/overview",
    permission: "user",
    body: NO_BODY,
    handler: overview,
  }),
];
