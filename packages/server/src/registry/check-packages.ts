import { performance } from "node:perf_hooks";
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import { isEntrepotError } from "@entrepot/core";
import { isForeignKeyViolation } from "../db/index.ts";
import { advisoryStamp, checkPackage, type CheckDeps, type PackageCheck } from "./check-package.ts";
import { checksDue, noteChecked } from "./checks-due.ts";
import type { Registries } from "./registries.ts";
import type { Registry } from "./registry.ts";

const PAGE = 200;
/** Lines about single packages in one run. */
const LINES_MAX = 200;
const PAUSE_MS_MAX = 50;

export interface ChecksDeps extends CheckDeps {
  advisories: CheckDeps["advisories"] & { ready(): Promise<void> | null };
  workspaceId: string;
  registries: Pick<Registries, "snapshot">;
}

/** Where a run tells what it does. */
export interface CheckReport {
  log(text: string): void;
  count(name: string, by?: number): void;
  signal: AbortSignal;
}

/** A version that somebody has to look at, found by a run. */
export interface NewFinding {
  registry: string;
  name: string;
  version: string;
  rule: string;
}

interface Run {
  deps: ChecksDeps;
  report: CheckReport;
  lines: number;
  /** Names that could not be judged in some registry. */
  failed: Set<string>;
  /** Ids of registries that were deleted meanwhile. */
  gone: Set<string>;
  /** Of versions that are kept and are not as policy wants them. */
  found: NewFinding[];
}

/** Which names to go through: all, those that advisories speak of otherwise than before, or what is new. */
type Walk = "all" | "advised" | "new";

/**
 * Judges anew all that is kept in the registries of a workspace, or in one of them, and records what changed. Gives
 * what is new, is kept here and is not as policy wants it.
 */
export async function checkAll(
  deps: ChecksDeps,
  report: CheckReport,
  registryId?: string,
): Promise<NewFinding[]> {
  const run = startRun(deps, report);
  for (const registry of (await deps.registries.snapshot()).byId.values()) {
    if (registryId !== undefined && registry.id !== registryId) continue;
    await walk(run, registry, "all");
  }
  return run.found;
}

/** The same for what is new, and for what the changes since the run before concern. */
export async function checkChanged(deps: ChecksDeps, report: CheckReport): Promise<NewFinding[]> {
  const due = await checksDue(deps);
  const run = startRun(deps, report);
  for (const registry of (await deps.registries.snapshot()).byId.values()) {
    if (due.all) {
      await walk(run, registry, "all");
      continue;
    }
    for (const name of due.names) await checkOne(run, registry, name);
    if (due.advised) await walk(run, registry, "advised");
    await walk(run, registry, "new");
  }
  if (!report.signal.aborted) await noteChecked(deps, { seq: due.seq, failed: [...run.failed] });
  return run.found;
}

function startRun(deps: ChecksDeps, report: CheckReport): Run {
  return { deps, report, lines: 0, failed: new Set(), gone: new Set(), found: [] };
}

function isOver({ gone, report }: Run, registry: Registry): boolean {
  return !registry.active || gone.has(registry.id) || report.signal.aborted;
}

async function walk(run: Run, registry: Registry, kind: Walk): Promise<void> {
  const { deps } = run;
  for (let after = ""; !isOver(run, registry);) {
    const names = await namesAfter(deps, { registry, kind, after });
    for (const name of names) {
      if (kind !== "advised" || (await hasOtherAdvisories(deps, registry, name))) {
        await checkOne(run, registry, name);
      }
    }
    await nextTurn();
    const last = names.at(-1);
    if (last === undefined || names.length < PAGE) return;
    after = last;
  }
}

async function checkOne(run: Run, registry: Registry, name: string): Promise<void> {
  const { deps, report } = run;
  if (isOver(run, registry)) return;
  const begun = performance.now();
  try {
    const check = await checkPackage(deps, { registry, name });
    if (check === null) return;
    report.count("packages");
    report.count("versions", check.versions.length);
    report.count("findings opened", check.opened.length);
    report.count("findings closed", check.closed.length);
    for (const line of linesOf(check)) tell(run, `${registry.name}: ${name}@${line}`);
    for (const { version, rule, result, presence } of check.opened) {
      if (result !== "noncompliant" || presence !== "stored") continue;
      run.found.push({ registry: registry.name, name, version, rule });
    }
  } catch (error) {
    if (isForeignKeyViolation(error) && !(await isThere(deps, registry))) {
      run.gone.add(registry.id);
      return;
    }
    // One that cannot be judged now is looked at in the next run.
    if (!isEntrepotError(error)) throw error;
    run.failed.add(name);
    report.count("failed");
    tell(run, `${registry.name}: ${name} could not be judged: ${error.message}`);
  }
  // Whoever waits for an answer goes first: half of the time is left to others.
  await delay(Math.min(PAUSE_MS_MAX, performance.now() - begun));
}

async function isThere({ db }: ChecksDeps, { id }: Registry): Promise<boolean> {
  const row = await db.read.selectFrom("registries").select("id").where("id", "=", id).executeTakeFirst();
  return row !== undefined;
}

function linesOf({ versions, opened, closed }: PackageCheck): string[] {
  const changed = versions.filter(({ before, result }) => before !== null && before !== result);
  return [
    ...changed.map(({ version, before, result }) => `${version} was ${before} and is ${result}`),
    ...opened.map(({ version, rule, reason }) => `${version} opened, ${rule}: ${reason}`),
    ...closed.map(({ version, rule }) => `${version} closed, ${rule}`),
  ];
}

function tell(run: Run, text: string): void {
  run.lines += 1;
  if (run.lines <= LINES_MAX) run.report.log(text);
}

async function hasOtherAdvisories(deps: ChecksDeps, registry: Registry, name: string): Promise<boolean> {
  await deps.advisories.ready();
  const row = await deps.db.read
    .selectFrom("package_checks")
    .select("advisories")
    .where("registry_id", "=", registry.id)
    .where("name", "=", name)
    .executeTakeFirst();
  return (row?.advisories ?? "") !== advisoryStamp(deps.advisories.of(name));
}

interface NamesWanted {
  registry: Registry;
  kind: Walk;
  after: string;
}

/** Names of which something was published here, passed through, was found, or is known of an upstream. */
async function namesAfter(deps: ChecksDeps, wanted: NamesWanted): Promise<string[]> {
  const { registry, after } = wanted;
  const lists = wanted.kind === "new" ? await newNames(deps, wanted) : await allNames(deps, wanted);
  if (registry.upstreams.length === 0 || wanted.kind === "new") return firstOf(lists);
  const known = await deps.db.read
    .selectFrom("upstream_documents")
    .select("name")
    .distinct()
    .where("state", "=", "present")
    .where(
      "upstream_id",
      "in",
      registry.upstreams.map(({ id }) => id),
    )
    .where("name", ">", after)
    .orderBy("name")
    .limit(PAGE)
    .execute();
  return firstOf([...lists, known.map(({ name }) => name)]);
}

async function allNames({ db }: ChecksDeps, { registry, after }: NamesWanted): Promise<string[][]> {
  const lists = await Promise.all(
    (["packages", "cached_versions", "findings"] as const).map((table) =>
      db.read
        .selectFrom(table)
        .select("name")
        .distinct()
        .where("registry_id", "=", registry.id)
        .where("name", ">", after)
        .orderBy("name")
        .limit(PAGE)
        .execute(),
    ),
  );
  return lists.map((rows) => rows.map(({ name }) => name));
}

async function newNames({ db }: ChecksDeps, { registry, after }: NamesWanted): Promise<string[][]> {
  const own = await db.read
    .selectFrom("packages as item")
    .leftJoin("package_checks as seen", (join) =>
      join.onRef("seen.registry_id", "=", "item.registry_id").onRef("seen.name", "=", "item.name"),
    )
    .select("item.name")
    .where("item.registry_id", "=", registry.id)
    .where("item.removed_at", "is", null)
    .where("item.name", ">", after)
    .where((eb) =>
      eb.or([eb("seen.checked_at", "is", null), eb("seen.checked_at", "<=", eb.ref("item.modified_at"))]),
    )
    .orderBy("item.name")
    .limit(PAGE)
    .execute();
  const cached = await db.read
    .selectFrom("cached_versions as item")
    .leftJoin("package_checks as seen", (join) =>
      join.onRef("seen.registry_id", "=", "item.registry_id").onRef("seen.name", "=", "item.name"),
    )
    .select("item.name")
    .distinct()
    .where("item.registry_id", "=", registry.id)
    .where("item.name", ">", after)
    .where((eb) =>
      eb.or([eb("seen.checked_at", "is", null), eb("seen.checked_at", "<=", eb.ref("item.cached_at"))]),
    )
    .orderBy("item.name")
    .limit(PAGE)
    .execute();
  return [own, cached].map((rows) => rows.map(({ name }) => name));
}

// Each list is complete as far as it goes, so the first of all together are complete as well.
function firstOf(lists: readonly string[][]): string[] {
  return [...new Set(lists.flat())].sort().slice(0, PAGE);
}
