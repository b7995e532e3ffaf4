import { EntrepotError } from "@entrepot/core";
import { clientName } from "../changes/index.ts";
import type { IdentityDeps } from "./identity-deps.ts";
import { markAccepted, type Invitations } from "./invitations.ts";
import type { LoginSource } from "./lasting-password.ts";
import { foldUserName } from "./user-name.ts";
import { createUser, findUser, type User } from "./users.ts";

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
 * Throws permission-denied, not-found, request-invalid, name-taken and too-many-requests: attempts count like wrong
 * passwords, and so does every user that somebody makes uninvited.
 */
export async function signUp(
  deps: IdentityDeps,
  invitations: Invitations,
  input: SignUpInput,
): Promise<User> {
  const { code, name, password, address } = input;
  const actor = { name: foldUserName(name), credential: null, address, client: clientName(input.client) };
  const user = { name, password, actor };
  if (input.allowed === "closed" || (code === null && input.allowed !== "open")) throw closed();
  const attempt = { userName: actor.name, address };
  await deps.failedPasswords.begin(attempt);
  if (code === null) {
    await assertFree(deps, actor.name);
    return await createUser(deps, { ...user, email: input.email, role: "developer" });
  }
  const invitation = await invitations.ofCode(code);
  await assertFree(deps, actor.name);
  const invited = { ...user, email: input.email ?? invitation.email, role: invitation.role };
  const made = await createUser(deps, invited, (trx) =>
    markAccepted(trx, invitation, { actor, at: deps.now() }),
  );
  // The invitation is used up, so nothing can be tried again.
  await deps.failedPasswords.cancel(attempt);
  return made;
}

// Before the password is hashed, which is the dear part.
async function assertFree(deps: IdentityDeps, name: string): Promise<void> {
  if ((await findUser(deps, name)) === null) return;
  throw new EntrepotError("name-taken", {
    message: `There is a user "${name}" already; capitals make no difference.`,
  });
}

function closed(): EntrepotError {
  return new EntrepotError("permission-denied", {
    message: "Nobody can sign up here by themselves; ask an administrator for a user or an invitation.",
  });
}
