import { randomUUID } from "node:crypto";
import type { Transaction } from "kysely";
import { EntrepotError, parseNamePattern } from "@entrepot/core";
import { appendChange } from "../changes/index.ts";
import type { Database, Schema } from "../db/index.ts";
import { registryNameProblem } from "./registry.ts";

export interface RegistryWriteDeps {
  db: Database;
  now: () => number;
}

/** Who writes, and whether the configuration file is the writer: only it may change what it declares. */
export interface RegistryActor {
  workspaceId: string;
  actor: string;
  fromConfiguration: boolean;
}

/** What of a registry can be set; what is left out stays, or takes its default when the registry is new. */
export interface RegistryValues {
  description?: string;
  anonymousRead?: boolean;
  active?: boolean;
  host?: string | null;
}

const HOST_PATTERN = /^[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?$/;
const UPSTREAMS_MAX = 20;
const CLAIMS_MAX = 1000;

/**
 * Creates a registry: closed, and without upstreams unless some are named. Throws `request-invalid`, `name-taken`,
 * and `not-found` for an unknown upstream.
 */
export async function createRegistry(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  input: RegistryValues & { name: string; upstreams?: readonly string[] },
): Promise<void> {
  const name = input.name.toLowerCase();
  const problem = registryNameProblem(name);
  if (problem !== null) throw new EntrepotError("request-invalid", { message: problem });
  await deps.db.write(async (trx) => {
    const now = deps.now();
    await assertFree(trx, by.workspaceId, { name, host: input.host ?? null });
    const id = randomUUID();
    await trx
      .insertInto("registries")
      .values({
        id,
        workspace_id: by.workspaceId,
        name,
        description: "",
        anonymous_read: 0,
        active: 1,
        host: null,
        ...columnsOf(input),
        managed: by.fromConfiguration ? 1 : 0,
        created_at: now,
        updated_at: now,
      })
      .execute();
    await insertUpstreams(trx, by, { id, upstreams: input.upstreams ?? [] });
    await logRegistryChange(trx, by, { id, now, detail: { created: name } });
  });
}

/** Changes a registry's settings. Throws `registry-not-found`, `name-taken` and `permission-denied` when managed. */
export async function changeRegistry(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  input: RegistryValues & { name: string },
): Promise<void> {
  await writeRegistry(deps, { by, name: input.name }, async ({ trx, id, now }) => {
    if (input.host !== undefined && input.host !== null) {
      await assertFree(trx, by.workspaceId, { name: null, host: input.host, exceptId: id });
    }
    await trx
      .updateTable("registries")
      .set({ ...columnsOf(input), ...(by.fromConfiguration ? { managed: 1 as const } : {}), updated_at: now })
      .where("id", "=", id)
      .execute();
    return { changed: Object.keys(input).filter((key) => key !== "name") };
  });
}

/** Deletes a registry with all its packages; the tarballs go with the next garbage collection. */
export async function deleteRegistry(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  name: string,
): Promise<void> {
  await writeRegistry(deps, { by, name }, async ({ trx, id }) => {
    await trx.deleteFrom("version_statuses").where("registry_id", "=", id).execute();
    await trx.deleteFrom("registries").where("id", "=", id).execute();
    return { deleted: name };
  });
}

/** Sets which upstreams a registry asks, in this order. Throws `not-found` for an unknown one. */
export async function setRegistryUpstreams(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  input: { name: string; upstreams: readonly string[] },
): Promise<void> {
  const names = [...new Set(input.upstreams)];
  if (names.length > UPSTREAMS_MAX) {
    throw new EntrepotError("request-invalid", {
      message: `A registry asks at most ${UPSTREAMS_MAX} upstreams.`,
    });
  }
  await writeRegistry(deps, { by, name: input.name }, async ({ trx, id }) => {
    await trx.deleteFrom("registry_upstreams").where("registry_id", "=", id).execute();
    await insertUpstreams(trx, by, { id, upstreams: names });
    return { upstreams: names };
  });
}

async function insertUpstreams(
  trx: Transaction<Schema>,
  by: RegistryActor,
  { id, upstreams }: { id: string; upstreams: readonly string[] },
): Promise<void> {
  for (const [position, name] of upstreams.entries()) {
    const upstream = await trx
      .selectFrom("upstreams")
      .select("id")
      .where("workspace_id", "=", by.workspaceId)
      .where("name", "=", name)
      .executeTakeFirst();
    if (upstream === undefined) {
      throw new EntrepotError("not-found", { message: `There is no upstream "${name}"; create it first.` });
    }
    await trx
      .insertInto("registry_upstreams")
      .values({ registry_id: id, upstream_id: upstream.id, position })
      .execute();
  }
}

/** Claims names for the registry: they are never asked upstream. */
export async function addClaim(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  input: { name: string; pattern: string },
): Promise<void> {
  const { pattern } = input;
  parseNamePattern(pattern);
  await writeRegistry(deps, { by, name: input.name }, async ({ trx, id, now }) => {
    const { count } = await trx
      .selectFrom("claims")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("registry_id", "=", id)
      .executeTakeFirstOrThrow();
    if (count >= CLAIMS_MAX) {
      throw new EntrepotError("request-invalid", {
        message: `A registry has at most ${CLAIMS_MAX} claims; use a scope.`,
      });
    }
    await trx
      .insertInto("claims")
      .values({ registry_id: id, pattern, created_by: by.actor, created_at: now })
      .onConflict((conflict) => conflict.columns(["registry_id", "pattern"]).doNothing())
      .execute();
    return { claimed: pattern };
  });
}

/** Gives claimed names up. Names with own packages stay local all the same. */
export async function removeClaim(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  input: { name: string; pattern: string },
): Promise<void> {
  await writeRegistry(deps, { by, name: input.name }, async ({ trx, id }) => {
    await trx
      .deleteFrom("claims")
      .where("registry_id", "=", id)
      .where("pattern", "=", input.pattern)
      .execute();
    return { unclaimed: input.pattern };
  });
}

interface RegistryScope {
  trx: Transaction<Schema>;
  id: string;
  now: number;
}

async function writeRegistry(
  deps: RegistryWriteDeps,
  { by, name }: { by: RegistryActor; name: string },
  work: (scope: RegistryScope) => Promise<Record<string, unknown>>,
): Promise<void> {
  await deps.db.write(async (trx) => {
    const now = deps.now();
    const row = await trx
      .selectFrom("registries")
      .select(["id", "managed"])
      .where("workspace_id", "=", by.workspaceId)
      .where("name", "=", name.toLowerCase())
      .executeTakeFirst();
    if (row === undefined) {
      throw new EntrepotError("registry-not-found", { message: `There is no registry "${name}".` });
    }
    if (row.managed === 1 && !by.fromConfiguration) {
      throw new EntrepotError("permission-denied", {
        message: `The registry "${name}" is managed by configuration; change entrepot.yaml and restart.`,
      });
    }
    const detail = await work({ trx, id: row.id, now });
    await logRegistryChange(trx, by, { id: row.id, now, detail: { registry: name, ...detail } });
  });
}

async function logRegistryChange(
  trx: Transaction<Schema>,
  by: RegistryActor,
  change: { id: string; now: number; detail: Record<string, unknown> },
): Promise<void> {
  await appendChange(trx, {
    workspaceId: by.workspaceId,
    registryId: change.id,
    packageName: null,
    kind: "registry-changed",
    actor: by.actor,
    at: change.now,
    detail: change.detail,
  });
}

function columnsOf(input: RegistryValues): Partial<Schema["registries"]> & object {
  const host = input.host?.toLowerCase() ?? null;
  if (host !== null && !HOST_PATTERN.test(host)) {
    throw new EntrepotError("request-invalid", {
      message: `"${host}" is not a host name; write it without scheme and port.`,
    });
  }
  return {
    ...(input.description === undefined ? {} : { description: input.description }),
    ...(input.anonymousRead === undefined ? {} : { anonymous_read: input.anonymousRead ? 1 : 0 }),
    ...(input.active === undefined ? {} : { active: input.active ? 1 : 0 }),
    ...(input.host === undefined ? {} : { host }),
  };
}

async function assertFree(
  trx: Transaction<Schema>,
  workspaceId: string,
  wanted: { name: string | null; host: string | null; exceptId?: string },
): Promise<void> {
  const rows = await trx
    .selectFrom("registries")
    .select(["id", "name", "host"])
    .where("workspace_id", "=", workspaceId)
    .where((eb) =>
      eb.or([eb("name", "=", wanted.name ?? ""), eb("host", "=", wanted.host?.toLowerCase() ?? "")]),
    )
    .execute();
  for (const row of rows) {
    if (row.id === wanted.exceptId) continue;
    const what = row.name === wanted.name ? `registry "${row.name}"` : `host "${row.host}"`;
    throw new EntrepotError("name-taken", { message: `The ${what} exists already.` });
  }
}
