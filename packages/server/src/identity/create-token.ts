import { randomUUID } from "node:crypto";
import { EntrepotError } from "@entrepot/core";
import { sql } from "kysely";
import type { Transaction } from "kysely";
import type { Actor } from "../changes/index.ts";
import { isUniqueViolation, withoutNul, type Schema } from "../db/index.ts";
import type { Deed, IdentityDeps } from "./identity-deps.ts";
import {
  checkedScope,
  columnsOfScope,
  narrowed,
  scopeOfColumns,
  UNLIMITED,
  type TokenScope,
} from "./token-scope.ts";
import { TOKEN_RANDOM_BYTES, makeTokenSecret, tokenHash, tokenHint } from "./token-secret.ts";
import {
  appendTokenChange,
  markRevoked,
  tokenOf,
  type NewToken,
  type TokenKind,
  type TokenRow,
} from "./tokens.ts";
import { assertTypedKey } from "./typed-keys.ts";

/** What a new token is to be. */
export interface TokenRequest extends Deed {
  /** Whose it is; null for a key of nobody's, which then needs permissions of its own. */
  userId: string | null;
  kind: Exclude<TokenKind, "login">;
  name: string;
  description?: string;
  scope: TokenScope;
  /** What of its requests is recorded; nothing when left out. */
  logLevel?: TokenRow["log_level"];
  /** A value that somebody chose, where that is allowed; else one is made up. */
  value?: string;
  /** The new token ends no later than the one it is made with. */
  expiresAt: number | null;
  /** Id of the token that the request came with; null or left out when it came with a password. */
  madeWith?: string | null;
}

/** Which token is made anew, and with what. */
export interface TokenRotation extends Deed {
  id: string;
  userId?: string;
  kinds?: readonly string[];
  overlapMs: number;
  /** Id of the token that the request came with; null when it came with a password or a session. */
  madeWith: string | null;
  /** True when whoever does it may have what is an owner's. */
  isByOwner: boolean;
}

type TokenDeps = Pick<IdentityDeps, "db" | "workspaceId" | "now" | "random" | "fingerprint">;

const NAME_CHARACTERS_MAX = 200;
const DESCRIPTION_CHARACTERS_MAX = 1000;
const TOKENS_PER_USER_MAX = 1000;
const TYPED_HINT_CHARACTERS = 2;
/** Names of tokens that a login made. */
const LOGIN_PREFIX = "login: ";

/**
 * Creates a token that may do no more, and lives no longer, than the one it is made with. Throws request-invalid for a
 * bad name, end or scope, or for too many tokens; not-found for no such user; permission-denied for more than `madeWith`
 * may.
 */
export async function createToken(deps: TokenDeps, input: TokenRequest): Promise<NewToken> {
  const at = deps.now();
  if (input.name.trim() === "" || input.name.length > NAME_CHARACTERS_MAX) {
    throw refusal(`A token's name has 1 to ${NAME_CHARACTERS_MAX} characters.`);
  }
  if ((input.description ?? "").length > DESCRIPTION_CHARACTERS_MAX) {
    throw refusal(`A token's description has at most ${DESCRIPTION_CHARACTERS_MAX} characters.`);
  }
  if (input.expiresAt !== null && !(input.expiresAt > at)) {
    throw refusal("A token must expire in the future.");
  }
  if (input.userId === null && input.scope.permissions === null) {
    throw refusal("A key that belongs to nobody needs permissions of its own.");
  }
  const scope = checkedScope(input.scope);
  return await writeToken(deps, { ...input, scope }, { at, makeRoom: false });
}

/** Creates the token that a login answers with, and does `alongside` first, in the same transaction. */
export async function createLoginToken(
  deps: TokenDeps,
  input: { userId: string; actor: Actor; client: string; scope?: TokenScope; madeWith?: string | null },
  alongside?: (trx: Transaction<Schema>) => Promise<void>,
): Promise<NewToken> {
  const { userId, actor, client, scope = UNLIMITED, madeWith = null } = input;
  const name = `${LOGIN_PREFIX}${client}`.slice(0, NAME_CHARACTERS_MAX);
  const request = { userId, actor, name, scope, madeWith, kind: "login", expiresAt: null } as const;
  const how = { at: deps.now(), makeRoom: true };
  return await writeToken(deps, request, alongside === undefined ? how : { ...how, alongside });
}

type WrittenToken = Omit<TokenRequest, "kind"> & { kind: TokenKind };

async function writeToken(
  deps: TokenDeps,
  input: WrittenToken,
  how: { at: number; makeRoom: boolean; alongside?: (trx: Transaction<Schema>) => Promise<void> },
): Promise<NewToken> {
  const secret = input.value ?? makeTokenSecret(deps.random(TOKEN_RANDOM_BYTES));
  const row = newRow(deps, input, { secret, at: how.at });
  const written = await writeUnique(deps.db, async (trx) => {
    await how.alongside?.(trx);
    const userName = row.user_id === null ? null : await requireUserName(trx, row);
    if (how.makeRoom) await revokeOldLogins(trx, row, input.actor);
    else await assertRoom(trx, row, how.at);
    const allowed = await withinItsMaker(trx, row, input.madeWith ?? null);
    await trx.insertInto("tokens").values(allowed).execute();
    await appendTokenChange(trx, allowed, { actor: input.actor, at: how.at, what: "created" });
    return { ...allowed, user_name: userName };
  });
  return { ...tokenOf(written), secret };
}

// Only a value that somebody chose can be there already.
async function writeUnique<T>(
  db: TokenDeps["db"],
  work: (trx: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  try {
    return await db.write(work);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new EntrepotError("name-taken", {
      message: "This value cannot be taken; choose another one.",
      cause: error,
    });
  }
}

function newRow(
  deps: TokenDeps,
  input: WrittenToken,
  { secret, at }: { secret: string; at: number },
): TokenRow {
  return {
    id: randomUUID(),
    workspace_id: deps.workspaceId,
    user_id: input.userId,
    kind: input.kind,
    name: withoutNul(input.name),
    description: withoutNul(input.description ?? ""),
    ...keptOf(deps, input.value, secret),
    ...columnsOfScope(input.scope),
    created_at: at,
    expires_at: input.expiresAt,
    last_used_at: null,
    last_used_address: null,
    log_level: input.logLevel ?? "none",
    revoked_at: null,
  };
}

function keptOf(
  { fingerprint }: TokenDeps,
  value: string | undefined,
  secret: string,
): Pick<TokenRow, "secret_hash" | "hint"> {
  if (value === undefined) return { secret_hash: tokenHash(secret), hint: tokenHint(secret) };
  if (fingerprint === null) {
    throw refusal(
      "The value of a key cannot be chosen here; set typedKeys in the configuration to allow it.",
    );
  }
  assertTypedKey(value);
  // Of a short value, little may be shown.
  return { secret_hash: fingerprint(value), hint: value.slice(-TYPED_HINT_CHARACTERS) };
}

/**
 * Makes a token anew, with another secret and the same everything else, as far as the token allows that it is done with;
 * the old one goes on for `overlapMs`, so that whoever uses it can be told the new one in peace. With `userId`, only a
 * token of that user; with `kinds`, only one of these. Throws not-found, and permission-denied for more than `madeWith`.
 */
export async function rotateToken(deps: TokenDeps, input: TokenRotation): Promise<NewToken> {
  const secret = makeTokenSecret(deps.random(TOKEN_RANDOM_BYTES));
  const at = deps.now();
  const written = await deps.db.write(async (trx) => {
    const old = await requireToken(trx, { ...input, workspaceId: deps.workspaceId, at });
    await assertRoom(trx, old, at);
    const row = await withinItsMaker(trx, renewed(old, { secret, at }), input.madeWith);
    const userName = row.user_id === null ? null : await requireUserName(trx, row);
    if (!input.isByOwner) await assertNoOwners(trx, row);
    await trx.insertInto("tokens").values(row).execute();
    const until = Math.min(old.expires_at ?? Infinity, at + input.overlapMs);
    await trx.updateTable("tokens").set({ expires_at: until }).where("id", "=", old.id).execute();
    await appendTokenChange(trx, old, { actor: input.actor, at, what: "rotated" });
    await appendTokenChange(trx, row, { actor: input.actor, at, what: "created" });
    return { ...row, user_name: userName };
  });
  return { ...tokenOf(written), secret };
}

function renewed(old: TokenRow, { secret, at }: { secret: string; at: number }): TokenRow {
  return {
    ...old,
    id: randomUUID(),
    secret_hash: tokenHash(secret),
    hint: tokenHint(secret),
    created_at: at,
    last_used_at: null,
    last_used_address: null,
  };
}

async function requireToken(
  trx: Transaction<Schema>,
  wanted: Pick<TokenRotation, "id" | "userId" | "kinds"> & { workspaceId: string; at: number },
): Promise<TokenRow> {
  const { id, userId, kinds, workspaceId, at } = wanted;
  const row = await trx
    .selectFrom("tokens")
    .selectAll()
    .where("id", "=", id)
    .where("workspace_id", "=", workspaceId)
    .where("revoked_at", "is", null)
    .where((on) => on.or([on("expires_at", "is", null), on("expires_at", ">", at)]))
    .executeTakeFirst();
  const isMeant =
    (userId === undefined || row?.user_id === userId) &&
    (kinds === undefined || kinds.includes(row?.kind ?? ""));
  if (row !== undefined && isMeant) return row;
  throw new EntrepotError("not-found", { message: "There is no usable token with this id." });
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
    .selectAll()
    .where("id", "=", makerId)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  if (maker === undefined) {
    throw new EntrepotError("permission-denied", {
      message: "The token of this request was revoked just now.",
    });
  }
  const scope = narrowed(scopeOfColumns(row), scopeOfColumns(maker));
  const limited = { ...row, ...columnsOfScope(scope) };
  if (maker.expires_at === null) return limited;
  return { ...limited, expires_at: Math.min(maker.expires_at, row.expires_at ?? Infinity) };
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

async function assertNoOwners(trx: Transaction<Schema>, row: TokenRow): Promise<void> {
  if (row.user_id === null) return;
  const user = await trx.selectFrom("users").select("role").where("id", "=", row.user_id).executeTakeFirst();
  if (user?.role !== "owner") return;
  throw new EntrepotError("permission-denied", {
    message: "Only an owner gets a new secret of an owner's key.",
  });
}

async function assertRoom(trx: Transaction<Schema>, row: TokenRow, at: number): Promise<void> {
  const { count } = await trx
    .selectFrom("tokens")
    .select((select) => select.fn.countAll<number | string>().as("count"))
    .where("workspace_id", "=", row.workspace_id)
    .where("user_id", row.user_id === null ? "is" : "=", row.user_id)
    .where("revoked_at", "is", null)
    .where((on) => on.or([on("expires_at", "is", null), on("expires_at", ">", at)]))
    .executeTakeFirstOrThrow();
  if (Number(count) >= TOKENS_PER_USER_MAX) {
    const whose = row.user_id === null ? "keys that belong to nobody" : "tokens of this user";
    throw refusal(`There are ${TOKENS_PER_USER_MAX} ${whose}, which is the most; revoke some first.`);
  }
}

/** A machine that logs in on each run would else fill its user's tokens and then be refused. */
async function revokeOldLogins(trx: Transaction<Schema>, row: TokenRow, actor: Actor): Promise<void> {
  const old = await trx
    .selectFrom("tokens")
    .selectAll()
    .where("user_id", "=", row.user_id)
    .where("revoked_at", "is", null)
    .where("kind", "=", "login")
    .orderBy(sql`coalesce(last_used_at, created_at)`, "desc")
    .limit(10)
    .offset(TOKENS_PER_USER_MAX - 1)
    .execute();
  for (const token of old) await markRevoked(trx, token, { actor, at: row.created_at });
}

function refusal(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}
