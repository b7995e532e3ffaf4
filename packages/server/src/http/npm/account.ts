import { EntrepotError } from "@entrepot/core";
import type { Actor } from "../../changes/index.ts";
import { actorFrom, userAgentOf } from "../actor.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { valueOf } from "../match-route.ts";
import { USER_REV } from "./login.ts";
import { nameOf, requireKnown, requireUser, requireWholeUser } from "../require-user.ts";

/** `GET /-/ping`. */
export async function ping(): Promise<Answer> {
  return jsonAnswer(200, {});
}

/** `GET /-/whoami`. */
export async function whoami(context: NpmContext): Promise<Answer> {
  requireKnown(context.principal);
  return jsonAnswer(200, { username: nameOf(context.principal) });
}

/** `GET /-/user/org.couchdb.user:NAME`: the public fields of a user. */
export async function getUser(context: NpmContext): Promise<Answer> {
  requireUser(context.principal);
  const userName = valueOf(context.params, "user");
  const user = await context.deps.identity.findUser(userName);
  if (user === null) throw new EntrepotError("not-found", { message: `There is no user "${userName}".` });
  return jsonAnswer(200, {
    _id: `org.couchdb.user:${user.name}`,
    _rev: USER_REV,
    name: user.displayName,
    email: user.email ?? "",
    type: "user",
    roles: [],
  });
}

/**
 * `DELETE /-/user/token/TOKEN`: revokes a token, named by its secret. That the very token has ended already is
 * success, so that its client forgets it. A read-only token revokes no other.
 */
export async function logout(context: NpmContext): Promise<Answer> {
  const token = valueOf(context.params, "token");
  const { authorization } = context.request.headers;
  const from = { address: context.address.ip, client: userAgentOf(context.request) };
  let actor: Actor | null = null;
  if (authorization !== `Bearer ${token}`) {
    const principal = await context.deps.identity.authenticate(authorization, context.address.ip);
    requireWholeUser(principal, "revoke another one");
    actor = actorFrom(principal, { address: from.address, userAgent: from.client });
  }
  await context.deps.identity.logout({ ...from, secret: token, actor });
  return jsonAnswer(200, { ok: true });
}
