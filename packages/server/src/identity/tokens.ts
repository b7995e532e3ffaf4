import { randomUUID } from "node:crypto";
import { EntrepotError } from "@entrepot/core";
import { sql } from "kysely";
import type { Selectable, Transaction } from "kysely";
import { appendChange, type Actor } from "../changes/index.ts";
import { withoutNul, type Schema } from "../db/index.ts";
import { pageLimit, pageOf } from "./identity-deps.ts";
import type { Deed, IdentityDeps, Page } from "./identity-deps.ts";
import { TOKEN_RANDOM_BYTES, isTokenSecret, makeTokenSecret, tokenHash, tokenHint } from "./token-secret.ts";

/** A token without its secret. */
export interface Token {
  id: string;
  userId: string;
  userName: string;
  name: string;
  /** Last characters of the secret. */
  hint: string;
  readonly: boolean;
  createdAt: number;
  expiresAt: number | null;
  /** As of the last minute or so. */
  lastUsedAt: number | null;
}

/** A token and, this once, its secret. */
export interface NewToken extends Token {
  secret: string;
}

/** What a new token is to be. */
export interface TokenRequest extends Deed {
  userId: string;
  name: string;
  readonly: boolean;
  /** The new token ends no later than the one it is made with. */
  expiresAt: number | null;
  /** Id of the token that the request came with; null or left out when it came with a password. */
  madeWith?: string | null;
}

type TokenRow = Selectable<Schema["tokens"]>;
type TokenDeps = Pick<IdentityDeps, "db" | "workspaceId" | "now" | "random">;

const NAME_CHARACTERS_MAX = 200;
const TOKENS_PER_USER_MAX = 1000;

/** Names of tokens that a login made; the oldest make room for new ones. */
const LOGIN_PREFIX = "login: ";

/** How long a token that ended can still be told from one that never was. The change log names it for ever. */
const ENDED_KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** Tells whether a token was ever made, those that are gone included. */
export async function hasTokens(deps: Pick<IdentityDeps, "db" | "workspaceId">): Promise<boolean> {
  const found = await deps.db.read
    .selectFrom("changes")
    .select("seq")
    .where("workspace_id", "=", deps.workspaceId)
    .where("kind", "=", "token-changed")
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/**
 * Creates a token that may do no more, and lives no longer, than the one it is made with. Throws request-invalid for a
 * bad name or end, or for too many tokens; not-found for no such user; permission-denied for more than `madeWith` may.
 */
export async function createToken(deps: TokenDeps, input: TokenRequest): Promise<NewToken> {
  const at = deps.now();
  if (input.name.trim() === "" || input.name.length > NAME_CHARACTERS_MAX) {
    throw refusal(`A token's name has 1 to ${NAME_CHARACTERS_MAX} characters.`);
  }
  if (input.name.startsWith(LOGIN_PREFIX)) {
    throw refusal(`A token's name must not start with "${LOGIN_PREFIX}".`);
  }
  if (input.expiresAt !== null && !(input.expiresAt > at)) {
    throw refusal("A token must expire in the future.");
  }
  return writeToken(deps, input, { at, makeRoom: false });
}

/** Creates the token that a login answers with. */
export async function createLoginToken(
  deps: TokenDeps,
  input: { userId: string; actor: Actor; client: string },
): Promise<NewToken> {
  const name = `${LOGIN_PREFIX}${input.client}`.slice(0, NAME_CHARACTERS_MAX);
  const request = { userId: input.userId, actor: input.actor, name, readonly: false, expiresAt: null };
  return writeToken(deps, request, { at: deps.now(), makeRoom: true });
}

async function writeToken(
  deps: TokenDeps,
  input: TokenRequest,
  how: { at: number; makeRoom: boolean },
): Promise<NewToken> {
  const secret = makeTokenSecret(deps.random(TOKEN_RANDOM_BYTES));
  const row: TokenRow = {
    id: randomUUID(),
    workspace_id: deps.workspaceId,
    user_id: input.userId,
    name: withoutNul(input.name),
    secret_hash: tokenHash(secret),
    hint: tokenHint(secret),
    readonly: input.readonly ? 1 : 0,
    created_at: how.at,
    expires_at: input.expiresAt,
    last_used_at: null,
    revoked_at: null,
  };
  const written = await deps.db.write(async (trx) => {
    const name = await requireUserName(trx, row);
    if (how.makeRoom) await revokeOldLogins(trx, row, input.actor);
    else await assertRoom(trx, row);
    const allowed = await withinItsMaker(trx, row, input.madeWith ?? null);
    await trx.insertInto("tokens").values(allowed).execute();
    await appendTokenChange(trx, allowed, { actor: input.actor, at: how.at, what: "created" });
    return { ...allowed, user_name: name };
  });
  return { ...tokenOf(written), secret };
}

// Who found a token that ends tomorrow must not make one of it that never does.
async function withinItsMaker(
  trx: Transaction<Schema>,
  row: TokenRow,
  makerId: string | null,
): Promise<TokenRow> {
  if (makerId === null) return row;
  const maker = await trx
    .selectFrom("tokens")
    .select(["readonly", "expires_at"])
    .where("id", "=", makerId)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  if (maker === undefined || (maker.readonly === 1 && row.readonly === 0)) {
    throw new EntrepotError("permission-denied", {
      message: "A token cannot make one that may do more than itself; log in with your password for that.",
    });
  }
  if (maker.expires_at === null) return row;
  return { ...row, expires_at: Math.min(maker.expires_at, row.expires_at ?? Infinity) };
}

async function requireUserName(trx: Transaction<Schema>, row: TokenRow): Promise<string> {
  const user = await trx
    .selectFrom("users")
    .select("name")
    .where("id", "=", row.user_id)
    .where("workspace_id", "=", row.workspace_id)
    .where("disabled_at", "is", null)
    .executeTakeFirst();
  if (user === undefined) throw new EntrepotError("not-found", { message: "There is no such active user." });
  return user.name;
}

async function assertRoom(trx: Transaction<Schema>, row: TokenRow): Promise<void> {
  const { count } = await trx
    .selectFrom("tokens")
    .select((select) => select.fn.countAll<number | string>().as("count"))
    .where("user_id", "=", row.user_id)
    .where("revoked_at", "is", null)
    .executeTakeFirstOrThrow();
  if (Number(count) >= TOKENS_PER_USER_MAX) {
    throw refusal(`This user has ${TOKENS_PER_USER_MAX} tokens, which is the most; revoke some first.`);
  }
}

/** A machine that logs in on each run would else fill its user's tokens and then be refused. */
async function revokeOldLogins(trx: Transaction<Schema>, row: TokenRow, actor: Actor): Promise<void> {
  const old = await trx
    .selectFrom("tokens")
    .selectAll()
    .where("user_id", "=", row.user_id)
    .where("revoked_at", "is", null)
    .where("name", "like", `${LOGIN_PREFIX}%`)
    .orderBy(sql`coalesce(last_used_at, created_at)`, "desc")
    .limit(10)
    .offset(TOKENS_PER_USER_MAX - 1)
    .execute();
  for (const token of old) await markRevoked(trx, token, { actor, at: row.created_at });
}

/** Lists tokens that can be used, the oldest first; of one user or of all. */
export async function listTokens(
  deps: Pick<IdentityDeps, "db" | "workspaceId" | "now">,
  input: { userId?: string; after?: string | null; limit?: number } = {},
): Promise<Page<Token>> {
  const limit = pageLimit(input.limit);
  const after = cursorOf(input.after ?? null);
  let query = deps.db.read
    .selectFrom("tokens")
    .innerJoin("users", "users.id", "tokens.user_id")
    .selectAll("tokens")
    .select("users.name as user_name")
    .where("tokens.workspace_id", "=", deps.workspaceId)
    .where("tokens.revoked_at", "is", null)
    .where((on) => on.or([on("tokens.expires_at", "is", null), on("tokens.expires_at", ">", deps.now())]));
  if (input.userId !== undefined) query = query.where("tokens.user_id", "=", input.userId);
  if (after !== null) {
    const { at, id } = after;
    query = query.where((on) =>
      on.or([
        on("tokens.created_at", ">", at),
        on.and([on("tokens.created_at", "=", at), on("tokens.id", ">", id)]),
      ]),
    );
  }
  const rows = await query
    .orderBy("tokens.created_at")
    .orderBy("tokens.id")
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, { item: tokenOf, cursor: (row) => `${row.created_at}.${row.id}` });
}

function cursorOf(after: string | null): { at: number; id: string } | null {
  if (after === null) return null;
  const match = /^(\d{1,15})\.(.{1,64})$/.exec(after);
  if (match === null) throw refusal("This is not a cursor that a list gave out.");
  return { at: Number(match[1]), id: match[2] ?? "" };
}

/** Whoever shows nothing but the token itself: its user. */
type OwnActor = Pick<Actor, "address" | "client">;

/**
 * Revokes a token by its id or by its secret. With `userId`, only a token of that user. Resolves with false
 * when there
 * is none, or none any more.
 */
export async function revokeToken(
  deps: Pick<IdentityDeps, "db" | "workspaceId" | "now">,
  input: { token: string; userId?: string; actor: Actor | OwnActor },
): Promise<boolean> {
  return deps.db.write(async (trx) => {
    const column = isTokenSecret(input.token) ? "secret_hash" : "id";
    const value = column === "id" ? input.token : tokenHash(input.token);
    let query = trx
      .selectFrom("tokens")
      .innerJoin("users", "users.id", "tokens.user_id")
      .selectAll("tokens")
      .select("users.name as user_name")
      .where(`tokens.${column}`, "=", value)
      .where("tokens.workspace_id", "=", deps.workspaceId)
      .where("revoked_at", "is", null);
    if (input.userId !== undefined) query = query.where("user_id", "=", input.userId);
    const row = await query.executeTakeFirst();
    if (row === undefined) return false;
    const actor = { name: row.user_name, credential: row.id, ...input.actor };
    await markRevoked(trx, row, { actor, at: deps.now() });
    return true;
  });
}

/** Deletes tokens that were revoked or expired 30 days ago or earlier; gives their number. */
export async function purgeTokens(deps: Pick<IdentityDeps, "db" | "now">): Promise<number> {
  const until = deps.now() - ENDED_KEPT_MS;
  const { numDeletedRows } = await deps.db.write((trx) =>
    trx
      .deleteFrom("tokens")
      .where((on) => on.or([on("revoked_at", "<=", until), on("expires_at", "<=", until)]))
      .executeTakeFirstOrThrow(),
  );
  return Number(numDeletedRows);
}

async function markRevoked(
  trx: Transaction<Schema>,
  row: TokenRow,
  change: { actor: Actor; at: number },
): Promise<void> {
  await trx.updateTable("tokens").set({ revoked_at: change.at }).where("id", "=", row.id).execute();
  await appendTokenChange(trx, row, { ...change, what: "revoked" });
}

async function appendTokenChange(
  trx: Transaction<Schema>,
  row: TokenRow,
  change: { actor: Actor; at: number; what: "created" | "revoked" },
): Promise<void> {
  await appendChange(trx, {
    workspaceId: row.workspace_id,
    registryId: null,
    packageName: null,
    kind: "token-changed",
    actor: change.actor,
    at: change.at,
    detail: { tokenId: row.id, userId: row.user_id, name: row.name, what: change.what },
  });
}

function tokenOf(row: TokenRow & { user_name: string }): Token {
  return {
    id: row.id,
    userId: row.user_id,
    userName: row.user_name,
    name: row.name,
    hint: row.hint,
    readonly: row.readonly === 1,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}

function refusal(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}
