import { randomUUID } from "node:crypto";
import { EntrepotError } from "@entrepot/core";
import type { Role } from "@entrepot/core";
import { sql, type Selectable, type Transaction } from "kysely";
import { systemActor, type Actor } from "../changes/index.ts";
import { isUniqueViolation } from "../db/index.ts";
import type { Schema } from "../db/index.ts";
import { endApprovedLoginsOf } from "./approved-logins.ts";
import { pageLimit, pageOf } from "./identity-deps.ts";
import type { Deed, IdentityDeps, Page } from "./identity-deps.ts";
import { assertNewPassword } from "./password-rules.ts";
import { endSessionsOf } from "./sessions/session-rows.ts";
import { endTokensOf } from "./tokens.ts";
import { appendUserChange, valuesOf } from "./user-trail.ts";
import { assertNewUserName, foldUserName } from "./user-name.ts";

/** A user as others may see them. */
export interface User {
  id: string;
  /** Lower case; the name in credentials, changes and packuments. */
  name: string;
  /** As typed when the user was made. */
  displayName: string;
  /** As the user says it; empty when they do not. */
  fullName: string;
  email: string | null;
  role: Role;
  disabled: boolean;
  hasPassword: boolean;
  /** True while the password is one that the server made up. */
  mustChangePassword: boolean;
  createdAt: number;
  updatedAt: number;
}

/** A new user; without a password they can only use tokens. */
export interface NewUser extends Deed {
  name: string;
  password: string | null;
  role: Role;
  email?: string | null;
  /** True for a password that opens nothing but the way to one of the user's own. */
  mustChangePassword?: boolean;
}

/** What to change of a user; what is left out stays. */
export interface UserChange extends Deed {
  name: string;
  password?: string;
  role?: Role;
  email?: string | null;
  fullName?: string;
  disabled?: boolean;
}

/** Which users are wanted, and how many. */
export interface UserFilter {
  /** Name after which they begin. */
  after?: string | null;
  limit?: number;
  /** Part of the name, in any case; every user when left out. */
  text?: string;
}

type UserRow = Selectable<Schema["users"]>;
type UserDeps = Pick<IdentityDeps, "db" | "workspaceId" | "now" | "hasher" | "sessionLogin">;

const EMAIL = /^[^\s@\p{C}]+@[^\s@\p{C}]+$/u;
const EMAIL_CHARACTERS_MAX = 254;
const FULL_NAME = /^\P{C}{0,200}$/u;

/**
 * Creates a user, and does `alongside` in the same transaction. Throws request-invalid for a bad name or password, and
 * name-taken.
 */
export async function createUser(
  deps: UserDeps,
  input: NewUser,
  alongside?: (trx: Transaction<Schema>) => Promise<void>,
): Promise<User> {
  assertNewUserName(input.name, deps.sessionLogin);
  assertEmail(input.email ?? null);
  if (input.password !== null) assertNewPassword(input.password, input.name);
  const passwordHash = input.password === null ? null : await deps.hasher.hash(input.password);
  const row = newRow(deps, input, passwordHash);
  const insert = async (trx: Transaction<Schema>): Promise<void> => {
    await alongside?.(trx);
    await insertUser(trx, row, input.actor);
  };
  if (!(await wasInserted(deps, insert))) throw nameTaken(input.name);
  return userOf(row);
}

/** Resolves with false when the name is taken. */
async function wasInserted(
  deps: UserDeps,
  insert: (trx: Transaction<Schema>) => Promise<void>,
): Promise<boolean> {
  try {
    await deps.db.write(insert);
    return true;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    return false;
  }
}

function newRow(deps: UserDeps, input: NewUser, passwordHash: string | null): UserRow {
  const at = deps.now();
  return {
    id: randomUUID(),
    workspace_id: deps.workspaceId,
    name: foldUserName(input.name),
    display_name: input.name,
    full_name: "",
    email: input.email ?? null,
    password_hash: passwordHash,
    role: input.role,
    must_change_password: input.mustChangePassword === true ? 1 : 0,
    disabled_at: null,
    created_at: at,
    updated_at: at,
  };
}

async function insertUser(trx: Transaction<Schema>, row: UserRow, actor: Actor): Promise<void> {
  await trx.insertInto("users").values(row).execute();
  await appendUserChange(trx, row, {
    actor,
    at: row.created_at,
    what: "created",
    values: valuesOf(null, row),
  });
}

function nameTaken(name: string): EntrepotError {
  return new EntrepotError("name-taken", {
    message: `There is a user "${foldUserName(name)}" already; capitals make no difference.`,
  });
}

/**
 * Creates the first administrator unless there are users. Resolves with null when there are; else with the
 * user, and
 * with the password if it was made here. Throws request-invalid for a bad password.
 */
export async function seedAdmin(
  deps: UserDeps,
  input: { name: string; password: string | null; makePassword: () => string },
): Promise<{ user: User; oneTimePassword: string | null } | null> {
  if (await hasUsers(deps)) return null;
  const oneTimePassword = input.password === null ? input.makePassword() : null;
  const password = input.password ?? oneTimePassword ?? "";
  assertNewPassword(password, input.name);
  const given: NewUser = {
    name: input.name,
    password,
    role: "owner",
    mustChangePassword: oneTimePassword !== null,
    actor: systemActor("system"),
  };
  const row = newRow(deps, given, await deps.hasher.hash(password));
  // Another process may have been first.
  const isFirst = await wasInserted(deps, (trx) => insertUser(trx, row, given.actor));
  return isFirst ? { user: userOf(row), oneTimePassword } : null;
}

async function hasUsers({ db, workspaceId }: UserDeps): Promise<boolean> {
  const found = await db.read
    .selectFrom("users")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** Lists users by name. */
export async function listUsers(
  deps: Pick<IdentityDeps, "db" | "workspaceId">,
  input: UserFilter = {},
): Promise<Page<User>> {
  const limit = pageLimit(input.limit);
  const pattern = `%${foldUserName(input.text ?? "").replace(/[\\%_]/g, "\\$&")}%`;
  const rows = await deps.db.read
    .selectFrom("users")
    .selectAll()
    .where("workspace_id", "=", deps.workspaceId)
    .where("name", ">", input.after ?? "")
    .where(sql<boolean>`name like ${pattern} escape '\\'`)
    .orderBy("name")
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, { item: userOf, cursor: (row) => row.name });
}

/** Finds a user by name, whatever its capitals; null when there is none. */
export async function findUser(
  deps: Pick<IdentityDeps, "db" | "workspaceId">,
  name: string,
): Promise<User | null> {
  const row = await deps.db.read
    .selectFrom("users")
    .selectAll()
    .where("workspace_id", "=", deps.workspaceId)
    .where("name", "=", foldUserName(name))
    .executeTakeFirst();
  return row === undefined ? null : userOf(row);
}

/**
 * Changes a user. Throws not-found, request-invalid for a bad password or email, and permission-denied when
 * it would
 * leave no administrator who can log in.
 */
export async function changeUser(deps: UserDeps, input: UserChange): Promise<User> {
  if (input.email !== undefined) assertEmail(input.email);
  if (input.fullName !== undefined) assertFullName(input.fullName);
  if (input.password !== undefined) assertNewPassword(input.password, input.name);
  const passwordHash = input.password === undefined ? null : await deps.hasher.hash(input.password);
  return deps.db.write(async (trx) => {
    const before = await requireRow(trx, deps.workspaceId, input.name);
    const after = changedRow(before, input, { at: deps.now(), passwordHash });
    if (isActiveAdmin(before) && !isActiveAdmin(after)) await assertOther(trx, before, ["owner", "admin"]);
    if (isActiveOwner(before) && !isActiveOwner(after)) await assertOther(trx, before, ["owner"]);
    const { id, workspace_id: _, ...values } = after;
    await trx.updateTable("users").set(values).where("id", "=", id).execute();
    if (passwordHash !== null || input.disabled === true) {
      await endSessionsOf(trx, { userId: id, at: after.updated_at });
      await endApprovedLoginsOf(trx, id);
    }
    // They end for good: whoever is enabled again makes new ones.
    if (input.disabled === true) await endTokensOf(trx, { userId: id, at: after.updated_at });
    await appendUserChange(trx, after, {
      actor: input.actor,
      at: after.updated_at,
      what: whatChanged(input),
      values: valuesOf(before, after),
    });
    return userOf(after);
  });
}

function changedRow(
  before: UserRow,
  input: UserChange,
  change: { at: number; passwordHash: string | null },
): UserRow {
  const disabledAt = input.disabled === true ? (before.disabled_at ?? change.at) : null;
  return {
    ...before,
    email: input.email === undefined ? before.email : input.email,
    full_name: input.fullName ?? before.full_name,
    role: input.role ?? before.role,
    disabled_at: input.disabled === undefined ? before.disabled_at : disabledAt,
    password_hash: change.passwordHash ?? before.password_hash,
    must_change_password: change.passwordHash === null ? before.must_change_password : 0,
    updated_at: change.at,
  };
}

function whatChanged(input: UserChange): string {
  const { name: _name, actor: _actor, ...values } = input;
  return Object.keys(values).join(", ");
}

async function requireRow(trx: Transaction<Schema>, workspaceId: string, name: string): Promise<UserRow> {
  const row = await trx
    .selectFrom("users")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("name", "=", foldUserName(name))
    .executeTakeFirst();
  if (row === undefined) throw new EntrepotError("not-found", { message: `There is no user "${name}".` });
  return row;
}

function isAdmin(role: Role): boolean {
  return role === "owner" || role === "admin";
}

function isActiveOwner(row: UserRow): boolean {
  return row.role === "owner" && row.disabled_at === null;
}

function isActiveAdmin(row: UserRow): boolean {
  return isAdmin(row.role) && row.disabled_at === null;
}

async function assertOther(trx: Transaction<Schema>, row: UserRow, roles: readonly Role[]): Promise<void> {
  const other = await trx
    .selectFrom("users")
    .select("id")
    .where("workspace_id", "=", row.workspace_id)
    .where("role", "in", [...roles])
    .where("disabled_at", "is", null)
    .where("id", "!=", row.id)
    .executeTakeFirst();
  if (other !== undefined) return;
  const what = roles.length === 1 ? "owner" : "administrator";
  throw new EntrepotError("permission-denied", {
    message: `"${row.name}" is the last ${what}; make another one first.`,
  });
}

function assertFullName(name: string): void {
  if (FULL_NAME.test(name)) return;
  throw new EntrepotError("request-invalid", {
    message: "A full name has at most 200 characters, all of them visible.",
  });
}

/** Checks an e-mail address, where there is one. Throws request-invalid. */
export function assertEmail(email: string | null): void {
  if (email === null) return;
  if (email.length <= EMAIL_CHARACTERS_MAX && EMAIL.test(email)) return;
  throw new EntrepotError("request-invalid", { message: "This is not an email address." });
}

function userOf(row: UserRow): User {
  return {
    id: row.id,
    name: row.name,
    displayName: row.display_name,
    fullName: row.full_name,
    email: row.email,
    role: row.role,
    disabled: row.disabled_at !== null,
    hasPassword: row.password_hash !== null,
    mustChangePassword: row.must_change_password === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
