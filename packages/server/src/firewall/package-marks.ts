import type { Selectable } from "kysely";
import { appendChange, createCurrentValue, type Actor } from "../changes/index.ts";
import { withoutNul, type Schema } from "../db/index.ts";
import { checkedKey, checkReason, type StatusDeps, type StatusKey } from "./status-key.ts";

/** What an operator can say of a version beside whether it may be had: clients warn of it; listings leave it out. */
export type PackageMark = "deprecated" | "unlisted";

/** A mark with the place that it holds for. */
export interface MarkEntry {
  /** Empty for every registry of the workspace. */
  registryId: string;
  name: string;
  /** Exact version, or `*`. */
  version: string;
  status: PackageMark;
  reason: string;
  setBy: string;
  setAt: number;
}

/** Marks of one package in one registry; by version, or `*` for every version. */
export interface MarksOfPackage {
  /** The texts that clients show. */
  deprecations: ReadonlyMap<string, string>;
  unlisted: ReadonlySet<string>;
}

/** The operators' marks, held in memory and as current as the change log. */
export interface PackageMarks {
  /** Those set for the registry itself win. */
  of(
    registry: { readonly id: string; readonly workspaceId: string },
    name: string,
  ): Promise<MarksOfPackage> | MarksOfPackage;
  list(workspaceId: string): Promise<MarkEntry[]>;
  set(key: StatusKey, mark: { mark: PackageMark; reason: string; actor: Actor }): Promise<void>;
  /** False when there was nothing to clear. */
  clear(key: StatusKey, what: { mark: PackageMark; actor: Actor }): Promise<boolean>;
}

type MarkRow = Selectable<Schema["package_marks"]>;

const KEY_COLUMNS = ["workspace_id", "registry_id", "name", "version", "mark"] as const;
const NO_MARKS: MarksOfPackage = { deprecations: new Map(), unlisted: new Set() };

/** Loads the marks and keeps them current. */
export async function createPackageMarks(deps: StatusDeps): Promise<PackageMarks> {
  const { db, changes } = deps;
  const rowsByName = await createCurrentValue(changes, {
    load: async () => {
      const groups = new Map<string, MarkRow[]>();
      for (const row of await db.read.selectFrom("package_marks").selectAll().execute()) {
        groups.set(row.name, [...(groups.get(row.name) ?? []), row]);
      }
      return groups;
    },
    concerns: (change) => change.kind === "status-changed",
  });
  return {
    of(registry, name) {
      const rows = rowsByName.get();
      if (rows instanceof Promise) return rows.then((loaded) => select(loaded.get(name), registry));
      return select(rows.get(name), registry);
    },
    list: (workspaceId) => listMarks(deps, workspaceId),
    async set(key, { mark, reason, actor }) {
      checkReason(reason);
      await write(deps, { key, mark, reason: withoutNul(reason), actor });
    },
    clear: (key, { mark, actor }) => write(deps, { key, mark, reason: null, actor }),
  };
}

async function listMarks({ db }: StatusDeps, workspaceId: string): Promise<MarkEntry[]> {
  const rows = await db.read
    .selectFrom("package_marks")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .orderBy("name")
    .orderBy("version")
    .orderBy("mark")
    .execute();
  return rows.map((row) => ({
    registryId: row.registry_id,
    name: row.name,
    version: row.version,
    status: row.mark,
    reason: row.reason,
    setBy: row.set_by,
    setAt: row.set_at,
  }));
}

function select(
  rows: readonly MarkRow[] | undefined,
  { id, workspaceId }: { readonly id: string; readonly workspaceId: string },
): MarksOfPackage {
  const own = rows?.filter((row) => row.workspace_id === workspaceId && ["", id].includes(row.registry_id));
  if (own === undefined || own.length === 0) return NO_MARKS;
  const inOrder = [...own].sort((first, second) => first.registry_id.length - second.registry_id.length);
  const deprecated = inOrder.filter(({ mark }) => mark === "deprecated");
  return {
    deprecations: new Map(deprecated.map(({ version, reason }) => [version, reason])),
    unlisted: new Set(own.filter(({ mark }) => mark === "unlisted").map(({ version }) => version)),
  };
}

// Without a reason it clears; false when there was nothing to clear.
async function write(
  { db, now }: StatusDeps,
  { key, mark, reason, actor }: { key: StatusKey; mark: PackageMark; reason: string | null; actor: Actor },
): Promise<boolean> {
  const { workspaceId, registryId, name, version } = checkedKey(key);
  const columns = { workspace_id: workspaceId, registry_id: registryId, name, version, mark };
  return await db.write(async (trx) => {
    if (reason === null) {
      const { numDeletedRows } = await trx
        .deleteFrom("package_marks")
        .where((eb) => eb.and(columns))
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) return false;
    } else {
      const values = { reason, set_by: actor.name, set_at: now() };
      await trx
        .insertInto("package_marks")
        .values({ ...columns, ...values })
        .onConflict((conflict) => conflict.columns(KEY_COLUMNS).doUpdateSet(values))
        .execute();
    }
    await appendChange(trx, {
      workspaceId,
      registryId: registryId === "" ? null : registryId,
      packageName: name,
      kind: "status-changed",
      actor,
      at: now(),
      detail: { version, status: mark, reason, isSet: reason !== null },
    });
    return true;
  });
}
