import { z } from "zod";
import { EntrepotError, type PageAnswer, type SelfAnswer, type SessionAnswer } from "@entrepot/core";
import type { OwnSession, Session } from "../../identity/index.ts";
import { requireUser } from "../require-user.ts";
import { forgetCookie, keepCookie } from "../session-cookie.ts";
import { actorOf, apiRoute, NO_BODY, userIdOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOf } from "./iso-of.ts";
import { assertMayBeOwner } from "./owners.ts";
import { ownSession } from "./own-session.ts";
import { permissionsOn } from "./permissions-on.ts";

const signInBody = z.strictObject({ user: z.string().max(255), password: z.string().max(4096) });
const endBody = z.strictObject({ tokens: z.boolean().default(false) });

function shownSession(session: Session, own: OwnSession | null): SessionAnswer {
  return {
    id: session.id,
    client: session.client,
    address: session.address,
    createdAt: isoOf(session.createdAt),
    lastUsedAt: isoOf(session.lastUsedAt),
    endsAt: isoOf(session.endsAt),
    isThisOne: session.id === own?.id,
  };
}

// Who somebody is, and what a browser needs to go on.
async function shownSelf(context: ApiContext<unknown>, session: OwnSession | null): Promise<SelfAnswer> {
  const user = session?.principal ?? requireUser(context.principal);
  return {
    user: user.name,
    role: user.role,
    via: user.via,
    session: session === null ? null : shownSession(session, session),
    csrf: session?.csrfToken ?? null,
    may: await permissionsOn(context.deps, { principal: user, registry: null }),
  };
}

function isSecure({ baseUrl }: ApiContext<unknown>): boolean {
  return baseUrl?.startsWith("https:") === true;
}

async function listed(context: ApiContext<unknown>, userId: string): Promise<PageAnswer<SessionAnswer>> {
  const sessions = await context.deps.identity.sessions.list(userId);
  return { items: sessions.map((session) => shownSession(session, context.session)), next: null };
}

// Of whom a session is ended; an owner's only by an owner.
async function idOfOther(context: ApiContext<unknown>): Promise<string> {
  const name = context.param("name");
  const user = await context.deps.identity.findUser(name);
  assertMayBeOwner(context, [user?.role]);
  return user?.id ?? (await userIdOf(context, name));
}

async function endOne(context: ApiContext<unknown>, userId: string): Promise<void> {
  const isEnded = await context.deps.identity.sessions.end({
    id: context.param("id"),
    userId,
    actor: actorOf(context).actor,
  });
  if (!isEnded) throw new EntrepotError("not-found", { message: "There is no session with this id." });
}

async function endAll(context: ApiContext<z.infer<typeof endBody>>, userId: string): Promise<unknown> {
  const { actor } = actorOf(context);
  return await context.deps.identity.sessions.endAll({ userId, tokens: context.body.tokens, actor });
}

/** The session of this very browser. */
const THIS_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "start-session",
    method: "POST",
    path: "/session",
    permission: "none",
    isSignIn: true,
    body: signInBody,
    status: 201,
    async handler(context) {
      context.assertSameSite();
      const { secret, session } = await context.deps.identity.sessions.start({
        ...context.body,
        address: context.ip,
        client: context.userAgent,
      });
      context.setHeader("set-cookie", keepCookie(secret, isSecure(context)));
      return await shownSelf(context, session);
    },
  }),
  apiRoute({
    id: "show-session",
    method: "GET",
    path: "/session",
    permission: "self",
    body: NO_BODY,
    handler: async (context) => await shownSelf(context, context.session),
  }),
  apiRoute({
    id: "end-session",
    method: "DELETE",
    path: "/session",
    permission: "self",
    body: NO_BODY,
    async handler(context) {
      const { id } = ownSession(context);
      await context.deps.identity.sessions.end({ id, actor: actorOf(context).actor });
      context.setHeader("set-cookie", forgetCookie(isSecure(context)));
    },
  }),
  apiRoute({
    id: "session-password",
    method: "POST",
    path: "/session/password",
    permission: "self",
    body: NO_BODY,
    handler: async (context) => ({
      user: context.deps.sessionLogin,
      password: ownSession(context).loginPassword,
    }),
  }),
];

/** All sessions of the user who asks. */
const OWN_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-sessions",
    method: "GET",
    path: "/sessions",
    permission: "self",
    body: NO_BODY,
    handler: (context) => listed(context, requireUser(context.principal).userId),
  }),
  apiRoute({
    id: "end-own-session",
    method: "DELETE",
    path: "/sessions/:id",
    permission: "user",
    body: NO_BODY,
    handler: (context) => endOne(context, requireUser(context.principal).userId),
  }),
  apiRoute({
    id: "end-own-sessions",
    method: "POST",
    path: "/sessions/end",
    permission: "user",
    body: endBody,
    handler: (context) => endAll(context, requireUser(context.principal).userId),
  }),
];

/** The sessions of others, for administrators. */
const USER_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-user-sessions",
    method: "GET",
    path: "/users/:name/sessions",
    permission: "administer",
    body: NO_BODY,
    handler: async (context) => await listed(context, await userIdOf(context, context.param("name"))),
  }),
  apiRoute({
    id: "end-user-session",
    method: "DELETE",
    path: "/users/:name/sessions/:id",
    permission: "administer",
    body: NO_BODY,
    handler: async (context) => await endOne(context, await idOfOther(context)),
  }),
  apiRoute({
    id: "end-user-sessions",
    method: "POST",
    path: "/users/:name/sessions/end",
    permission: "administer",
    body: endBody,
    handler: async (context) => await endAll(context, await idOfOther(context)),
  }),
];

/** Browser sessions. */
export const SESSION_ROUTES: readonly ApiRoute[] = [...THIS_ROUTES, ...OWN_ROUTES, ...USER_ROUTES];
