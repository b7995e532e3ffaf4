import { coversName, coversVersion, type ApprovedScripts } from "@entrepot/core";
import type { Database } from "../db/index.ts";
import type { ExceptionRecord } from "./exception-record.ts";
import { cursorOf, listExceptions } from "./list-exceptions.ts";

const PAGE = 500;
/** Far more than anybody has read. */
const EXCEPTIONS_MAX = 10_000;
const VERSIONS_MAX = 50_000;

export interface ApprovedScriptsDeps {
  db: Pick<Database, "read">;
  now: () => number;
}

interface Place {
  workspaceId: string;
  registryId: string;
}

/**
 * Packages whose install scripts were approved in a registry: those that an exception from the rule install-script
 * names, which has not ended. One for a range stands for the versions in use that it covers; one for a scope, for the
 * packages of it that are in use. In the order of their names.
 */
export async function approvedScripts(deps: ApprovedScriptsDeps, place: Place): Promise<ApprovedScripts[]> {
  const exceptions = (await approvedIn(deps, place)).filter(
    ({ rules }) => rules?.includes("install-script") === true,
  );
  const byName = new Map<string, Set<string> | null>();
  for (const { packages, range } of exceptions) {
    if (range === "*" && !packages.endsWith("*")) byName.set(packages, null);
  }
  const others = exceptions.filter(({ packages, range }) => range !== "*" || packages.endsWith("*"));
  for (const { name, version } of others.length === 0 ? [] : await versionsInUse(deps, place)) {
    const isApproved = others.some(
      ({ packages, range }) => coversName(packages, name) && coversVersion(range, version),
    );
    const known = byName.get(name);
    if (!isApproved || known === null) continue;
    byName.set(name, (known ?? new Set()).add(version));
  }
  return [...byName]
    .map(([name, versions]) => ({ name, versions: versions === null ? null : [...versions].sort() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function approvedIn(
  deps: ApprovedScriptsDeps,
  { workspaceId, registryId }: Place,
): Promise<ExceptionRecord[]> {
  const found: ExceptionRecord[] = [];
  let cursor: string | null = null;
  while (found.length < EXCEPTIONS_MAX) {
    const page: ExceptionRecord[] = await listExceptions(deps, {
      workspaceId,
      filter: { registryId, state: "approved" },
      cursor,
      limit: PAGE,
    });
    found.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    cursor = cursorOf(last);
  }
  return found;
}

async function versionsInUse(
  { db }: ApprovedScriptsDeps,
  { registryId }: Place,
): Promise<{ name: string; version: string }[]> {
  return await db.read
    .selectFrom("cached_versions")
    .select(["name", "version"])
    .where("registry_id", "=", registryId)
    .orderBy("name")
    .orderBy("version")
    .limit(VERSIONS_MAX)
    .execute();
}
