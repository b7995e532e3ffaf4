import { createHmac } from "node:crypto";
import { EntrepotError, isEntrepotError } from "@entrepot/core";
import type { Role } from "@entrepot/core";
import { clientName, type Actor } from "../changes/index.ts";
import { prepareQuery } from "../db/index.ts";
import type { SlotOf } from "../db/index.ts";
import type { Attempt } from "./failed-passwords.ts";
import type { IdentityDeps } from "./identity-deps.ts";
import { tooManyAtOnce } from "./password-hasher.ts";
import { PASSWORD_BYTES_MAX } from "./password-rules.ts";
import { recordFailedSignIn, recordLimitedSignIn, type FailedBecause } from "./sign-in-events.ts";
import { foldUserName, isUserName } from "./user-name.ts";

/** A user whose password was right. */
export interface CheckedUser {
  id: string;
  name: string;
  role: Role;
  /** True while the password is one that the server made up. */
  mustChangePassword: boolean;
}

/** A pair of name and password, and where it comes from. */
export interface PasswordInput {
  userName: string;
  password: string;
  address: string;
  /** What the client calls itself; given where somebody signs in, left out where a request brings its password along. */
  client?: string;
}

/** Checks passwords: limits guessing, hashes each pair once in a while, and shares equal checks. */
export interface PasswordCheck {
  /**
   * Resolves with the user. Throws credential-invalid when name or password is wrong or the user is disabled,
   * and
   * too-many-requests with `details.retryAfterSeconds`.
   */
  check(input: PasswordInput): Promise<CheckedUser>;
}

/** How long a right password is believed without hashing it again; any change of the user ends it at once. */
export const RIGHT_MS = 300_000;
/**
 * How long the same wrong one is refused without hashing it again: a client that repeats itself is not
 * guessing.
 */
const WRONG_MS = 30_000;
const REMEMBERED_MAX = 2000;

/** What the audit trail calls somebody whose name is none: it may be a password in the wrong field. */
const ANYBODY = "anonymous";

interface Remembered {
  isRight: boolean;
  /** Of the hash that was compared with; null when there was none. */
  passwordHash: string | null;
  until: number;
}

interface UserRow {
  id: string;
  name: string;
  role: Role;
  password_hash: string | null;
  must_change_password: 0 | 1;
  disabled_at: number | null;
}

interface State {
  deps: IdentityDeps;
  findUser: (values: { workspaceId: string; name: string }) => Promise<UserRow[]>;
  /** Keys what is remembered, so that neither passwords nor plain hashes of them stay in memory. */
  key: Uint8Array;
  remembered: Map<string, Remembered>;
  running: Map<string, Promise<boolean>>;
}

/** Makes the check. */
export function createPasswordCheck(deps: IdentityDeps): PasswordCheck {
  const findUser = prepareQuery(deps.db.read, (slot: SlotOf<{ workspaceId: string; name: string }>) =>
    deps.db.read
      .selectFrom("users")
      .select(["id", "name", "role", "password_hash", "must_change_password", "disabled_at"])
      .where("workspace_id", "=", slot("workspaceId"))
      .where("name", "=", slot("name")),
  );
  const state: State = { deps, findUser, key: deps.random(32), remembered: new Map(), running: new Map() };
  return { check: (input) => check(state, input) };
}

async function check(state: State, input: PasswordInput): Promise<CheckedUser> {
  const name = foldUserName(input.userName);
  const isSignIn = input.client !== undefined;
  const actor = {
    name: ANYBODY,
    credential: "password",
    address: input.address,
    client: clientName(input.client),
  };
  if (!isUserName(name) || Buffer.byteLength(input.password) > PASSWORD_BYTES_MAX) {
    recordFailedSignIn(state.deps, actor, { because: "user-unknown", isSignIn });
    throw wrong();
  }
  const [user] = await state.findUser({ workspaceId: state.deps.workspaceId, name });
  if (user !== undefined) actor.name = user.name;
  const attempt = { userName: name, address: input.address };
  const question = { user, password: input.password, attempt, actor };
  const isRight = await isRightPassword(state, question);
  if (!isRight || user === undefined || user.disabled_at !== null) {
    recordFailedSignIn(state.deps, actor, { because: failedBecause(question), isSignIn });
    throw wrong();
  }
  return {
    id: user.id,
    name: user.name,
    role: user.role,
    mustChangePassword: user.must_change_password === 1,
  };
}

function failedBecause({ user }: Question): FailedBecause {
  if (user === undefined) return "user-unknown";
  return user.disabled_at === null ? "password-wrong" : "user-disabled";
}

interface Question {
  user: UserRow | undefined;
  password: string;
  attempt: Attempt;
  /** Who is told to have tried. */
  actor: Actor;
}

function isRightPassword(state: State, question: Question): Promise<boolean> {
  const passwordHash = question.user?.password_hash ?? null;
  const key = createHmac("sha256", state.key)
    .update(`${question.attempt.userName}\0${question.password}`)
    .digest("base64");
  const known = state.remembered.get(key);
  if (known !== undefined && known.until > state.deps.now() && known.passwordHash === passwordHash) {
    return Promise.resolve(known.isRight);
  }
  // Equal checks from one address share one; those from elsewhere count for elsewhere.
  const shared = `${key} ${question.attempt.address} ${passwordHash ?? ""}`;
  const running = state.running.get(shared) ?? compareAndRemember(state, question, key);
  state.running.set(shared, running);
  return running.finally(() => state.running.delete(shared));
}

async function compareAndRemember(state: State, question: Question, key: string): Promise<boolean> {
  const { deps } = state;
  const passwordHash = question.user?.password_hash ?? null;
  // Counted first, a flood of attempts, none of which is hashed, would fill the counters.
  if (deps.hasher.isFull()) throw tooManyAtOnce();
  await begin(deps, question);
  const isRight = await compare(state, question, passwordHash).catch(async (error: unknown) => {
    // Nothing was compared, so nothing was guessed.
    await deps.failedPasswords.cancel(question.attempt);
    throw error;
  });
  if (isRight) await deps.failedPasswords.succeed(question.attempt);
  count(state, isRight ? "right" : "wrong");
  if (state.remembered.size >= REMEMBERED_MAX) {
    const oldest = state.remembered.keys().next();
    if (oldest.done !== true) state.remembered.delete(oldest.value);
  }
  const until = deps.now() + (isRight ? RIGHT_MS : WRONG_MS);
  state.remembered.set(key, { isRight, passwordHash, until });
  return isRight;
}

async function begin(deps: IdentityDeps, { attempt, actor }: Question): Promise<void> {
  try {
    await deps.failedPasswords.begin(attempt);
  } catch (error) {
    if (isEntrepotError(error, "too-many-requests")) recordLimitedSignIn(deps, actor);
    throw error;
  }
}

async function compare(state: State, question: Question, passwordHash: string | null): Promise<boolean> {
  const { hasher, log } = state.deps;
  const { user, password } = question;
  if (user === undefined || passwordHash === null) {
    await hasher.pretend(password);
    return false;
  }
  const isRight = await hasher.verify(passwordHash, password);
  if (!isRight) log.info("wrong password", { userName: user.name, address: question.attempt.address });
  else if (!hasher.isCurrent(passwordHash)) await renewHash(state, user, password);
  return isRight;
}

/** The parameters of the hash are older than today's. Not worth failing a login for. */
async function renewHash(state: State, user: UserRow, password: string): Promise<void> {
  const { db, hasher, log } = state.deps;
  try {
    const renewed = await hasher.hash(password);
    await db.write(async (trx) => {
      await trx
        .updateTable("users")
        .set({ password_hash: renewed })
        .where("id", "=", user.id)
        .where("password_hash", "=", user.password_hash)
        .execute();
    });
  } catch (error) {
    log.warn("password hash not renewed", { userName: user.name, error });
  }
}

function count(state: State, outcome: "right" | "wrong"): void {
  const meter = state.deps.metrics?.counter("entrepot_logins_total", { outcome });
  if (meter !== undefined) meter.value += 1;
}

function wrong(): EntrepotError {
  return new EntrepotError("credential-invalid", {
    message: "The user name or password is wrong.",
    details: { code: "password-wrong" },
  });
}
