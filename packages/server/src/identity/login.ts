import { EntrepotError, isEntrepotError, type Principal } from "@entrepot/core";
import { clientName } from "../changes/index.ts";
import { createLoginToken } from "./create-token.ts";
import type { IdentityDeps } from "./identity-deps.ts";
import { checkLastingPassword, passwordMustChange, type LoginInput } from "./lasting-password.ts";
import type { CheckedUser, PasswordCheck } from "./password-check.ts";
import { isLoginPassword } from "./sessions/session-secret.ts";
import type { Sessions } from "./sessions/sessions.ts";
import { recordFailedSignIn, recordLimitedSignIn, recordSignIn } from "./sign-in-events.ts";
import type { TokenScope } from "./token-scope.ts";
import { foldUserName } from "./user-name.ts";

/** A login, and what its token shall be limited to. */
export interface TokenLogin extends LoginInput {
  /** Left out for all that the user may do. */
  scope?: TokenScope;
}

/** What a login answers. */
export interface Login {
  /** Shown this once. */
  token: string;
  tokenId: string;
  user: { id: string; name: string; role: string };
}

/** What a login asks. */
export interface LoginParts {
  passwords: PasswordCheck;
  sessions: Pick<Sessions, "userOfLoginPassword">;
  authenticate: (header: string, address: string) => Principal | Promise<Principal>;
}

/** User name that means "the password is a token". */
const TOKEN_USER = "api";
/** Means "the password is that of a browser session" beside the configured name. */
const SESSION_USER = "bytesafe";

/** Begins what tells a token of such a login, after the word that all tokens of logins begin with. */
export const FROM_SESSION = "from session, ";

/** Who logs in, and how the token is told from others. */
interface Somebody {
  user: Login["user"];
  /** As it is recorded: `password`, `session`, or the id of a token. */
  credential: string;
  /** Before the client's own name. */
  from: string;
  /** The token that was shown; the new one may do no more. */
  madeWith: string | null;
  /** True when that token has limits. */
  isLimited: boolean;
}

/**
 * Mints a token for whoever shows one of these, in this order: a token under the name `api`; the password of a browser
 * session under the names for that; a user's own password. Throws credential-invalid, too-many-requests, and
 * permission-denied for a one-time password or a key that belongs to nobody.
 */
export async function login(deps: IdentityDeps, parts: LoginParts, input: TokenLogin): Promise<Login> {
  const { address, client, scope } = input;
  const { user, credential, from, madeWith, isLimited } = await whoLogsIn(deps, parts, input);
  const actor = { name: user.name, credential, address, client: clientName(client) };
  // Of a token with limits no second one is made, which would go on when the first is revoked.
  if (isLimited && madeWith !== null) {
    recordSignIn(deps, "signed-in", { actor, tokenId: madeWith });
    return { token: input.password, tokenId: madeWith, user };
  }
  const token = await createLoginToken(deps, {
    userId: user.id,
    actor,
    client: from + client,
    madeWith,
    ...(scope === undefined ? {} : { scope }),
  });
  recordSignIn(deps, "signed-in", { actor, tokenId: token.id });
  deps.log.info("login", { userName: user.name, tokenId: token.id, address, client });
  return { token: token.secret, tokenId: token.id, user };
}

async function whoLogsIn(deps: IdentityDeps, parts: LoginParts, input: LoginInput): Promise<Somebody> {
  const name = foldUserName(input.user);
  if (name === TOKEN_USER) return await ownerOfToken(deps, parts, input);
  const { user, isSession } = await ownerOfPassword(deps, parts, input);
  const how = isSession
    ? { credential: "session", from: FROM_SESSION }
    : { credential: "password", from: "" };
  return { user, ...how, madeWith: null, isLimited: false };
}

/**
 * Finds whose password that is: of a browser session under the names for it, else a user's own. Throws
 * credential-invalid, too-many-requests, and permission-denied for a one-time password.
 */
export async function ownerOfPassword(
  deps: IdentityDeps,
  { passwords, sessions }: Pick<LoginParts, "passwords" | "sessions">,
  input: LoginInput,
): Promise<{ user: CheckedUser; isSession: boolean }> {
  const { user: userName, password, address, client } = input;
  const name = foldUserName(userName);
  const isSession = (name === deps.sessionLogin || name === SESSION_USER) && isLoginPassword(password);
  if (!isSession) {
    return { user: await checkLastingPassword(deps, passwords, input), isSession: false };
  }
  try {
    return { user: await sessions.userOfLoginPassword(password), isSession: true };
  } catch (error) {
    const actor = { name, credential: "session", address, client: clientName(client) };
    recordFailedSignIn(deps, actor, { because: "session-ended", isSignIn: true });
    throw error;
  }
}

async function ownerOfToken(deps: IdentityDeps, parts: LoginParts, input: LoginInput): Promise<Somebody> {
  try {
    return await shownByToken(parts, input);
  } catch (error) {
    const { address, client } = input;
    const actor = { name: TOKEN_USER, credential: null, address, client: clientName(client) };
    if (isEntrepotError(error, "too-many-requests")) recordLimitedSignIn(deps, actor);
    else if (isEntrepotError(error) && error.status < 500) {
      recordFailedSignIn(deps, actor, { because: "token-refused", isSignIn: true });
    }
    throw error;
  }
}

async function shownByToken({ authenticate }: LoginParts, input: LoginInput): Promise<Somebody> {
  const pair = Buffer.from(`${TOKEN_USER}:${input.password}`).toString("base64");
  const principal = await authenticate(`Basic ${pair}`, input.address);
  if (principal.kind !== "user") {
    throw new EntrepotError("permission-denied", {
      message: "This key belongs to nobody, so nobody logs in with it; set it as _authToken instead.",
      details: { code: "token-permission" },
    });
  }
  if (principal.mustChangePassword) throw passwordMustChange(principal.name);
  const { userId: id, name, role, tokenId, limits } = principal;
  return {
    user: { id, name, role },
    credential: tokenId ?? "password",
    from: "",
    madeWith: tokenId,
    isLimited: limits !== null,
  };
}
