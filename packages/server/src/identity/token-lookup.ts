import { EntrepotError } from "@entrepot/core";
import type { HelpCode, KeyPrincipal, Role, UserPrincipal } from "@entrepot/core";
import { prepareQuery } from "../db/index.ts";
import type { Schema, SlotOf } from "../db/index.ts";
import { foreignToken } from "./credential.ts";
import type { IdentityDeps } from "./identity-deps.ts";
import { createNetworkCheck } from "./networks.ts";
import { limitsOf, scopeOfColumns, type TokenScope } from "./token-scope.ts";
import { tokenHash } from "./token-secret.ts";
import type { TypedKeys } from "./typed-keys.ts";
import { foldUserName } from "./user-name.ts";

/** A token that may be used, and who uses it. */
export interface FoundToken {
  principal: UserPrincipal | KeyPrincipal;
  expiresAt: number | null;
  lastUsedAt: number | null;
  /** Tells whether it may be used from an address; null when from everywhere. */
  isAllowedFrom: ((address: string) => boolean) | null;
}

/** Finds whose token a secret is. Throws credential-invalid, saying why, when it may not be used. */
export type FindToken = (input: {
  secret: string;
  isTyped: boolean;
  userName: string | null;
  /** The client's, for limiting guesses. */
  address: string;
}) => Promise<FoundToken>;

type TokenColumns = Pick<
  Schema["tokens"],
  | "permissions"
  | "registries"
  | "packages"
  | "organizations"
  | "networks"
  | "log_level"
  | "expires_at"
  | "last_used_at"
  | "revoked_at"
>;

interface Row extends TokenColumns {
  token_id: string;
  token_name: string;
  user_id: string | null;
  name: string | null;
  role: Role | null;
  disabled_at: number | null;
  must_change_password: 0 | 1 | null;
}

/** Makes the lookup: one indexed query, compiled once. */
export function createTokenLookup(
  deps: Pick<IdentityDeps, "db" | "workspaceId" | "now">,
  typedKeys: TypedKeys | null,
): FindToken {
  const find = prepareQuery(deps.db.read, (slot: SlotOf<{ workspaceId: string; hash: string }>) =>
    deps.db.read
      .selectFrom("tokens")
      .leftJoin("users", "users.id", "tokens.user_id")
      .select([
        "tokens.id as token_id",
        "tokens.name as token_name",
        "tokens.permissions",
        "tokens.registries",
        "tokens.packages",
        "tokens.organizations",
        "tokens.networks",
        "tokens.log_level",
        "tokens.expires_at",
        "tokens.last_used_at",
        "tokens.revoked_at",
        "users.id as user_id",
        "users.name",
        "users.role",
        "users.disabled_at",
        "users.must_change_password",
      ])
      .where("tokens.secret_hash", "=", slot("hash"))
      .where("tokens.workspace_id", "=", slot("workspaceId")),
  );
  return async ({ secret, isTyped, userName, address }) => {
    const { workspaceId } = deps;
    if (!isTyped) {
      const [row] = await find({ workspaceId, hash: tokenHash(secret) });
      return foundToken(row, { userName, at: deps.now() });
    }
    if (typedKeys === null) throw foreignToken();
    return await typedKeys.guarded({ value: secret, address }, async (hash) => {
      const [row] = await find({ workspaceId, hash });
      if (row === undefined) throw foreignToken();
      return foundToken(row, { userName, at: deps.now() });
    });
  };
}

function foundToken(row: Row | undefined, asked: { userName: string | null; at: number }): FoundToken {
  if (row === undefined) throw refused("token-unknown", "This token is unknown; log in with npm login.");
  // Only whoever holds the secret gets this far, so the reason may be told. Disabling a user revokes the tokens too.
  if (row.disabled_at !== null) throw refused("user-disabled", "The user of this token is disabled.");
  if (row.revoked_at !== null) {
    throw refused("token-revoked", "This token was revoked; log in with npm login.");
  }
  if (row.expires_at !== null && row.expires_at <= asked.at) {
    throw refused(
      "token-expired",
      `This token expired at ${new Date(row.expires_at).toISOString()}; make a new one.`,
    );
  }
  if (asked.userName !== null && foldUserName(asked.userName) !== row.name) {
    throw refused(
      "token-of-other-user",
      'This token belongs to another user; give "api" or its user as the name.',
    );
  }
  const scope = scopeOfColumns(row);
  return {
    principal: Object.freeze(principalOf(row, scope)),
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    isAllowedFrom: scope.networks === null ? null : createNetworkCheck(scope.networks),
  };
}

function principalOf(row: Row, scope: TokenScope): UserPrincipal | KeyPrincipal {
  const limits = limitsOf(scope);
  const log = row.log_level === "none" ? {} : { log: { name: row.token_name, level: row.log_level } };
  if (row.user_id !== null && row.name !== null && row.role !== null) {
    return {
      kind: "user",
      userId: row.user_id,
      name: row.name,
      role: row.role,
      via: "token",
      tokenId: row.token_id,
      limits,
      mustChangePassword: row.must_change_password === 1,
      ...log,
    };
  }
  const permissions = limits?.permissions ?? null;
  if (limits === null || permissions === null) {
    throw refused("token-unknown", "This key was made for nothing.");
  }
  return {
    kind: "key",
    name: row.token_name,
    tokenId: row.token_id,
    limits: { ...limits, permissions },
    ...log,
  };
}

function refused(code: HelpCode, message: string): EntrepotError {
  return new EntrepotError("credential-invalid", { message, details: { code } });
}
