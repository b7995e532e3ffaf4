import { EntrepotError } from "@entrepot/core";
import type { Transaction } from "kysely";
import { clientName } from "../changes/index.ts";
import type { Schema } from "../db/index.ts";
import { endApprovedLoginsOf } from "./approved-logins.ts";
import type { Deed, IdentityDeps } from "./identity-deps.ts";
import type { LoginSource } from "./lasting-password.ts";
import type { PasswordCheck } from "./password-check.ts";
import { assertNewPassword } from "./password-rules.ts";
import { endSessionsOf } from "./sessions/session-rows.ts";
import { foldUserName } from "./user-name.ts";
import { appendUserChange } from "./user-trail.ts";
import type { User } from "./users.ts";

/** A password that its user replaces, and the new one. */
export interface OwnPasswordChange extends LoginSource {
  user: string;
  password: string;
  newPassword: string;
}

/**
 * Replaces a password by whoever knows it, a one-time one included, which it thereby stops to be. Of several changes with
 * the same old password, one is done. Throws credential-invalid, too-many-requests, and request-invalid for a bad new
 * password.
 */
export async function changeOwnPassword(
  deps: IdentityDeps,
  passwords: PasswordCheck,
  input: OwnPasswordChange,
): Promise<Pick<User, "name">> {
  const { user, password, newPassword, address, client } = input;
  const before = await hashOf(deps, user);
  const { id, name } = await passwords.check({ userName: user, password, address, client });
  assertPasswordChange({ user: name, password, newPassword });
  const compared = await hashOf(deps, name);
  // The check itself may have renewed the hash; whatever else did, did it with another password.
  if (compared === null || (compared !== before && !(await deps.hasher.verify(compared, password)))) {
    throw changedMeanwhile();
  }
  const passwordHash = await deps.hasher.hash(newPassword);
  const actor = { name, credential: "password", address, client: clientName(client) };
  await deps.db.write((trx) => replace(trx, { id, compared, passwordHash, actor, at: deps.now() }));
  return { name };
}

/** Checks that a new password may take the place of the old one. Throws request-invalid. */
export function assertPasswordChange({
  user,
  password,
  newPassword,
}: Omit<OwnPasswordChange, keyof LoginSource>): void {
  if (newPassword === password) {
    throw new EntrepotError("request-invalid", { message: "The new password must differ from the old one." });
  }
  assertNewPassword(newPassword, user);
}

async function hashOf({ db, workspaceId }: IdentityDeps, userName: string): Promise<string | null> {
  const row = await db.read
    .selectFrom("users")
    .select("password_hash")
    .where("workspace_id", "=", workspaceId)
    .where("name", "=", foldUserName(userName))
    .executeTakeFirst();
  return row?.password_hash ?? null;
}

interface Replacement extends Deed {
  id: string;
  /** The hash that the old password was compared with. */
  compared: string;
  passwordHash: string;
  at: number;
}

async function replace(
  trx: Transaction<Schema>,
  { id, compared, passwordHash, actor, at }: Replacement,
): Promise<void> {
  const row = await trx
    .updateTable("users")
    .set({ password_hash: passwordHash, must_change_password: 0, updated_at: at })
    .where("id", "=", id)
    .where("password_hash", "=", compared)
    .where("disabled_at", "is", null)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw changedMeanwhile();
  await endSessionsOf(trx, { userId: id, at });
  await endApprovedLoginsOf(trx, id);
  await appendUserChange(trx, row, { actor, at, what: "password", values: {} });
}

function changedMeanwhile(): EntrepotError {
  return new EntrepotError("credential-invalid", {
    message: "The password was changed just now by another request; use the new one.",
    details: { code: "password-wrong" },
  });
}
