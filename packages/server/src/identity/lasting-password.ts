import { EntrepotError } from "@entrepot/core";
import { clientName, type Actor } from "../changes/index.ts";
import type { IdentityDeps } from "./identity-deps.ts";
import type { CheckedUser, PasswordCheck } from "./password-check.ts";
import { recordFailedSignIn } from "./sign-in-events.ts";

/** Where a login comes from. */
export interface LoginSource {
  address: string;
  /** What the client calls itself, for the token's name. */
  client: string;
}

/** A name and what goes with it. */
export interface LoginInput extends LoginSource {
  user: string;
  password: string;
}

/** Checks a password that is to open something: a one-time one is `permission-denied`, with `password-must-change`. */
export async function checkLastingPassword(
  deps: IdentityDeps,
  passwords: PasswordCheck,
  { user: userName, password, address, client }: LoginInput,
): Promise<CheckedUser> {
  const user = await passwords.check({ userName, password, address, client });
  if (!user.mustChangePassword) return user;
  const actor: Actor = { name: user.name, credential: "password", address, client: clientName(client) };
  recordFailedSignIn(deps, actor, { because: "password-to-change", isSignIn: true });
  throw passwordMustChange(user.name);
}

/** The error for whoever has a one-time password still. */
export function passwordMustChange(userName: string): EntrepotError {
  return new EntrepotError("permission-denied", {
    message: `The password of ${userName} is a one-time password; set one of your own first.`,
    details: { code: "password-must-change" },
  });
}
