import { setImmediate as nextTurn } from "node:timers/promises";
import { coversVersion, type BadVersion } from "@entrepot/core";
import { sql } from "kysely";
import type { Database } from "../../db/index.ts";
import type { DecisionRow } from "../decisions/read-decisions.ts";

/** Rows that one statement looks at: on SQLite it holds up the thread, for some milliseconds then. */
const STEP = 4_000;
/** Fetches that are told one by one; beyond it they are counted only. */
const FETCHES_MAX = 10_000;
/** Versions of one package that a range is held against. */
const VERSIONS_MAX = 10_000;

/** Somebody who fetched a version, from one place with one credential and client. Times are milliseconds since 1970. */
export interface Fetch {
  registry: string;
  name: string;
  version: string;
  principal: string;
  credential: string | null;
  address: string;
  client: string;
  project: string | null;
  firstAt: number;
  lastAt: number;
  /** How often. */
  count: number;
}

/** One line of the list, and what became of it. */
export interface ExposedVersions extends BadVersion {
  /** Those that somebody fetched. */
  fetched: string[];
  /** How often, all together. */
  count: number;
  /** How often it was asked for and refused. */
  refused: number;
}

export interface Exposure {
  items: ExposedVersions[];
  fetches: Fetch[];
  /** True when there were more fetches than are told one by one. */
  isCut: boolean;
}

export interface ExposureDeps {
  db: Pick<Database, "read">;
  workspaceId: string;
}

interface Work {
  deps: ExposureDeps;
  registryId: string | null;
  fetches: Map<string, Fetch>;
  isCut: boolean;
}

/** What the log says of one version. */
interface Tally {
  count: number;
  refused: number;
}

/** Looks up who fetched bad versions, in one registry or, with null, in the whole workspace. */
export async function findExposure(
  deps: ExposureDeps,
  { wanted, registryId }: { wanted: readonly BadVersion[]; registryId: string | null },
): Promise<Exposure> {
  const work: Work = { deps, registryId, fetches: new Map(), isCut: false };
  const tallies = new Map<string, Tally>();
  const items: ExposedVersions[] = [];
  for (const bad of wanted) {
    const item: ExposedVersions = { ...bad, fetched: [], count: 0, refused: 0 };
    for (const version of await versionsFor(deps, bad)) {
      const key = `${bad.name}\n${version}`;
      const tally = tallies.get(key) ?? (await tallyOf(work, { name: bad.name, version }));
      tallies.set(key, tally);
      if (tally.count > 0) item.fetched.push(version);
      item.count += tally.count;
      item.refused += tally.refused;
    }
    items.push(item);
  }
  const fetches = [...work.fetches.values()].sort((one, other) => one.firstAt - other.firstAt);
  return { items, fetches, isCut: work.isCut };
}

async function versionsFor(deps: ExposureDeps, { name, range, isExact }: BadVersion): Promise<string[]> {
  if (isExact) return [range];
  return (await knownVersions(deps, name)).filter((version) => coversVersion(range, version));
}

// From one version to the next along the index: a much used package has few versions and very many rows.
async function knownVersions({ db, workspaceId }: ExposureDeps, name: string): Promise<string[]> {
  const found: string[] = [];
  let after = "";
  while (found.length < VERSIONS_MAX) {
    const row = await db.read
      .selectFrom("decisions")
      .select("version")
      .where("workspace_id", "=", workspaceId)
      .where("name", "=", name)
      .where("version", ">", after)
      .orderBy("version")
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) break;
    after = row.version;
    if (after !== "*") found.push(after);
  }
  return found;
}

async function tallyOf(work: Work, { name, version }: { name: string; version: string }): Promise<Tally> {
  const tally: Tally = { count: 0, refused: 0 };
  const { db, workspaceId } = work.deps;
  let after = 0;
  for (;;) {
    const rows = await db.read
      .selectFrom("decisions")
      .selectAll()
      .where("workspace_id", "=", workspaceId)
      .where("name", "=", name)
      .where("version", "=", version)
      .where("seq", ">", after)
      .$if(work.registryId !== null, (query) => query.where(sql.ref("registry_id"), "=", work.registryId))
      .orderBy("seq")
      .limit(STEP)
      .execute();
    for (const row of rows) addRow(work, tally, row);
    if (rows.length < STEP) return tally;
    after = rows.at(-1)?.seq ?? after;
    await nextTurn();
  }
}

function addRow(work: Work, tally: Tally, row: DecisionRow): void {
  if (row.outcome !== "served") {
    tally.refused += row.count;
    return;
  }
  tally.count += row.count;
  const { registry, name, version, principal, credential, address, client, project, at, count } = row;
  const who = [registry, name, version, principal, credential, address, client, project];
  const key = JSON.stringify(who);
  const known = work.fetches.get(key);
  if (known !== undefined) {
    known.firstAt = Math.min(known.firstAt, at);
    known.lastAt = Math.max(known.lastAt, at);
    known.count += count;
  } else if (work.fetches.size < FETCHES_MAX) {
    const fetch = { registry, name, version, principal, credential, address, client, project, count };
    work.fetches.set(key, { ...fetch, firstAt: at, lastAt: at });
  } else {
    work.isCut = true;
  }
}
