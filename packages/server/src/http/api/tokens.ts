import { z } from "zod";
import {
  EntrepotError,
  PERMISSIONS,
  READING,
  type CreatedTokenAnswer,
  type PageAnswer,
  type Permission,
  type TokenAnswer,
} from "@entrepot/core";
import {
  isReadOnly,
  type Token,
  type TokenKind,
  type TokenRequest,
  type TokenScope,
  type User,
} from "../../identity/index.ts";
import type { RegistrySnapshot } from "../../registry/index.ts";
import { requireKnown, requireUser, requireWholeUser } from "../require-user.ts";
import {
  actorOf,
  apiRoute,
  groupWarnings,
  NO_BODY,
  registryOf,
  type ApiContext,
  type ApiRoute,
} from "./api-route.ts";
import { isoOf, isoOrNull } from "./iso-of.ts";
import { assertMayBeOwner } from "./owners.ts";
import { limitOf } from "./page.ts";

const MS_PER_DAY = 24 * 60 * 60 * 1000;
const MS_PER_MINUTE = 60_000;
const OVERLAP_MINUTES_MAX = 30 * 24 * 60;
const OVERLAP_MINUTES = 60;
/** What administrators make anew; tokens are their users' own. */
const KEY_KINDS: readonly TokenKind[] = ["feed", "system"];

const names = z.array(z.string().min(1).max(255)).max(500);
const scopeKeys = {
  readonly: z.boolean().optional(),
  permissions: z.array(z.enum(PERMISSIONS)).max(PERMISSIONS.length).optional(),
  registries: names.optional(),
  groups: names.optional(),
  packages: names.optional(),
  organizations: names.optional(),
  networks: names.optional(),
};
const common = {
  name: z.string().max(200),
  description: z.string().max(1000).default(""),
  expiresInDays: z.number().int().min(1).max(3650).nullable().default(null),
  ...scopeKeys,
};
const tokenBody = z.strictObject({ kind: z.enum(["personal", "ci"]).default("personal"), ...common });
const keyBody = z.strictObject({
  kind: z.enum(["feed", "system"]),
  user: z.string().max(255).nullable().default(null),
  value: z.string().max(255).optional(),
  logLevel: z.enum(["none", "request", "response", "both"]).default("none"),
  ...common,
});
const rotateBody = z.strictObject({
  overlapMinutes: z.number().int().min(0).max(OVERLAP_MINUTES_MAX).default(OVERLAP_MINUTES),
});

type ScopeBody = z.infer<z.ZodObject<typeof scopeKeys>>;

/** A token as the API shows it. */
function shownToken({ byId }: RegistrySnapshot, token: Token): TokenAnswer {
  const { scope } = token;
  return {
    id: token.id,
    kind: token.kind,
    user: token.userName,
    name: token.name,
    description: token.description,
    hint: token.hint,
    readonly: isReadOnly(scope),
    permissions: scope.permissions,
    registries: scope.registries?.ids.map((id) => byId.get(id)?.name ?? null) ?? null,
    groups: scope.registries?.groups ?? null,
    packages: scope.packages,
    organizations: scope.organizations,
    networks: scope.networks,
    createdAt: isoOf(token.createdAt),
    expiresAt: isoOrNull(token.expiresAt),
    lastUsedAt: isoOrNull(token.lastUsedAt),
    lastUsedAddress: token.lastUsedAddress,
    logLevel: token.logLevel,
  };
}

async function listed(context: ApiContext<unknown>, userId: string | null): Promise<PageAnswer<TokenAnswer>> {
  const page = await context.deps.identity.listTokens({
    ...(userId === null ? {} : { userId }),
    after: context.query("cursor") ?? null,
    limit: limitOf(context.query("limit")),
  });
  const registries = await context.deps.registries.snapshot();
  const { principal } = context;
  // A token that is limited learns nothing of its user's others.
  const isLimited = userId !== null && principal.kind === "user" && principal.limits !== null;
  const seen = isLimited ? page.items.filter(({ id }) => id === principal.tokenId) : page.items;
  return { items: seen.map((token) => shownToken(registries, token)), next: page.next };
}

async function scopeOf(context: ApiContext<unknown>, body: ScopeBody): Promise<TokenScope> {
  return {
    permissions: permissionsOf(body),
    registries: await placesOf(context, body),
    packages: body.packages ?? null,
    organizations: body.organizations?.map((name) => name.replace(/^@/, "").toLowerCase()) ?? null,
    networks: body.networks ?? null,
  };
}

// What says nothing of permissions may only read: a wide token is something that one asks for.
function permissionsOf({ readonly, permissions }: ScopeBody): readonly Permission[] | null {
  if (readonly !== undefined && permissions !== undefined) {
    throw new EntrepotError("request-invalid", { message: 'Give "readonly" or "permissions", not both.' });
  }
  if (permissions !== undefined) return permissions;
  return readonly === false ? null : [...READING];
}

async function placesOf(
  context: ApiContext<unknown>,
  { registries, groups }: ScopeBody,
): Promise<TokenScope["registries"]> {
  if (registries === undefined && groups === undefined) return null;
  const found = await Promise.all((registries ?? []).map((name) => registryOf(context, name)));
  return { ids: found.map(({ id }) => id), groups: groups ?? [] };
}

type Made = Pick<TokenRequest, "kind" | "userId" | "madeWith" | "value" | "logLevel"> & {
  body: z.infer<z.ZodObject<typeof common>>;
};

async function made(context: ApiContext<unknown>, { body, ...token }: Made): Promise<CreatedTokenAnswer> {
  const { name, description, expiresInDays } = body;
  const created = await context.deps.identity.createToken({
    ...token,
    actor: actorOf(context).actor,
    name,
    description,
    scope: await scopeOf(context, body),
    expiresAt: expiresInDays === null ? null : context.deps.now() + expiresInDays * MS_PER_DAY,
  });
  const shown = shownToken(await context.deps.registries.snapshot(), created);
  return { ...shown, token: created.secret, ...(await groupWarnings(context, body.groups ?? [])) };
}

async function rotated(
  context: ApiContext<z.infer<typeof rotateBody>>,
  whose: { userId: string } | { kinds: readonly TokenKind[] },
): Promise<CreatedTokenAnswer> {
  const known = requireKnown(context.principal);
  const isOwn = "userId" in whose;
  const created = await context.deps.identity.rotateToken({
    id: context.param("id"),
    ...whose,
    madeWith: known.tokenId,
    isByOwner: isOwn || (known.kind === "user" && known.role === "owner"),
    overlapMs: context.body.overlapMinutes * MS_PER_MINUTE,
    actor: actorOf(context).actor,
  });
  return { ...shownToken(await context.deps.registries.snapshot(), created), token: created.secret };
}

async function requireUserNamed({ deps }: ApiContext<unknown>, name: string): Promise<User> {
  const user = await deps.identity.findUser(name);
  if (user !== null) return user;
  throw new EntrepotError("not-found", { message: `There is no user "${name}".` });
}

async function revoke(context: ApiContext<unknown>, userId: string | null): Promise<void> {
  const isRevoked = await context.deps.identity.revokeToken({
    token: context.param("id"),
    ...(userId === null ? {} : { userId }),
    actor: actorOf(context).actor,
  });
  if (!isRevoked) {
    const whose = userId === null ? "There is" : "You have";
    throw new EntrepotError("not-found", { message: `${whose} no token with this id.` });
  }
}

async function createKey(context: ApiContext<z.infer<typeof keyBody>>): Promise<unknown> {
  const { kind, user: userName, value, logLevel, ...body } = context.body;
  if (kind === "feed" && body.registries === undefined && body.groups === undefined) {
    throw new EntrepotError("request-invalid", {
      message: 'A feed key is for some registries; name them in "registries" or "groups".',
    });
  }
  const user = userName === null ? null : await requireUserNamed(context, userName);
  if (user?.role === "owner") assertMayBeOwner(context, ["owner"]);
  const userId = user?.id ?? null;
  // There is no user whose permissions a key of nobody's could have, so "all" is spelled out.
  const isForAll = userId === null && body.readonly === false;
  const wanted = isForAll ? { ...body, readonly: undefined, permissions: [...PERMISSIONS] } : body;
  const chosen = value === undefined ? {} : { value };
  return await made(context, {
    kind,
    userId,
    body: wanted,
    logLevel,
    ...chosen,
    madeWith: requireKnown(context.principal).tokenId,
  });
}

/** One's own tokens. */
const OWN_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-tokens",
    method: "GET",
    path: "/tokens",
    permission: "user",
    body: NO_BODY,
    handler: (context) => listed(context, requireUser(context.principal).userId),
  }),
  apiRoute({
    id: "create-token",
    method: "POST",
    path: "/tokens",
    permission: "user",
    body: tokenBody,
    status: 201,
    handler(context) {
      const { userId, tokenId } = requireUser(context.principal);
      const { kind, ...body } = context.body;
      return made(context, { kind, userId, madeWith: tokenId, body });
    },
  }),
  apiRoute({
    id: "rotate-token",
    method: "POST",
    path: "/tokens/:id/rotate",
    permission: "user",
    body: rotateBody,
    status: 201,
    handler: (context) => rotated(context, { userId: requireUser(context.principal).userId }),
  }),
  apiRoute({
    id: "revoke-token",
    method: "DELETE",
    path: "/tokens/:id",
    permission: "self",
    body: NO_BODY,
    async handler(context) {
      const user = requireUser(context.principal);
      if (user.tokenId !== context.param("id")) requireWholeUser(user, "revoke another one");
      await revoke(context, user.userId);
    },
  }),
];

/** All tokens and keys, for administrators. */
const ALL_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-keys",
    method: "GET",
    path: "/keys",
    permission: "administer",
    body: NO_BODY,
    handler: (context) => listed(context, null),
  }),
  apiRoute({
    id: "create-key",
    method: "POST",
    path: "/keys",
    permission: "administer",
    body: keyBody,
    status: 201,
    handler: createKey,
  }),
  apiRoute({
    id: "rotate-key",
    method: "POST",
    path: "/keys/:id/rotate",
    permission: "administer",
    body: rotateBody,
    status: 201,
    handler: (context) => rotated(context, { kinds: KEY_KINDS }),
  }),
  apiRoute({
    id: "revoke-key",
    method: "DELETE",
    path: "/keys/:id",
    permission: "administer",
    body: NO_BODY,
    handler: (context) => revoke(context, null),
  }),
];

/** Tokens and keys. */
export const TOKEN_ROUTES: readonly ApiRoute[] = [...OWN_ROUTES, ...ALL_ROUTES];
