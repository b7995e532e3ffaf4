import { EntrepotError } from "@entrepot/core";
import { isReadOnly, type Token } from "../../identity/index.ts";
import { npmActor } from "../actor.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { valueOf } from "../match-route.ts";
import { requireUser, requireWholeUser } from "../require-user.ts";
import { readTokenBody, type TokenWish } from "./token-body.ts";

const BODY_BYTES_MAX = 256 * 1024;
const MS_PER_DAY = 24 * 60 * 60 * 1000;
const PER_PAGE = 100;
/** All tokens of ours begin so; npm takes what it is shown as the beginning of the token when it revokes by value. */
const SHOWN_PREFIX = "ent_";

/** `GET /-/npm/v1/tokens`: the user's own tokens, in pages that `urls.next` leads through. */
export async function listTokens(context: NpmContext): Promise<Answer> {
  const { userId, limits, tokenId } = requireUser(context.principal);
  const page = await context.deps.identity.listTokens({
    userId,
    after: context.query.get("after"),
    limit: PER_PAGE,
  });
  const next =
    page.next === null
      ? {}
      : { next: `${context.registryUrl}/-/npm/v1/tokens?after=${encodeURIComponent(page.next)}` };
  // A token that is limited learns nothing of the others.
  const seen = page.items.filter(({ id }) => limits === null || id === tokenId);
  const objects = seen.map(shownToken);
  return jsonAnswer(200, { objects, total: objects.length, urls: next });
}

/** `POST /-/npm/v1/tokens`: makes a token with the user's password. */
export async function createToken(context: NpmContext): Promise<Answer> {
  const user = requireWholeUser(context.principal, "make another one");
  const wish = readTokenBody(await context.body.json(BODY_BYTES_MAX), context.deps.tokenDefault);
  const { identity, now } = context.deps;
  await identity.checkPassword({
    userName: user.name,
    password: wish.password,
    address: context.address.ip,
  });
  const token = await identity.createToken({
    userId: user.userId,
    kind: "personal",
    name: wish.name,
    description: wish.description,
    scope: wish.scope,
    expiresAt: wish.expiresInDays === null ? null : now() + wish.expiresInDays * MS_PER_DAY,
    madeWith: user.tokenId,
    actor: npmActor(context),
  });
  const notice = noticeFor(wish, token);
  const headers = notice === null ? [] : ["npm-notice", notice];
  return jsonAnswer(201, { ...shownToken(token), token: token.secret }, headers);
}

/** `DELETE /-/npm/v1/tokens/token/:token`: revokes one of the user's tokens, by its key or by itself. */
export async function revokeToken(context: NpmContext): Promise<Answer> {
  const wanted = idOf(valueOf(context.params, "token"));
  const user = requireUser(context.principal);
  const isOwn = user.tokenId === wanted || context.request.headers.authorization === `Bearer ${wanted}`;
  if (!isOwn) requireWholeUser(user, "revoke another one");
  const isRevoked = await context.deps.identity.revokeToken({
    token: wanted,
    userId: user.userId,
    actor: npmActor(context),
  });
  if (!isRevoked) throw new EntrepotError("not-found", { message: "You have no such token." });
  return { status: 204, headers: [], body: null };
}

// npm blots out whatever looks like a UUID, also where the user needs it.
function keyOf(id: string): string {
  return id.replaceAll("-", "");
}

function idOf(keyOrToken: string): string {
  const parts = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(keyOrToken);
  return parts === null ? keyOrToken : parts.slice(1).join("-");
}

/** In the names of npm's client and of npm's documentation, where they differ. */
function shownToken(token: Token): Record<string, unknown> {
  const { scope } = token;
  const created = new Date(token.createdAt).toISOString();
  const expires = token.expiresAt === null ? null : new Date(token.expiresAt).toISOString();
  const accessed = token.lastUsedAt === null ? null : new Date(token.lastUsedAt).toISOString();
  return {
    key: keyOf(token.id),
    token: SHOWN_PREFIX,
    hint: token.hint,
    name: token.name,
    description: token.description,
    kind: token.kind,
    created,
    updated: created,
    accessed,
    accessed_from: token.lastUsedAddress,
    readonly: isReadOnly(scope),
    cidr_whitelist: scope.networks,
    cidr: scope.networks,
    expires,
    expiry: expires,
    revoked: null,
    bypass_2fa: false,
    permissions: scope.permissions?.map((name) => ({ name, action: "allow" })) ?? null,
    scopes: [
      ...(scope.packages ?? []).map((name) => ({ type: "package", name })),
      ...(scope.organizations ?? []).map((name) => ({ type: "organization", name })),
    ],
  };
}

// Older flags do not reach the server, so what was made is told where npm prints it.
function noticeFor({ isExplicit }: TokenWish, token: Token): string | null {
  if (isExplicit) return null;
  return isReadOnly(token.scope)
    ? "This token is read-only, which is what this server makes when nothing is said of permissions; " +
        "for publishing give --packages-all --packages-and-scopes-permission=read-write."
    : "This token may publish, which is what this server makes when nothing is said of permissions.";
}
