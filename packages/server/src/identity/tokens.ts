import { EntrepotError } from "@entrepot/core";
import type { Selectable, Transaction } from "kysely";
import { appendChange, type Actor } from "../changes/index.ts";
import type { Schema } from "../db/index.ts";
import { pageLimit, pageOf } from "./identity-deps.ts";
import type { IdentityDeps, Page } from "./identity-deps.ts";
import { scopeOfColumns, type TokenScope } from "./token-scope.ts";
import { isTokenSecret, tokenHash } from "./token-secret.ts";

/**
 * How a token came to be: made by a person for themselves (`personal`) or for a pipeline (`ci`), minted by a login, or
 * a key for one or more registries (`feed`) or for the server (`system`), which may belong to nobody. Those of a user
 * end with the user.
 */
export type TokenKind = Schema["tokens"]["kind"];

/** A token without its secret. */
export interface Token {
  id: string;
  kind: TokenKind;
  /** Null for a key that belongs to nobody. */
  userId: string | null;
  userName: string | null;
  name: string;
  description: string;
  /** Last characters of the secret. */
  hint: string;
  scope: TokenScope;
  createdAt: number;
  expiresAt: number | null;
  /** As of the last minute or so. */
  lastUsedAt: number | null;
  lastUsedAddress: string | null;
  /** What of its requests is recorded in the audit trail. */
  logLevel: TokenRow["log_level"];
}

/** A token and, this once, its secret. */
export interface NewToken extends Token {
  secret: string;
}

/** A row of the table. */
export type TokenRow = Selectable<Schema["tokens"]>;

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

/** Lists tokens that can be used, the oldest first; of one user or of all. */
export async function listTokens(
  deps: Pick<IdentityDeps, "db" | "workspaceId" | "now">,
  input: { userId?: string; after?: string | null; limit?: number } = {},
): Promise<Page<Token>> {
  const limit = pageLimit(input.limit);
  const after = cursorOf(input.after ?? null);
  let query = deps.db.read
    .selectFrom("tokens")
    .leftJoin("users", "users.id", "tokens.user_id")
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
  if (match === null) {
    throw new EntrepotError("request-invalid", { message: "This is not a cursor that a list gave out." });
  }
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
  input: { token: string; userId?: string; actor: Actor },
): Promise<boolean> {
  return (await endToken(deps, input)) !== null;
}

/** Does the same and tells which token it was, and who did it; null when there is none. */
export async function endToken(
  deps: Pick<IdentityDeps, "db" | "workspaceId" | "now">,
  input: { token: string; userId?: string; actor: Actor | OwnActor },
): Promise<{ tokenId: string; actor: Actor } | null> {
  return deps.db.write(async (trx) => {
    const column = isTokenSecret(input.token) ? "secret_hash" : "id";
    const value = column === "id" ? input.token : tokenHash(input.token);
    let query = trx
      .selectFrom("tokens")
      .leftJoin("users", "users.id", "tokens.user_id")
      .selectAll("tokens")
      .select("users.name as user_name")
      .where(`tokens.${column}`, "=", value)
      .where("tokens.workspace_id", "=", deps.workspaceId)
      .where("revoked_at", "is", null);
    if (input.userId !== undefined) query = query.where("user_id", "=", input.userId);
    const row = await query.executeTakeFirst();
    if (row === undefined) return null;
    const actor = { name: row.user_name ?? `key ${row.name}`, credential: row.id, ...input.actor };
    await markRevoked(trx, row, { actor, at: deps.now() });
    return { tokenId: row.id, actor };
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

/** Ends a token in this transaction. */
export async function markRevoked(
  trx: Transaction<Schema>,
  row: TokenRow,
  change: { actor: Actor; at: number },
): Promise<void> {
  await trx.updateTable("tokens").set({ revoked_at: change.at }).where("id", "=", row.id).execute();
  await appendTokenChange(trx, row, { ...change, what: "revoked" });
}

/** Ends all tokens of a user, whose own change tells everybody. */
export async function endTokensOf(
  trx: Transaction<Schema>,
  { userId, at }: { userId: string; at: number },
): Promise<void> {
  await trx
    .updateTable("tokens")
    .set({ revoked_at: at })
    .where("user_id", "=", userId)
    .where("revoked_at", "is", null)
    .execute();
}

/** Logs what happened to a token. */
export async function appendTokenChange(
  trx: Transaction<Schema>,
  row: TokenRow,
  change: { actor: Actor; at: number; what: "created" | "revoked" | "rotated" },
): Promise<void> {
  await appendChange(trx, {
    workspaceId: row.workspace_id,
    registryId: null,
    packageName: null,
    kind: "token-changed",
    actor: change.actor,
    at: change.at,
    detail: {
      tokenId: row.id,
      userId: row.user_id,
      name: row.name,
      what: change.what,
      ...(change.what === "created"
        ? { tokenKind: row.kind, scope: scopeOfColumns(row), expiresAt: row.expires_at }
        : {}),
    },
  });
}

/** A row as others see it. */
export function tokenOf(row: TokenRow & { user_name: string | null }): Token {
  return {
    id: row.id,
    kind: row.kind,
    userId: row.user_id,
    userName: row.user_name,
    name: row.name,
    description: row.description,
    hint: row.hint,
    scope: scopeOfColumns(row),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    lastUsedAddress: row.last_used_address,
    logLevel: row.log_level,
  };
}
