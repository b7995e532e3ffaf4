import type { Transaction } from "kysely";
import { appendChange, type Actor, type ChangeKind } from "../changes/index.ts";
import type { Database, Schema } from "../db/index.ts";
import { assertNotFrozen } from "./frozen.ts";
import { bumpRevision, requirePackage, type PackageRow } from "./package-rows.ts";
import type { Registry } from "./registry.ts";
import { revisionOf } from "./revision.ts";

export interface PackageWriteDeps {
  db: Database;
  now: () => number;
}

/** One write to one package of this registry's own. */
export interface PackageWrite {
  registry: Registry;
  name: string;
  actor: Actor;
}

/** What a write did; null when nothing had to change. */
export type WriteEffect = { kind: ChangeKind; detail: Record<string, unknown>; installable: boolean } | null;

/** What the work of a write gets. */
export interface WriteScope {
  trx: Transaction<Schema>;
  row: PackageRow;
  now: number;
}

/**
 * Runs `work` on the package's row in one transaction, then counts the revision and logs the change it
 * reports. Gives the `_rev` that holds afterwards. Throws `permission-denied` where the registry is frozen.
 */
export async function writePackage(
  deps: PackageWriteDeps,
  write: PackageWrite,
  work: (scope: WriteScope) => Promise<WriteEffect>,
): Promise<{ rev: string }> {
  assertNotFrozen(write.registry);
  return await deps.db.write(async (trx) => {
    const now = deps.now();
    const row = await lockPackage(trx, write);
    const effect = await work({ trx, row, now });
    if (effect === null) return { rev: revisionOf(row) };
    const after = await bumpRevision(trx, row, { now, installable: effect.installable });
    await appendChange(trx, {
      workspaceId: write.registry.workspaceId,
      registryId: write.registry.id,
      registry: write.registry.name,
      packageName: write.name,
      kind: effect.kind,
      actor: write.actor,
      at: now,
      detail: effect.detail,
    });
    return { rev: revisionOf(after) };
  });
}

// An update that changes nothing takes the row's lock on PostgreSQL, so that `_rev` is compared with the truth.
async function lockPackage(trx: Transaction<Schema>, write: PackageWrite): Promise<PackageRow> {
  await trx
    .updateTable("packages")
    .set((eb) => ({ revision: eb.ref("revision") }))
    .where("registry_id", "=", write.registry.id)
    .where("name", "=", write.name)
    .execute();
  return await requirePackage(trx, { registryId: write.registry.id, name: write.name });
}
