import { EntrepotError, type Principal } from "@entrepot/core";
import { clientName, type Actor } from "../changes/index.ts";
import { createAuthenticator } from "./authenticate.ts";
import type { IdentityDeps, Page } from "./identity-deps.ts";
import { createInvitations, type Invitations } from "./invitations.ts";
import type { LoginSource } from "./lasting-password.ts";
import { login, type Login, type TokenLogin } from "./login.ts";
import { changeOwnPassword, type OwnPasswordChange } from "./own-password.ts";
import { createPasswordCheck } from "./password-check.ts";
import type { CheckedUser, PasswordInput } from "./password-check.ts";
import { makeOneTimePassword } from "./password-rules.ts";
import { recordSignIn } from "./sign-in-events.ts";
import { createSessions, type Sessions } from "./sessions/sessions.ts";
import { signUp, type SignUpInput } from "./sign-up.ts";
import { createTokenLookup } from "./token-lookup.ts";
import { isTokenSecret } from "./token-secret.ts";
import { createTokenUse } from "./token-use.ts";
import { createTypedKeys } from "./typed-keys.ts";
import { createToken, rotateToken, type TokenRequest, type TokenRotation } from "./create-token.ts";
import { endToken, hasTokens, listTokens, revokeToken } from "./tokens.ts";
import type { NewToken, Token } from "./tokens.ts";
import { changeUser, createUser, findUser, listUsers, seedAdmin } from "./users.ts";
import type { NewUser, User, UserChange, UserFilter } from "./users.ts";
import { createWebLogins, type WebLogins } from "./web-logins.ts";

/** Users, tokens and who sent a request. */
export interface Identity {
  /** Browsers that are signed in. */
  sessions: Sessions;
  /** Logins of clients that a browser is to approve. */
  webLogins: WebLogins;
  invitations: Invitations;
  /**
   * Makes a user of whoever was invited, or of anybody where that is allowed. Throws permission-denied, not-found,
   * request-invalid, name-taken and too-many-requests.
   */
  signUp(input: SignUpInput): Promise<User>;
  /**
   * Resolves the value of an `Authorization` header; no header is the anonymous principal, a wrong one never
   * is. Gives
   * the principal itself, and no promise, for a header that was resolved lately. `address` is the client's,
   * for
   * limiting guesses. Rejects with credential-invalid or too-many-requests; never throws.
   */
  authenticate(header: string | undefined, address?: string): Principal | Promise<Principal>;
  /**
   * Mints a token for a password, a token under the name `api`, or the password of a browser session. Throws
   * credential-invalid, too-many-requests, and permission-denied for a one-time password.
   */
  login(input: TokenLogin): Promise<Login>;
  /**
   * Replaces a password by whoever knows it, a one-time one included. Throws credential-invalid, too-many-requests, and
   * request-invalid for a bad new one.
   */
  changeOwnPassword(input: OwnPasswordChange): Promise<Pick<User, "name">>;
  /** Checks a password without minting anything. Throws credential-invalid and too-many-requests. */
  checkPassword(input: PasswordInput): Promise<CheckedUser>;
  /**
   * Revokes the token with this secret. Resolves with false when it was revoked before. Throws credential-invalid
   * for what is no token's secret, a token's id among it. Whoever shows no other credential is the token's own user.
   */
  logout(input: LoginSource & { secret: string; actor: Actor | null }): Promise<boolean>;
  /**
   * Creates the administrator `admin` when there are no users. Resolves with null when there are; else with
   * the
   * password to print when none was given. Throws request-invalid for a bad password.
   */
  seedAdmin(password: string | null): Promise<{ name: string; oneTimePassword: string | null } | null>;
  /** True once anybody has logged in or been given a token. */
  hasTokens(): Promise<boolean>;
  /** Creates a user. Throws request-invalid and name-taken. */
  createUser(input: NewUser): Promise<User>;
  /**
   * Changes role, email, password or whether disabled. Throws not-found, request-invalid, permission-denied.
   */
  changeUser(input: UserChange): Promise<User>;
  /** Lists users by name; `after` is the `next` of the page before. */
  listUsers(input?: UserFilter): Promise<Page<User>>;
  /** Finds a user by name, whatever its capitals; null when there is none. */
  findUser(name: string): Promise<User | null>;
  /** Creates a token. Throws request-invalid and not-found. */
  createToken(input: TokenRequest): Promise<NewToken>;
  /** Lists usable tokens, of one user or of all. */
  listTokens(input?: { userId?: string; after?: string | null; limit?: number }): Promise<Page<Token>>;
  /** Makes a token anew with another secret; the old one goes on for a while. Throws not-found. */
  rotateToken(input: TokenRotation): Promise<NewToken>;
  /** Revokes a token by id or secret; with `userId`, only one of that user. False when there is none. */
  revokeToken(input: { token: string; userId?: string; actor: Actor }): Promise<boolean>;
  /** Writes when tokens were last used; happens by itself every half minute. */
  flushTokenUse(): Promise<void>;
  /** Stops, after a last write. */
  close(): Promise<void>;
}

/** Name of the user that the first start makes. */
const FIRST_ADMIN = "admin";

const FLUSH_MS = 30_000;

/** Puts identity together and starts following the changes. */
export function createIdentity(deps: IdentityDeps): Identity {
  const passwords = createPasswordCheck(deps);
  const use = createTokenUse(deps);
  const { fingerprint } = deps;
  // Values of one workspace say nothing of those of another.
  const ofWorkspace = (value: string): string => fingerprint?.(`${deps.workspaceId} ${value}`) ?? "";
  const typedKeys = fingerprint === null ? null : createTypedKeys({ ...deps, fingerprint: ofWorkspace });
  const tokenDeps = { ...deps, fingerprint: fingerprint === null ? null : ofWorkspace };
  const authenticator = createAuthenticator(deps, {
    passwords,
    findToken: createTokenLookup(deps, typedKeys),
    use,
  });
  const unsubscribe = deps.changes.subscribe((changes) => {
    authenticator.apply(changes);
    if (changes.some(({ kind }) => kind === "token-changed")) typedKeys?.forget();
  });
  const flushTokenUse = async (): Promise<void> => {
    authenticator.collectUse();
    await use.write();
  };
  const timer = setInterval(() => {
    flushTokenUse().catch((error: unknown) => deps.log.warn("use of tokens not written", { error }));
  }, FLUSH_MS);
  timer.unref();
  const sessions = createSessions(deps, passwords);
  const invitations = createInvitations(deps);
  return {
    sessions,
    webLogins: createWebLogins(deps, { passwords, sessions }),
    invitations,
    signUp: (input) => signUp(deps, invitations, input),
    authenticate: authenticator.authenticate,
    login: (input) => login(deps, { passwords, sessions, authenticate: authenticator.authenticate }, input),
    changeOwnPassword: (input) => changeOwnPassword(deps, passwords, input),
    checkPassword: (input) => passwords.check(input),
    logout: (input) => logout(deps, input),
    seedAdmin: (password) => seedFirstAdmin(deps, password),
    hasTokens: () => hasTokens(deps),
    createUser: (input) => createUser(deps, input),
    changeUser: (input) => changeUser(deps, input),
    listUsers: (input) => listUsers(deps, input),
    findUser: (name) => findUser(deps, name),
    createToken: (input) => createToken(tokenDeps, input),
    rotateToken: (input) => rotateToken(deps, input),
    listTokens: (input) => listTokens(deps, input),
    revokeToken: (input) => revokeToken(deps, input),
    flushTokenUse,
    async close() {
      clearInterval(timer);
      unsubscribe();
      await flushTokenUse();
    },
  };
}

async function logout(
  deps: IdentityDeps,
  input: LoginSource & { secret: string; actor: Actor | null },
): Promise<boolean> {
  const { secret, address, client } = input;
  if (!isTokenSecret(secret)) throw new EntrepotError("credential-invalid");
  const actor = input.actor ?? { address, client: clientName(client) };
  const ended = await endToken(deps, { token: secret, actor });
  if (ended !== null) recordSignIn(deps, "signed-out", ended);
  return ended !== null;
}

async function seedFirstAdmin(
  deps: IdentityDeps,
  password: string | null,
): Promise<{ name: string; oneTimePassword: string | null } | null> {
  const seeded = await seedAdmin(deps, { name: FIRST_ADMIN, password, makePassword: makeOneTimePassword });
  return seeded === null ? null : { name: seeded.user.name, oneTimePassword: seeded.oneTimePassword };
}
