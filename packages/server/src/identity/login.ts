import { EntrepotError } from "@entrepot/core";
import { clientName } from "../changes/index.ts";
import { createLoginToken } from "./create-token.ts";
import type { IdentityDeps } from "./identity-deps.ts";
import type { CheckedUser, PasswordCheck } from "./password-check.ts";
import { recordFailedSignIn, recordSignIn } from "./sign-in-events.ts";

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

/** What a login answers. */
export interface Login {
  /** Shown this once. */
  token: string;
  tokenId: string;
  user: CheckedUser;
}

/** Mints a token for a password. Throws credential-invalid, too-many-requests, and permission-denied for a one-time one. */
export async function login(deps: IdentityDeps, passwords: PasswordCheck, input: LoginInput): Promise<Login> {
  const { address, client } = input;
  const user = await checkLastingPassword(deps, passwords, input);
  const actor = { name: user.name, credential: "password", address, client: clientName(client) };
  const token = await createLoginToken(deps, { userId: user.id, actor, client });
  recordSignIn(deps, "signed-in", { actor, tokenId: token.id });
  deps.log.info("login", { userName: user.name, tokenId: token.id, address, client });
  return { token: token.secret, tokenId: token.id, user };
}

/** Checks a password that is to open something: a one-time one is `permission-denied`, with `password-must-change`. */
export async function checkLastingPassword(
  deps: IdentityDeps,
  passwords: PasswordCheck,
  { user: userName, password, address, client }: LoginInput,
): Promise<CheckedUser> {
  const user = await passwords.check({ userName, password, address, client });
  if (!user.mustChangePassword) return user;
  const actor = { name: user.name, credential: "password", address, client: clientName(client) };
  recordFailedSignIn(deps, actor, { because: "password-to-change", isSignIn: true });
  throw new EntrepotError("permission-denied", {
    message: `The password of ${user.name} is a one-time password; set one of your own first.`,
    details: { code: "password-must-change" },
  });
}
