import type { Selectable } from "kysely";
import type { VersionStatus } from "@entrepot/core";
import { appendChange, createCurrentValue, type Actor } from "../changes/index.ts";
import { withoutNul, type Database, type Schema } from "../db/index.ts";
import { createPackageMarks, type PackageMarks } from "./package-marks.ts";
import { checkedKey, checkReason, type StatusDeps, type StatusKey } from "./status-key.ts";
import { EVERYWHERE } from "./policy-layers.ts";

const KEY_COLUMNS = ["workspace_id", "registry_id", "name", "version"] as const;

type StatusRow = Selectable<Schema["version_statuses"]>;

/** What an operator said of a version, with the place it holds for. */
export interface StatusEntry extends VersionStatus {
  /** Empty for every registry of the workspace. */
  registryId: string;
  name: string;
  /** Exact version, or `*`. */
  version: string;
}

/** The operators' words about versions, held in memory and as current as the change log. */
export interface Statuses {
  /** Statuses by version that hold for a name in a registry; those set for the registry itself win. */
  of(
    registry: { readonly id: string; readonly workspaceId: string },
    name: string,
  ): ReadonlyMap<string, VersionStatus> | Promise<ReadonlyMap<string, VersionStatus>>;
  list(workspaceId: string): Promise<StatusEntry[]>;
  set(
    key: StatusKey,
    status: { status: VersionStatus["status"]; reason: string; actor: Actor },
  ): Promise<void>;
  /** False when there was nothing to clear. */
  clear(key: StatusKey, actor: Actor): Promise<boolean>;
  /** What they said beside whether a version may be had. */
  readonly marks: PackageMarks;
}

const NO_STATUSES: ReadonlyMap<string, VersionStatus> = new Map();

/** Loads the statuses and keeps them current. */
export async function createStatuses(deps: StatusDeps): Promise<Statuses> {
  const { db, changes, now } = deps;
  const rowsByName = await createCurrentValue(changes, {
    load: async () => groupByName(await loadRows(db)),
    concerns: (change) => change.kind === "status-changed",
  });

  return {
    marks: await createPackageMarks(deps),
    of(registry, name) {
      const rows = rowsByName.get();
      if (rows instanceof Promise) return rows.then((loaded) => select(loaded.get(name), registry));
      return select(rows.get(name), registry);
    },
    async list(workspaceId) {
      const rows = await db.read
        .selectFrom("version_statuses")
        .selectAll()
        .where("workspace_id", "=", workspaceId)
        .orderBy("name")
        .orderBy("version")
        .execute();
      return rows.map((row) => ({
        ...statusOf(row),
        registryId: row.registry_id,
        name: row.name,
        version: row.version,
      }));
    },
    async set(key, { status, reason, actor }) {
      checkReason(reason);
      const values = { status, reason: withoutNul(reason), set_by: actor.name, set_at: now() };
      await writeStatus(deps, { key, actor, values });
    },
    async clear(key, actor) {
      return await writeStatus(deps, { key, actor, values: null });
    },
  };
}

function select(
  rows: readonly StatusRow[] | undefined,
  { id, workspaceId }: { readonly id: string; readonly workspaceId: string },
): ReadonlyMap<string, VersionStatus> {
  if (rows === undefined) return NO_STATUSES;
  const found = new Map<string, VersionStatus>();
  const own = rows.filter((row) => row.workspace_id === workspaceId);
  for (const scope of [EVERYWHERE, id]) {
    for (const row of own) if (row.registry_id === scope) found.set(row.version, statusOf(row));
  }
  return found;
}

type StatusValues = Pick<StatusRow, "status" | "reason" | "set_by" | "set_at">;

interface StatusWrite {
  key: StatusKey;
  actor: Actor;
  /** Null clears. */
  values: StatusValues | null;
}

// False when there was nothing to clear.
async function writeStatus(deps: StatusDeps, { key, actor, values }: StatusWrite): Promise<boolean> {
  const checked = checkedKey(key);
  const columns = {
    workspace_id: checked.workspaceId,
    registry_id: checked.registryId,
    name: checked.name,
    version: checked.version,
  };
  return await deps.db.write(async (trx) => {
    if (values === null) {
      const { numDeletedRows } = await trx
        .deleteFrom("version_statuses")
        .where((eb) => eb.and(columns))
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) return false;
    } else {
      await trx
        .insertInto("version_statuses")
        .values({ ...columns, ...values })
        .onConflict((conflict) => conflict.columns(KEY_COLUMNS).doUpdateSet(values))
        .execute();
    }
    await appendChange(trx, {
      workspaceId: checked.workspaceId,
      registryId: checked.registryId === EVERYWHERE ? null : checked.registryId,
      packageName: checked.name,
      kind: "status-changed",
      actor,
      at: deps.now(),
      detail: { version: checked.version, status: values?.status ?? null, reason: values?.reason ?? null },
    });
    return true;
  });
}

async function loadRows(db: Database): Promise<StatusRow[]> {
  return await db.read.selectFrom("version_statuses").selectAll().execute();
}

function groupByName(rows: readonly StatusRow[]): Map<string, StatusRow[]> {
  const groups = new Map<string, StatusRow[]>();
  for (const row of rows) {
    const group = groups.get(row.name);
    if (group === undefined) groups.set(row.name, [row]);
    else group.push(row);
  }
  return groups;
}

function statusOf(row: StatusRow): VersionStatus {
  return { status: row.status, reason: row.reason, setBy: row.set_by, setAt: row.set_at };
}
