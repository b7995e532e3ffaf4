import type { Selectable } from "kysely";
import { coversName, type PolicyException, type RuleId } from "@entrepot/core";
import { createCurrentValue, type ChangeLog } from "../changes/index.ts";
import type { Database, Schema } from "../db/index.ts";
import { keptTexts } from "./kept-json.ts";
import { EVERYWHERE } from "./policy-layers.ts";
import type { PolicedRegistry } from "./policy-rules.ts";

/** The approved exceptions, held in memory and as current as the change log. */
export interface Exceptions {
  /** Those that can concern a package of a registry: approved, not revoked; some may have ended by now. */
  for(
    registry: PolicedRegistry,
    name: string,
  ): readonly PolicyException[] | Promise<readonly PolicyException[]>;
}

export type ExceptionRow = Selectable<Schema["exceptions"]>;

/** An exception with the place it holds in. */
interface Placed {
  workspaceId: string;
  registryId: string;
  exception: PolicyException;
}

interface Loaded {
  byName: Map<string, Placed[]>;
  /** For `@scope/*`, by the scope with its slash. */
  byScope: Map<string, Placed[]>;
}

const NONE: readonly PolicyException[] = Object.freeze([]);

/** Loads the approved exceptions that have not ended, and keeps them current. */
export async function createExceptions(deps: {
  db: Pick<Database, "read">;
  changes: Pick<ChangeLog, "subscribe">;
  now: () => number;
}): Promise<Exceptions> {
  const current = await createCurrentValue(deps.changes, {
    load: async () => index(await loadRows(deps)),
    concerns: ({ kind }) => kind === "exception-changed",
  });
  return {
    for(registry, name) {
      const loaded = current.get();
      if (loaded instanceof Promise) return loaded.then((value) => select(value, registry, name));
      return select(loaded, registry, name);
    },
  };
}

async function loadRows({
  db,
  now,
}: {
  db: Pick<Database, "read">;
  now: () => number;
}): Promise<ExceptionRow[]> {
  return await db.read
    .selectFrom("exceptions")
    .selectAll()
    .where("state", "=", "approved")
    .where((on) => on.or([on("expires_at", "is", null), on("expires_at", ">", now())]))
    .orderBy("created_at")
    .orderBy("id")
    .execute();
}

function index(rows: readonly ExceptionRow[]): Loaded {
  const loaded: Loaded = { byName: new Map(), byScope: new Map() };
  for (const row of rows) {
    const { packages } = row;
    const isScope = packages.endsWith("*");
    const groups = isScope ? loaded.byScope : loaded.byName;
    const key = isScope ? packages.slice(0, -1) : packages;
    const placed = { workspaceId: row.workspace_id, registryId: row.registry_id, exception: policyOf(row) };
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [placed]);
    else group.push(placed);
  }
  return loaded;
}

function select(
  { byName, byScope }: Loaded,
  { id, workspaceId }: PolicedRegistry,
  name: string,
): readonly PolicyException[] {
  const exact = byName.get(name);
  const scoped = byScope.size === 0 ? undefined : byScope.get(name.slice(0, name.indexOf("/") + 1));
  if (exact === undefined && scoped === undefined) return NONE;
  return [...(exact ?? []), ...(scoped ?? [])]
    .filter((placed) => placed.workspaceId === workspaceId)
    .filter(({ registryId }) => registryId === EVERYWHERE || registryId === id)
    .filter(({ exception }) => coversName(exception.packages, name))
    .map(({ exception }) => exception);
}

function policyOf(row: ExceptionRow): PolicyException {
  return {
    id: row.id,
    packages: row.packages,
    range: row.version_range,
    rules: rulesOf(row),
    reason: row.reason,
    owner: row.owner,
    approvedBy: approversOf(row),
    expiresAt: row.expires_at,
  };
}

/** The rules that a row lifts; null for all that can be lifted. What is damaged lifts none. */
export function rulesOf(row: Pick<ExceptionRow, "rules">): RuleId[] | null {
  return row.rules === null ? null : ((keptTexts(row.rules) ?? []) as RuleId[]);
}

/** Who agreed to what a row says; nobody where that is damaged. */
export function approversOf(row: Pick<ExceptionRow, "approved_by">): string[] {
  return keptTexts(row.approved_by) ?? [];
}
