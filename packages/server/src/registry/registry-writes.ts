import { randomUUID } from "node:crypto";
import type { Selectable, Transaction } from "kysely";
import { EntrepotError, registryNameProblem } from "@entrepot/core";
import { isPostgres, withoutNul, type Schema } from "../db/index.ts";
import { chooseFirewallRules } from "../firewall/index.ts";
import { AUDIT_COLUMN_DEFAULTS, auditColumnsAfter, type AuditValues } from "./audit-setting.ts";
import type { RegistryKind } from "./registry.ts";
import {
  logRegistryChange,
  writeNamed,
  writeRegistry,
  type RegistryActor,
  type RegistryWriteDeps,
} from "./registry-write.ts";

/** What of a registry can be set; what is left out stays, or takes its default when the registry is new. */
export interface RegistryValues extends AuditValues {
  description?: string;
  anonymousRead?: boolean;
  active?: boolean;
  host?: string | null;
  allowOverwrite?: boolean;
  refusalStatus?: 403 | 404;
  /** Takes nothing that another registry server sends on. */
  protected?: boolean;
  /** Lets nothing be written until it is false again. */
  frozen?: boolean;
}

const HOST_PATTERN = /^[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?$/;
const UPSTREAMS_MAX = 20;

/**
 * Creates a registry: closed, and without upstreams unless some are named. In one of the kind `firewall` the rules
 * against vulnerabilities and licences are in force. Throws `request-invalid`, `name-taken`,
 * and `not-found` for an unknown upstream.
 */
export async function createRegistry(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  input: RegistryValues & { name: string; kind?: RegistryKind; upstreams?: readonly string[] },
): Promise<void> {
  const name = input.name.toLowerCase();
  const problem = registryNameProblem(name);
  if (problem !== null) throw new EntrepotError("request-invalid", { message: problem });
  const id = randomUUID();
  await writeNamed(deps.db, async (trx) => {
    const now = deps.now();
    await assertFree(trx, by.workspaceId, { name, host: input.host ?? null });
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
        allow_overwrite: 0,
        refusal_status: 403,
        kind: input.kind ?? "standard",
        is_protected: 0,
        ...columnsOf(deps, input),
        ...auditColumnsAfter(AUDIT_COLUMN_DEFAULTS, input),
        frozen_at: frozenSince(null, { frozen: input.frozen, now }),
        managed: by.fromConfiguration ? 1 : 0,
        created_at: now,
        updated_at: now,
      })
      .execute();
    const upstreams = await lockUpstreams(trx, by, input.upstreams ?? []);
    await linkUpstreams(
      trx,
      id,
      upstreams.map((upstream) => ({ id: upstream.id, filter: null })),
    );
    if (input.kind === "firewall") {
      const place = { workspaceId: by.workspaceId, registryId: id };
      await chooseFirewallRules(trx, place, { actor: by.actor, at: now });
    }
    await logRegistryChange(trx, by, { id, name, now, detail: { created: name } });
  });
}

/** Changes a registry's settings. Throws `registry-not-found`, `name-taken` and `permission-denied` when managed. */
export async function changeRegistry(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  input: RegistryValues & { name: string },
): Promise<void> {
  const { name, ...values } = input;
  const given = { ...columnsOf(deps, values), ...(by.fromConfiguration ? { managed: 1 as const } : {}) };
  await writeRegistry(deps, { by, name }, async ({ trx, row, now }) => {
    const frozen_at = frozenSince(row.frozen_at, { frozen: values.frozen, now });
    const columns = { ...given, ...auditColumnsAfter(row, values), frozen_at };
    const changed = Object.entries(columns).filter(([key, value]) => row[key as keyof typeof row] !== value);
    if (changed.length === 0) return null;
    if (columns.host !== undefined && columns.host !== null) {
      await assertFree(trx, by.workspaceId, { name: null, host: columns.host, exceptId: row.id });
    }
    await trx
      .updateTable("registries")
      .set({ ...columns, updated_at: now })
      .where("id", "=", row.id)
      .execute();
    return { changed: changed.map(([key]) => key) };
  });
}

/**
 * Gives registries that the configuration file declared, and does so no longer, back to API and CLI. Resolves with
 * their names. Their packages and settings stay.
 */
export async function releaseRegistries(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  declared: readonly string[],
): Promise<string[]> {
  return await deps.db.write(async (trx) => {
    const now = deps.now();
    const rows = await trx
      .updateTable("registries")
      .set({ managed: 0, updated_at: now })
      .where("workspace_id", "=", by.workspaceId)
      .where("managed", "=", 1)
      .where("name", "not in", ["", ...declared.map((name) => name.toLowerCase())])
      .returning(["id", "name"])
      .execute();
    for (const { id, name } of rows) {
      await logRegistryChange(trx, by, { id, name, now, detail: { registry: name, changed: ["managed"] } });
    }
    return rows.map(({ name }) => name);
  });
}

/** Deletes a registry with all its packages; the tarballs go with the next garbage collection. */
export async function deleteRegistry(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  name: string,
): Promise<void> {
  await writeRegistry(deps, { by, name }, async ({ trx, row }) => {
    for (const table of ["version_statuses", "package_marks", "policy_rules", "exceptions"] as const) {
      await trx.deleteFrom(table).where("registry_id", "=", row.id).execute();
    }
    await trx.deleteFrom("registries").where("id", "=", row.id).execute();
    return { deleted: name };
  });
}

/**
 * Sets which upstreams a registry asks, in this order. Throws `not-found` for an unknown one, and `permission-denied`
 * for one that has a credential and is new to the registry, unless the writer may use those: they are the workspace's.
 */
export async function setRegistryUpstreams(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  input: { name: string; upstreams: readonly string[]; mayUseCredentials: boolean },
): Promise<void> {
  const names = [...new Set(input.upstreams)];
  if (names.length > UPSTREAMS_MAX) {
    throw new EntrepotError("request-invalid", {
      message: `A registry asks at most ${UPSTREAMS_MAX} upstreams.`,
    });
  }
  await writeRegistry(deps, { by, name: input.name }, async ({ trx, row }) => {
    const upstreams = await lockUpstreams(trx, by, names);
    const ids = upstreams.map(({ id }) => id);
    const links = await trx
      .selectFrom("registry_upstreams")
      .select(["upstream_id", "filter"])
      .where("registry_id", "=", row.id)
      .orderBy("position")
      .execute();
    const linked = links.map((link) => link.upstream_id);
    if (isEqual(linked, ids)) return null;
    const lent = upstreams.find(({ id, credential }) => credential !== null && !linked.includes(id));
    if (lent !== undefined && !input.mayUseCredentials) throw credentialDenied(lent.name);
    await trx.deleteFrom("registry_upstreams").where("registry_id", "=", row.id).execute();
    const filters = new Map(links.map((link) => [link.upstream_id, link.filter]));
    const linking = ids.map((id) => ({ id, filter: filters.get(id) ?? null }));
    await linkUpstreams(trx, row.id, linking);
    return { upstreams: names };
  });
}

/** Sets the groups that a registry is in. Throws `request-invalid` for a name that is none. */
export async function setRegistryGroups(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  input: { name: string; groups: readonly string[] },
): Promise<void> {
  const groups = [...new Set(input.groups.map((group) => group.toLowerCase()))];
  for (const group of groups) {
    const problem = registryNameProblem(group, "A group");
    if (problem !== null) throw new EntrepotError("request-invalid", { message: problem });
  }
  await writeRegistry(deps, { by, name: input.name }, async ({ trx, row }) => {
    await trx.deleteFrom("registry_groups").where("registry_id", "=", row.id).execute();
    if (groups.length > 0) {
      const rows = groups.map((group_name) => ({ registry_id: row.id, group_name }));
      await trx.insertInto("registry_groups").values(rows).execute();
    }
    return { groups };
  });
}

type UpstreamRow = Pick<Selectable<Schema["upstreams"]>, "id" | "name" | "credential">;

function credentialDenied(upstream: string): EntrepotError {
  return new EntrepotError("permission-denied", {
    message:
      `The upstream "${upstream}" has a credential, which is the whole workspace's; adding it to a registry needs ` +
      "the permission manage-registry on the workspace.",
  });
}

// The rows stay until the end of the transaction, so that no upstream goes while it is attached.
async function lockUpstreams(
  trx: Transaction<Schema>,
  by: RegistryActor,
  names: readonly string[],
): Promise<UpstreamRow[]> {
  if (names.length === 0) return [];
  const rows = await trx
    .selectFrom("upstreams")
    .select(["id", "name", "credential"])
    .where("workspace_id", "=", by.workspaceId)
    .where("name", "in", [...names])
    .$if(isPostgres(trx), (query) => query.forKeyShare())
    .execute();
  const found = new Map(rows.map((row) => [row.name, row]));
  return names.map((name) => {
    const row = found.get(name);
    if (row !== undefined) return row;
    throw new EntrepotError("not-found", { message: `There is no upstream "${name}"; create it first.` });
  });
}

async function linkUpstreams(
  trx: Transaction<Schema>,
  registryId: string,
  upstreams: readonly { id: string; filter: string | null }[],
): Promise<void> {
  if (upstreams.length === 0) return;
  const links = upstreams.map(({ id, filter }, position) => ({
    registry_id: registryId,
    upstream_id: id,
    position,
    filter,
  }));
  await trx.insertInto("registry_upstreams").values(links).execute();
}

function isEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}

function columnsOf(deps: RegistryWriteDeps, input: RegistryValues): Partial<Schema["registries"]> & object {
  const columns = {
    description: input.description === undefined ? undefined : withoutNul(input.description),
    anonymous_read: flagOf(input.anonymousRead),
    active: flagOf(input.active),
    host: input.host === undefined ? undefined : checkedHost(deps, input.host),
    allow_overwrite: flagOf(input.allowOverwrite),
    refusal_status: input.refusalStatus,
    is_protected: flagOf(input.protected),
  };
  // What was not given stays as it is.
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

function frozenSince(
  before: number | null,
  { frozen, now }: { frozen: boolean | undefined; now: number },
): number | null {
  if (frozen === undefined) return before;
  return frozen ? (before ?? now) : null;
}

function flagOf(value: boolean | undefined): 0 | 1 | undefined {
  if (value === undefined) return undefined;
  return value ? 1 : 0;
}

function checkedHost({ hostProblem }: RegistryWriteDeps, given: string | null): string | null {
  const host = given?.toLowerCase() ?? null;
  if (host === null) return null;
  const problem = HOST_PATTERN.test(host)
    ? hostProblem(host)
    : `"${host}" is not a host name; write it without scheme and port.`;
  if (problem === null) return host;
  throw new EntrepotError("request-invalid", { message: problem });
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
