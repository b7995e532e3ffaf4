import { randomUUID } from "node:crypto";
import { EntrepotError, type UserPrincipal } from "@entrepot/core";
import type { Transaction } from "kysely";
import { clientName, type Actor } from "../../changes/index.ts";
import { prepareQuery, type Schema, type SlotOf } from "../../db/index.ts";
import { endApprovedLoginsOf } from "../approved-logins.ts";
import type { Deed, IdentityDeps } from "../identity-deps.ts";
import { checkLastingPassword, type LoginInput } from "../lasting-password.ts";
import type { CheckedUser, PasswordCheck } from "../password-check.ts";
import { recordSignIn } from "../sign-in-events.ts";
import { markRevoked } from "../tokens.ts";
import { userPrincipal } from "../user-principal.ts";
import {
  appendSessionChange,
  endOf,
  endSessionsOf,
  isLive,
  SESSION_IDLE_MS,
  SESSION_MS_MAX,
  type SessionRow,
} from "./session-rows.ts";
import {
  csrfTokenOf,
  loginPasswordOf,
  makeSessionSecret,
  SESSION_RANDOM_BYTES,
  sessionHash,
} from "./session-secret.ts";

/** Somebody who is signed in with a browser. */
export interface Session {
  id: string;
  /** What the browser calls itself. */
  client: string | null;
  /** Where it was started from. */
  address: string;
  createdAt: number;
  /** As of the last minute or so. */
  lastUsedAt: number;
  /** When it ends if it is not used again. */
  endsAt: number;
}

/** A session as the browser that has its cookie sees it. */
export interface OwnSession extends Session {
  principal: UserPrincipal;
  /** To be repeated by requests that change something. */
  csrfToken: string;
  /** Logs clients in under the user names `session` and `bytesafe`. */
  loginPassword: string;
}

/** Browser sessions. They live in the database alone, so that what ends one ends it in every process. */
export interface Sessions {
  /**
   * Signs in with a password; the secret is for the cookie. Throws credential-invalid, too-many-requests, and
   * permission-denied for a one-time password.
   */
  start(input: LoginInput): Promise<{ secret: string; session: OwnSession }>;
  /** Finds the session of a cookie's secret and notes that it is used; null when it ended or never was. */
  find(secret: string): Promise<OwnSession | null>;
  /** Lists the sessions of a user, the oldest first. */
  list(userId: string): Promise<Session[]>;
  /** Ends a session; with `userId`, only one of that user. False when there is none. */
  end(input: Deed & { id: string; userId?: string }): Promise<boolean>;
  /** Ends all sessions of a user, and with `tokens` all tokens that logins of theirs made, or would make. */
  endAll(input: Deed & { userId: string; tokens: boolean }): Promise<{ sessions: number; tokens: number }>;
  /** Whose login password this is. Throws credential-invalid with `session-ended` when the session is over. */
  userOfLoginPassword(password: string): Promise<CheckedUser>;
}

const SESSIONS_PER_USER_MAX = 50;
/** A minute's precision spares a write with every request. */
const USE_MS = 60_000;

interface UserColumns {
  name: string;
  role: UserPrincipal["role"];
  disabled_at: number | null;
  must_change_password: 0 | 1;
}

type FoundRow = SessionRow & UserColumns;
type FindRow = (values: { workspaceId: string; hash: string }) => Promise<FoundRow[]>;

/** Makes the sessions. */
export function createSessions(deps: IdentityDeps, passwords: PasswordCheck): Sessions {
  const bySecret = finder(deps, "secret_hash");
  const byPassword = finder(deps, "login_password_hash");
  return {
    start: (input) => start(deps, passwords, input),
    find: (secret) => find(deps, bySecret, secret),
    list: (userId) => list(deps, userId),
    end: (input) => end(deps, input),
    endAll: (input) => endAll(deps, input),
    userOfLoginPassword: (password) => userOfLoginPassword(deps, byPassword, password),
  };
}

function finder(deps: IdentityDeps, column: "secret_hash" | "login_password_hash"): FindRow {
  return prepareQuery(deps.db.read, (slot: SlotOf<{ workspaceId: string; hash: string }>) =>
    deps.db.read
      .selectFrom("sessions")
      .innerJoin("users", "users.id", "sessions.user_id")
      .selectAll("sessions")
      .select(["users.name", "users.role", "users.disabled_at", "users.must_change_password"])
      .where(`sessions.${column}`, "=", slot("hash"))
      .where("sessions.workspace_id", "=", slot("workspaceId")),
  );
}

async function start(
  deps: IdentityDeps,
  passwords: PasswordCheck,
  input: LoginInput,
): Promise<{ secret: string; session: OwnSession }> {
  const user = await checkLastingPassword(deps, passwords, input);
  const at = deps.now();
  const secret = makeSessionSecret(deps.random(SESSION_RANDOM_BYTES));
  const row: SessionRow = {
    id: randomUUID(),
    workspace_id: deps.workspaceId,
    user_id: user.id,
    secret_hash: sessionHash(secret),
    login_password_hash: sessionHash(loginPasswordOf(secret)),
    client: clientName(input.client),
    address: input.address,
    created_at: at,
    last_used_at: at,
    ended_at: null,
  };
  const actor: Actor = {
    name: user.name,
    credential: "password",
    address: input.address,
    client: clientName(input.client),
  };
  await deps.db.write(async (trx) => {
    await endOldest(trx, row);
    await trx.insertInto("sessions").values(row).execute();
    await appendSessionChange(trx, aboutOf(row), { actor, at, what: "started" });
  });
  recordSignIn(deps, "signed-in", { actor, sessionId: row.id });
  deps.log.info("browser signed in", { userName: user.name, address: input.address, client: input.client });
  const columns = { name: user.name, role: user.role, disabled_at: null, must_change_password: 0 as const };
  return { secret, session: ownSessionOf({ ...row, ...columns }, secret) };
}

// A script that signs in again and again must not fill the table.
async function endOldest(trx: Transaction<Schema>, row: SessionRow): Promise<void> {
  const old = await trx
    .selectFrom("sessions")
    .select("id")
    .where("user_id", "=", row.user_id)
    .where("ended_at", "is", null)
    .orderBy("last_used_at", "desc")
    .limit(10)
    .offset(SESSIONS_PER_USER_MAX - 1)
    .execute();
  if (old.length === 0) return;
  const ids = old.map(({ id }) => id);
  await trx.updateTable("sessions").set({ ended_at: row.created_at }).where("id", "in", ids).execute();
}

async function find(deps: IdentityDeps, findRow: FindRow, secret: string): Promise<OwnSession | null> {
  const [row] = await findRow({ workspaceId: deps.workspaceId, hash: sessionHash(secret) });
  const at = deps.now();
  if (row === undefined || row.disabled_at !== null || !isLive(row, at)) return null;
  if (at - row.last_used_at < USE_MS) return ownSessionOf(row, secret);
  await noteUse(deps, row, at);
  return ownSessionOf({ ...row, last_used_at: at }, secret);
}

// A session that works is not refused because its use cannot be written down.
async function noteUse(deps: IdentityDeps, row: SessionRow, at: number): Promise<void> {
  try {
    await deps.db.write((trx) =>
      trx
        .updateTable("sessions")
        .set({ last_used_at: at })
        .where("id", "=", row.id)
        .where("last_used_at", "<", at)
        .execute(),
    );
  } catch (error) {
    deps.log.warn("use of a session not written", { error });
  }
}

async function list(deps: IdentityDeps, userId: string): Promise<Session[]> {
  const at = deps.now();
  const rows = await deps.db.read
    .selectFrom("sessions")
    .selectAll()
    .where("workspace_id", "=", deps.workspaceId)
    .where("user_id", "=", userId)
    .where("ended_at", "is", null)
    .where("created_at", ">", at - SESSION_MS_MAX)
    .where("last_used_at", ">", at - SESSION_IDLE_MS)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  return rows.map(sessionOf);
}

async function end(deps: IdentityDeps, input: Deed & { id: string; userId?: string }): Promise<boolean> {
  const at = deps.now();
  const row = await deps.db.write(async (trx) => {
    const found = await trx
      .selectFrom("sessions")
      .selectAll()
      .where("id", "=", input.id)
      .where("workspace_id", "=", deps.workspaceId)
      .executeTakeFirst();
    if (found === undefined || !isLive(found, at)) return null;
    if (input.userId !== undefined && found.user_id !== input.userId) return null;
    await trx.updateTable("sessions").set({ ended_at: at }).where("id", "=", found.id).execute();
    await appendSessionChange(trx, aboutOf(found), { actor: input.actor, at, what: "ended" });
    return found;
  });
  if (row !== null) recordSignIn(deps, "signed-out", { actor: input.actor, sessionId: row.id });
  return row !== null;
}

async function endAll(
  deps: IdentityDeps,
  { userId, tokens, actor }: Deed & { userId: string; tokens: boolean },
): Promise<{ sessions: number; tokens: number }> {
  const at = deps.now();
  return await deps.db.write(async (trx) => {
    const sessions = await endSessionsOf(trx, { userId, at });
    const rows = tokens ? await loginTokensOf(trx, userId) : [];
    if (tokens) await endApprovedLoginsOf(trx, userId);
    for (const row of rows) await markRevoked(trx, row, { actor, at });
    const about = { workspaceId: deps.workspaceId, userId, sessionId: null };
    await appendSessionChange(trx, about, { actor, at, what: "ended" });
    return { sessions, tokens: rows.length };
  });
}

async function loginTokensOf(trx: Transaction<Schema>, userId: string) {
  return await trx
    .selectFrom("tokens")
    .selectAll()
    .where("user_id", "=", userId)
    .where("kind", "=", "login")
    .where("revoked_at", "is", null)
    .execute();
}

async function userOfLoginPassword(
  deps: IdentityDeps,
  findRow: FindRow,
  password: string,
): Promise<CheckedUser> {
  const [row] = await findRow({ workspaceId: deps.workspaceId, hash: sessionHash(password) });
  if (row === undefined || row.disabled_at !== null || !isLive(row, deps.now())) throw sessionEnded();
  return {
    id: row.user_id,
    name: row.name,
    role: row.role,
    mustChangePassword: row.must_change_password === 1,
  };
}

/** The error for whoever comes with a session that is over. */
export function sessionEnded(): EntrepotError {
  return new EntrepotError("credential-invalid", {
    message: "The session ended; sign in to the web site again.",
    details: { code: "session-ended" },
  });
}

function aboutOf(row: SessionRow): { workspaceId: string; userId: string; sessionId: string } {
  return { workspaceId: row.workspace_id, userId: row.user_id, sessionId: row.id };
}

function sessionOf(row: SessionRow): Session {
  return {
    id: row.id,
    client: row.client,
    address: row.address,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    endsAt: endOf(row),
  };
}

function ownSessionOf(row: FoundRow, secret: string): OwnSession {
  const { user_id: id, name, role } = row;
  const principal = userPrincipal(
    { id, name, role, mustChangePassword: row.must_change_password === 1 },
    "session",
  );
  return {
    ...sessionOf(row),
    principal,
    csrfToken: csrfTokenOf(secret),
    loginPassword: loginPasswordOf(secret),
  };
}
