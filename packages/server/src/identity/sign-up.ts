import { EntrepotError } from "@entrepot/core";
import { clientName } from "../changes/index.ts";
import type { IdentityDeps } from "./identity-deps.ts";
import { markAccepted, type Invitations } from "./invitations.ts";
import type { LoginSource } from "./lasting-password.ts";
import { foldUserName } from "./user-name.ts";
import { createUser, type User } from "./users.ts";

/** Somebody who makes themselves a user. */
export interface SignUpInput extends LoginSource {
  /** Who may, as configured. */
  allowed: "closed" | "invitation" | "open";
  /** Of an invitation; null for none. */
  code: string | null;
  name: string;
  password: string;
  email: string | null;
}

/**
 * Makes a user of whoever was invited, with the invitation's role, or of anybody where sign-up is open, as a developer.
 * Throws permission-denied, not-found, request-invalid, name-taken and, without an invitation, too-many-requests.
 */
export async function signUp(
  deps: IdentityDeps,
  invitations: Invitations,
  input: SignUpInput,
): Promise<User> {
  const { code, name, password, address } = input;
  const actor = { name: foldUserName(name), credential: null, address, client: clientName(input.client) };
  const user = { name, password, actor };
  if (code === null) {
    if (input.allowed !== "open") throw closed();
    // Who makes many users is slowed down like who guesses many passwords.
    await deps.failedPasswords.begin({ userName: actor.name, address });
    return await createUser(deps, { ...user, email: input.email, role: "developer" });
  }
  if (input.allowed === "closed") throw closed();
  const invitation = await invitations.ofCode(code);
  const invited = { ...user, email: input.email ?? invitation.email, role: invitation.role };
  return await createUser(deps, invited, (trx) =>
    markAccepted(trx, invitation, { userName: actor.name, at: deps.now() }),
  );
}

function closed(): EntrepotError {
  return new EntrepotError("permission-denied", {
    message: "Nobody can sign up here by themselves; ask an administrator for a user or an invitation.",
  });
}
