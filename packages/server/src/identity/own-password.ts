import { EntrepotError } from "@entrepot/core";
import { clientName } from "../changes/index.ts";
import type { IdentityDeps } from "./identity-deps.ts";
import type { LoginSource } from "./lasting-password.ts";
import type { PasswordCheck } from "./password-check.ts";
import { changeUser, type User } from "./users.ts";

/** A password that its user replaces, and the new one. */
export interface OwnPasswordChange extends LoginSource {
  user: string;
  password: string;
  newPassword: string;
}

/**
 * Replaces a password by whoever knows it, a one-time one included, which it thereby stops to be. Throws
 * credential-invalid, too-many-requests, and request-invalid for a bad new password.
 */
export async function changeOwnPassword(
  deps: IdentityDeps,
  passwords: PasswordCheck,
  input: OwnPasswordChange,
): Promise<User> {
  const { address, client } = input;
  const { name } = await passwords.check({
    userName: input.user,
    password: input.password,
    address,
    client,
  });
  if (input.newPassword === input.password) {
    throw new EntrepotError("request-invalid", { message: "The new password must differ from the old one." });
  }
  const actor = { name, credential: "password", address, client: clientName(client) };
  return await changeUser(deps, { name, password: input.newPassword, actor });
}
