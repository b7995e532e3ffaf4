import { EntrepotError, type AccessRule } from "@entrepot/core";
import type { Kysely, Selectable, Transaction } from "kysely";
import { appendChange, type Actor } from "../../changes/index.ts";
import { isPostgres, type Database, type Schema } from "../../db/index.ts";
import { foldUserName } from "../user-name.ts";
import { foldName } from "./names.ts";

/** What organizations are kept in. */
export interface OrganizationDeps {
  db: Database;
  workspaceId: string;
  now: () => number;
}

export type OrganizationRow = Selectable<Schema["organizations"]>;
type Reader = Kysely<Schema> | Transaction<Schema>;

/** What the work of a write gets. */
export interface OrganizationScope {
  trx: Transaction<Schema>;
  row: OrganizationRow;
  now: number;
}

/** Who changes members: owners are made, changed and removed by other owners. */
export interface MemberWriter {
  /** Null for who is no user. */
  userId: string | null;
  /** True for who manages all organizations: they change owners too, and may leave one without any. */
  managesAll: boolean;
  /** Whether they have all that a grant gives, wherever it gives it. */
  holds: (grant: AccessRule) => boolean;
}

/** What a write did: what the change log says of it, nothing when nothing had to change, and what it gives. */
interface Outcome<T> {
  detail: Record<string, unknown> | null;
  result: T;
}

/**
 * Runs `work` on an organization that nobody else changes meanwhile, and logs the change that it reports. Throws
 * `not-found`.
 */
export async function writeOrganization<T>(
  deps: OrganizationDeps,
  { organization, actor }: { organization: string; actor: Actor },
  work: (scope: OrganizationScope) => Promise<Outcome<T>>,
): Promise<T> {
  return await deps.db.write(async (trx) => {
    const row = await findRow(trx, deps.workspaceId, { name: organization, isLocked: true });
    if (row === null) throw noOrganization(organization);
    const now = deps.now();
    const { detail, result } = await work({ trx, row, now });
    if (detail !== null) await logOrganization(trx, row, { actor, at: now, detail });
    return result;
  });
}

/** Tells everybody that an organization changed. Call it last. */
export async function logOrganization(
  trx: Transaction<Schema>,
  { workspace_id, name }: OrganizationRow,
  change: { actor: Actor; at: number; detail: Record<string, unknown> },
): Promise<void> {
  await appendChange(trx, {
    workspaceId: workspace_id,
    registryId: null,
    packageName: null,
    kind: "organization-changed",
    actor: change.actor,
    at: change.at,
    detail: { organization: name, ...change.detail },
  });
}

/** The row of an organization. Throws `not-found`, with how to make one. */
export async function requireOrganization(
  { db, workspaceId }: Pick<OrganizationDeps, "db" | "workspaceId">,
  name: string,
): Promise<OrganizationRow> {
  const row = await findRow(db.read, workspaceId, { name, isLocked: false });
  if (row === null) throw noOrganization(name);
  return row;
}

async function findRow(
  reader: Reader,
  workspaceId: string,
  { name, isLocked }: { name: string; isLocked: boolean },
): Promise<OrganizationRow | null> {
  const row = await reader
    .selectFrom("organizations")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("name", "=", foldName(name))
    .$if(isLocked && isPostgres(reader), (query) => query.forUpdate())
    .executeTakeFirst();
  return row ?? null;
}

function noOrganization(name: string): EntrepotError {
  const folded = foldName(name);
  return new EntrepotError("not-found", {
    message: `There is no organization "${folded}"; make it with: entrepot org create ${folded}`,
  });
}

/** A user who is meant by name. Throws `not-found`. */
export async function requireUserRow(
  { trx, row }: OrganizationScope,
  name: string,
): Promise<{ id: string; name: string }> {
  const user = await trx
    .selectFrom("users")
    .select(["id", "name"])
    .where("workspace_id", "=", row.workspace_id)
    .where("name", "=", foldUserName(name))
    .executeTakeFirst();
  if (user !== undefined) return user;
  throw new EntrepotError("not-found", { message: `There is no user "${name}".` });
}
