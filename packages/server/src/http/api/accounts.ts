import { z } from "zod";
import { EntrepotError } from "@entrepot/core";
import type { Token, User } from "../../identity/index.ts";
import { requireUser } from "../require-user.ts";
import { actorOf, apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { limitOf } from "./page.ts";

const MS_PER_DAY = 24 * 60 * 60 * 1000;
const role = z.enum(["admin", "developer", "read-only"]);
const loginBody = z.strictObject({ user: z.string().max(255), password: z.string().max(4096) });
const tokenBody = z.strictObject({
  name: z.string().max(200),
  readonly: z.boolean().default(true),
  expiresInDays: z.number().int().min(1).max(3650).nullable().default(null),
});
const userBody = z.strictObject({
  name: z.string().max(255),
  password: z.string().max(4096).nullable().default(null),
  role: role.default("developer"),
  email: z.string().max(254).nullable().default(null),
});
const userChange = z.strictObject({
  password: z.string().max(4096).optional(),
  role: role.optional(),
  email: z.string().max(254).nullable().optional(),
  disabled: z.boolean().optional(),
});

function shownToken(token: Token): Record<string, unknown> {
  return {
    id: token.id,
    user: token.userName,
    name: token.name,
    hint: token.hint,
    readonly: token.readonly,
    createdAt: isoOf(token.createdAt),
    expiresAt: token.expiresAt === null ? null : isoOf(token.expiresAt),
    lastUsedAt: token.lastUsedAt === null ? null : isoOf(token.lastUsedAt),
  };
}

function shownUser(user: User): Record<string, unknown> {
  return {
    name: user.name,
    displayName: user.displayName,
    email: user.email,
    role: user.role,
    disabled: user.disabled,
    createdAt: isoOf(user.createdAt),
    updatedAt: isoOf(user.updatedAt),
  };
}

async function listTokens(context: ApiContext<unknown>): Promise<unknown> {
  const page = await context.deps.identity.listTokens({
    userId: requireUser(context.principal).userId,
    after: context.query("cursor") ?? null,
    limit: limitOf(context.query("limit")),
  });
  return { items: page.items.map(shownToken), next: page.next };
}

async function listUsers(context: ApiContext<unknown>): Promise<unknown> {
  const page = await context.deps.identity.listUsers({
    after: context.query("cursor") ?? null,
    limit: limitOf(context.query("limit")),
  });
  return { items: page.items.map(shownUser), next: page.next };
}

/** Logging in, one's own tokens, and the users. */
export const ACCOUNT_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "login",
    method: "POST",
    path: "/login",
    permission: "none",
    body: loginBody,
    async handler(context) {
      const { token } = await context.deps.identity.login({
        ...context.body,
        address: context.ip,
        client: context.userAgent,
      });
      return { token };
    },
  }),
  apiRoute({
    id: "list-tokens",
    method: "GET",
    path: "/tokens",
    permission: "user",
    body: NO_BODY,
    handler: listTokens,
  }),
  apiRoute({
    id: "create-token",
    method: "POST",
    path: "/tokens",
    permission: "user",
    body: tokenBody,
    status: 201,
    async handler(context) {
      const user = requireUser(context.principal);
      const { name, readonly, expiresInDays } = context.body;
      const token = await context.deps.identity.createToken({
        userId: user.userId,
        actor: actorOf(context).actor,
        name,
        readonly,
        madeWith: user.tokenId,
        expiresAt: expiresInDays === null ? null : context.deps.now() + expiresInDays * MS_PER_DAY,
      });
      return { ...shownToken(token), token: token.secret };
    },
  }),
  apiRoute({
    id: "revoke-token",
    method: "DELETE",
    path: "/tokens/:id",
    permission: "self",
    body: NO_BODY,
    async handler(context) {
      const user = requireUser(context.principal);
      if (user.readonly && user.tokenId !== context.param("id")) {
        throw new EntrepotError("permission-denied", {
          message: "A read-only token can revoke only itself.",
        });
      }
      const isRevoked = await context.deps.identity.revokeToken({
        token: context.param("id"),
        userId: user.userId,
        actor: actorOf(context).actor,
      });
      if (!isRevoked) throw new EntrepotError("not-found", { message: "You have no token with this id." });
    },
  }),
  apiRoute({
    id: "list-users",
    method: "GET",
    path: "/users",
    permission: "manage",
    body: NO_BODY,
    handler: listUsers,
  }),
  apiRoute({
    id: "create-user",
    method: "POST",
    path: "/users",
    permission: "manage",
    body: userBody,
    status: 201,
    async handler(context) {
      const { actor } = actorOf(context);
      return shownUser(await context.deps.identity.createUser({ ...context.body, actor }));
    },
  }),
  apiRoute({
    id: "change-user",
    method: "PATCH",
    path: "/users/:name",
    permission: "manage",
    body: userChange,
    async handler(context) {
      const { password, role: newRole, email, disabled } = context.body;
      const user = await context.deps.identity.changeUser({
        name: context.param("name"),
        actor: actorOf(context).actor,
        ...(password === undefined ? {} : { password }),
        ...(newRole === undefined ? {} : { role: newRole }),
        ...(email === undefined ? {} : { email }),
        ...(disabled === undefined ? {} : { disabled }),
      });
      return shownUser(user);
    },
  }),
];

function isoOf(at: number): string {
  return new Date(at).toISOString();
}
