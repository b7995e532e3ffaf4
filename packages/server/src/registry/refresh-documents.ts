import type { Database } from "../db/index.ts";
import type { Upstream, Upstreams } from "../upstream/index.ts";
import type { NameOrigins } from "./name-origin.ts";
import type { Registries } from "./registries.ts";
import type { Registry } from "./registry.ts";
import { upstreamsFor } from "./upstream-filter.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A run that begins a little earlier than the last one must not pass over what was asked for then. */
const SLACK_MS = HOUR_MS;
/** How old a document may be, by how long ago its package was used. */
const AGES: readonly { usedWithinMs: number; ageMs: number }[] = [
  { usedWithinMs: 7 * DAY_MS, ageMs: DAY_MS },
  { usedWithinMs: 30 * DAY_MS, ageMs: 7 * DAY_MS },
  { usedWithinMs: Infinity, ageMs: 15 * DAY_MS },
];
const SHORTEST_MS = DAY_MS;
const LONGEST_MS = 15 * DAY_MS;
const PAGE = 200;
/** Requests at the same time, so that clients find the upstream's connections free. */
const PARALLEL = 4;
/** Lines about single packages in one run. */
const LINES_MAX = 100;

type Known = Pick<Awaited<ReturnType<Registries["snapshot"]>>, "byId">;

export interface RefreshDeps {
  db: Pick<Database, "read">;
  workspaceId: string;
  registries: { snapshot(): Known | Promise<Known> };
  origins: Pick<NameOrigins, "of">;
  upstreams: Pick<Upstreams, "current">;
  now: () => number;
}

/** Where a run tells what it does. */
export interface RefreshReport {
  log(text: string): void;
  count(name: string, by?: number): void;
  signal: AbortSignal;
}

/** A package some versions of which passed through a registry. */
interface Candidate {
  upstream: Upstream;
  name: string;
  versions: readonly string[];
  /** When the newest of them was cached. */
  cachedAt: number;
}

interface Due {
  upstream: Upstream;
  name: string;
  /** What was asked for since then is young enough. */
  askedSince: number;
}

interface Run {
  deps: RefreshDeps;
  report: RefreshReport;
  /** Upstream and name of what this run has asked for. */
  asked: Set<string>;
  lines: number;
}

/**
 * Asks upstreams anew for the documents of packages that are cached: daily for what was used within a week, weekly
 * within 30 days, else every 15 days. So what is said of them upstream later, such as that they are deprecated, is
 * known here also where documents stay fresh for long. Frozen registries ask nobody.
 */
export async function refreshDocuments(deps: RefreshDeps, report: RefreshReport): Promise<void> {
  const run: Run = { deps, report, asked: new Set(), lines: 0 };
  const { byId } = await deps.registries.snapshot();
  for (const registry of byId.values()) {
    if (!registry.active || registry.frozenAt !== null || registry.upstreams.length === 0) continue;
    await refreshRegistry(run, registry);
    if (report.signal.aborted) return;
  }
}

async function refreshRegistry(run: Run, registry: Registry): Promise<void> {
  const { deps, report } = run;
  const before = run.asked.size;
  let looked = 0;
  for (let after = ""; !report.signal.aborted;) {
    const names = await namesAfter(deps, registry, after);
    const due: Due[] = [];
    for (const name of names) {
      const candidate = await candidateOf(deps, registry, name);
      const found = candidate === null ? null : await dueOf(run, candidate);
      if (found !== null) due.push(found);
    }
    await inParallel(due, (one) => refresh(run, one));
    looked += names.length;
    const last = names.at(-1);
    if (last === undefined || names.length < PAGE) break;
    after = last;
  }
  report.count("packages", looked);
  report.log(`${registry.name}: of ${looked} packages ${run.asked.size - before} were asked for`);
}

async function namesAfter({ db }: RefreshDeps, registry: Registry, after: string): Promise<string[]> {
  const rows = await db.read
    .selectFrom("cached_versions")
    .select("name")
    .distinct()
    .where("registry_id", "=", registry.id)
    .where("name", ">", after)
    .orderBy("name")
    .limit(PAGE)
    .execute();
  return rows.map(({ name }) => name);
}

/** Null for what the registry would not ask an upstream for today. */
async function candidateOf(deps: RefreshDeps, registry: Registry, name: string): Promise<Candidate | null> {
  if ((await deps.origins.of(registry, name)).kind !== "upstream") return null;
  const rows = await deps.db.read
    .selectFrom("cached_versions")
    .select(["version", "upstream_id", "cached_at"])
    .where("registry_id", "=", registry.id)
    .where("name", "=", name)
    .orderBy("cached_at", "desc")
    .execute();
  const [newest] = rows;
  const upstream = upstreamsFor(registry, name).find(({ id }) => id === newest?.upstream_id);
  if (newest === undefined || upstream === undefined) return null;
  return { upstream, name, versions: rows.map(({ version }) => version), cachedAt: newest.cached_at };
}

async function dueOf({ deps, asked }: Run, candidate: Candidate): Promise<Due | null> {
  const { upstream, name } = candidate;
  if (asked.has(keyOf(candidate))) return null;
  const now = deps.now();
  const row = await deps.db.read
    .selectFrom("upstream_documents")
    .select("checked_at")
    .where("upstream_id", "=", upstream.id)
    .where("name", "=", name)
    .executeTakeFirst();
  const ageMs = row === undefined ? Infinity : now - row.checked_at;
  if (ageMs < SHORTEST_MS - SLACK_MS) return null;
  // When it was used need not be looked up for what is due in any case.
  const allowedMs = ageMs >= LONGEST_MS ? LONGEST_MS : await ageAllowed(deps, candidate, now);
  if (ageMs < allowedMs - SLACK_MS) return null;
  return { upstream, name, askedSince: now - allowedMs + SLACK_MS };
}

async function ageAllowed(deps: RefreshDeps, candidate: Candidate, now: number): Promise<number> {
  const { name, versions, cachedAt } = candidate;
  const [shortest] = AGES;
  let usedAt = cachedAt;
  for (const version of versions) {
    if (shortest !== undefined && now - usedAt <= shortest.usedWithinMs) break;
    usedAt = Math.max(usedAt, (await decidedAt(deps, name, version)) ?? 0);
  }
  return AGES.find(({ usedWithinMs }) => now - usedAt <= usedWithinMs)?.ageMs ?? LONGEST_MS;
}

async function decidedAt(
  { db, workspaceId }: RefreshDeps,
  name: string,
  version: string,
): Promise<number | null> {
  const row = await db.read
    .selectFrom("decisions")
    .select("at")
    .where("workspace_id", "=", workspaceId)
    .where("name", "=", name)
    .where("version", "=", version)
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.at ?? null;
}

async function refresh(run: Run, due: Due): Promise<void> {
  const { deps, report, asked } = run;
  if (report.signal.aborted) return;
  const { upstream, name, askedSince } = due;
  asked.add(keyOf(due));
  report.count("requests");
  try {
    const before = await deps.upstreams.current(upstream, name, { cachedOnly: true });
    const known = before?.kind === "present" ? before.digest : null;
    const entry = await deps.upstreams.current(upstream, name, { askedSince });
    if ((entry?.kind === "present" ? entry.digest : null) === known) return;
    report.count("changed");
    tell(run, `${name}: ${upstream.name} says something else now`);
  } catch (error) {
    report.count("failed");
    tell(run, `${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function tell(run: Run, text: string): void {
  run.lines += 1;
  if (run.lines <= LINES_MAX) run.report.log(text);
}

function keyOf({ upstream, name }: Pick<Due, "upstream" | "name">): string {
  return `${upstream.id}\n${name}`;
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const lane = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
}
