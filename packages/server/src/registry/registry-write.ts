import type { Selectable, Transaction } from "kysely";
import { EntrepotError } from "@entrepot/core";
import { appendChange, type Actor } from "../changes/index.ts";
import { isPostgres, isUniqueViolation, type Database, type Schema } from "../db/index.ts";

export interface RegistryWriteDeps {
  db: Database;
  now: () => number;
  /** Says why a registry of the workspace must not be bound to a host name; null when it may. */
  hostProblem: (hostName: string) => string | null;
}

/** Who writes, and whether the configuration file is the writer: only it may change what it declares. */
export interface RegistryActor {
  workspaceId: string;
  actor: Actor;
  fromConfiguration: boolean;
}

/** What the work of a registry write gets. */
export interface RegistryScope {
  trx: Transaction<Schema>;
  row: Selectable<Schema["registries"]>;
  now: number;
}

/**
 * Runs `work` on a registry's row, which nobody else changes meanwhile, and logs the change that it reports; null says
 * that nothing had to change. Throws `registry-not-found`, and `permission-denied` when managed.
 */
export async function writeRegistry(
  deps: RegistryWriteDeps,
  { by, name }: { by: RegistryActor; name: string },
  work: (scope: RegistryScope) => Promise<Record<string, unknown> | null>,
): Promise<void> {
  await writeNamed(deps.db, async (trx) => {
    const now = deps.now();
    const row = await trx
      .selectFrom("registries")
      .selectAll()
      .where("workspace_id", "=", by.workspaceId)
      .where("name", "=", name.toLowerCase())
      .$if(isPostgres(trx), (query) => query.forUpdate())
      .executeTakeFirst();
    if (row === undefined) {
      throw new EntrepotError("registry-not-found", { message: `There is no registry "${name}".` });
    }
    if (row.managed === 1 && !by.fromConfiguration) {
      throw new EntrepotError("permission-denied", {
        message: `The registry "${name}" is managed by configuration; change entrepot.yaml and restart.`,
      });
    }
    const detail = await work({ trx, row, now });
    if (detail === null) return;
    await logRegistryChange(trx, by, {
      id: row.id,
      name: row.name,
      now,
      detail: { registry: name, ...detail },
    });
  });
}

/** Tells everybody that a registry changed. Call it last. */
export async function logRegistryChange(
  trx: Transaction<Schema>,
  by: RegistryActor,
  change: { id: string; name: string; now: number; detail: Record<string, unknown> },
): Promise<void> {
  await appendChange(trx, {
    workspaceId: by.workspaceId,
    registryId: change.id,
    registry: change.name,
    packageName: null,
    kind: "registry-changed",
    actor: by.actor,
    at: change.now,
    detail: change.detail,
  });
}

/** Writes what has a unique name: when another writer was first, a second look says what is taken. */
export async function writeNamed(
  db: Database,
  work: (trx: Transaction<Schema>) => Promise<void>,
): Promise<void> {
  try {
    await db.write(work);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    await db.write(work);
  }
}
