import { EntrepotError } from "@entrepot/core";
import type { Principal, Role } from "@entrepot/core";
import { prepareQuery } from "../db/index.ts";
import type { SlotOf } from "../db/index.ts";
import type { IdentityDeps } from "./identity-deps.ts";
import { tokenHash } from "./token-secret.ts";
import { foldUserName } from "./user-name.ts";

/** A token that may be used, and who uses it. */
export interface FoundToken {
  principal: Extract<Principal, { kind: "user" }>;
  expiresAt: number | null;
  lastUsedAt: number | null;
}

/** Finds whose token a secret is. Throws credential-invalid, saying why, when it may not be used. */
export type FindToken = (input: { secret: string; userName: string | null }) => Promise<FoundToken>;

interface Row {
  token_id: string;
  readonly: 0 | 1;
  expires_at: number | null;
  last_used_at: number | null;
  revoked_at: number | null;
  user_id: string;
  name: string;
  role: Role;
  disabled_at: number | null;
}

/** Makes the lookup: one indexed query, compiled once. */
export function createTokenLookup(deps: Pick<IdentityDeps, "db" | "workspaceId" | "now">): FindToken {
  const find = prepareQuery(deps.db.read, (slot: SlotOf<{ workspaceId: string; hash: string }>) =>
    deps.db.read
      .selectFrom("tokens")
      .innerJoin("users", "users.id", "tokens.user_id")
      .select([
        "tokens.id as token_id",
        "tokens.readonly",
        "tokens.expires_at",
        "tokens.last_used_at",
        "tokens.revoked_at",
        "users.id as user_id",
        "users.name",
        "users.role",
        "users.disabled_at",
      ])
      .where("tokens.secret_hash", "=", slot("hash"))
      .where("tokens.workspace_id", "=", slot("workspaceId")),
  );
  return async ({ secret, userName }) => {
    const [row] = await find({ workspaceId: deps.workspaceId, hash: tokenHash(secret) });
    return foundToken(row, { userName, at: deps.now() });
  };
}

function foundToken(row: Row | undefined, asked: { userName: string | null; at: number }): FoundToken {
  if (row === undefined) throw refused("token-unknown", "This token is unknown; log in with npm login.");
  // Only whoever holds the secret gets this far, so the reason may be told.
  if (row.revoked_at !== null) {
    throw refused("token-revoked", "This token was revoked; log in with npm login.");
  }
  if (row.expires_at !== null && row.expires_at <= asked.at) {
    throw refused(
      "token-expired",
      `This token expired at ${new Date(row.expires_at).toISOString()}; make a new one.`,
    );
  }
  if (row.disabled_at !== null) throw refused("user-disabled", "The user of this token is disabled.");
  if (asked.userName !== null && foldUserName(asked.userName) !== row.name) {
    throw refused(
      "token-of-other-user",
      'This token belongs to another user; give "api" or its user as the name.',
    );
  }
  return {
    principal: Object.freeze({
      kind: "user",
      userId: row.user_id,
      name: row.name,
      role: row.role,
      via: "token",
      tokenId: row.token_id,
      readonly: row.readonly === 1,
    }),
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}

function refused(code: string, message: string): EntrepotError {
  return new EntrepotError("credential-invalid", { message, details: { code } });
}
