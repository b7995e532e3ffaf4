import { setImmediate as nextTurn } from "node:timers/promises";
import { isEntrepotError } from "@entrepot/core";
import { checkPackage, type CheckDeps, type PackageCheck } from "./check-package.ts";
import type { Registries } from "./registries.ts";
import type { Registry } from "./registry.ts";

const PAGE = 200;
/** Lines about single packages in one run. */
const LINES_MAX = 200;

/** What to look at: everything; what any advisory speaks of; what came since it was last looked at. */
export type CheckScope = "all" | "advised" | "new";

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
  scope: CheckScope;
  lines: number;
  /** Of versions that are kept and are not as policy wants them. */
  found: NewFinding[];
}

/**
 * Judges anew all that is kept in the registries of a workspace, or only in one of them, and records what changed. Gives
 * what is new, is kept here and is not as policy wants it.
 */
export async function checkPackages(
  deps: ChecksDeps,
  { scope, registryId }: { scope: CheckScope; registryId?: string | undefined },
  report: CheckReport,
): Promise<NewFinding[]> {
  const run: Run = { deps, report, scope, lines: 0, found: [] };
  for (const registry of (await deps.registries.snapshot()).byId.values()) {
    if (!registry.active || (registryId !== undefined && registry.id !== registryId)) continue;
    await checkRegistry(run, registry);
    if (report.signal.aborted) break;
  }
  return run.found;
}

async function checkRegistry(run: Run, registry: Registry): Promise<void> {
  const { deps, report, scope } = run;
  for (let after = ""; !report.signal.aborted;) {
    const names = await namesAfter(deps, { registry, scope, after });
    for (const name of names) {
      if (report.signal.aborted) return;
      if (scope !== "advised" || (await concernsAdvisories(deps, registry, name))) {
        await checkOne(run, registry, name);
      }
      await nextTurn();
    }
    const last = names.at(-1);
    if (last === undefined || names.length < PAGE) return;
    after = last;
  }
}

async function checkOne(run: Run, registry: Registry, name: string): Promise<void> {
  const { deps, report } = run;
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
    // One that cannot be judged now is looked at in the next run.
    if (!isEntrepotError(error)) throw error;
    report.count("failed");
    tell(run, `${registry.name}: ${name} could not be judged: ${error.message}`);
  }
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

async function concernsAdvisories(deps: ChecksDeps, registry: Registry, name: string): Promise<boolean> {
  await deps.advisories.ready();
  if (deps.advisories.of(name).length > 0) return true;
  const open = await deps.db.read
    .selectFrom("findings")
    .select("id")
    .where("registry_id", "=", registry.id)
    .where("name", "=", name)
    .where("state", "=", "open")
    .limit(1)
    .executeTakeFirst();
  return open !== undefined;
}

interface NamesWanted {
  registry: Registry;
  scope: CheckScope;
  after: string;
}

/** Names of which something was published here, passed through, was found, or is known of an upstream. */
async function namesAfter(deps: ChecksDeps, wanted: NamesWanted): Promise<string[]> {
  const { registry, after } = wanted;
  const lists = wanted.scope === "new" ? await newNames(deps, wanted) : await allNames(deps, wanted);
  if (registry.upstreams.length === 0 || wanted.scope === "new") return firstOf(lists);
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
