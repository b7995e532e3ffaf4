import { EntrepotError, type WebLoginAnswer } from "@entrepot/core";
import { requireUser } from "../require-user.ts";
import { apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { ownSession } from "./own-session.ts";

type Context = ApiContext<unknown>;

// Of a registry that is not there as little is said as of a login that is over.
function isOver(): EntrepotError {
  return new EntrepotError("not-found", {
    message: "This login was approved already, or ten minutes have passed. Begin again in the terminal.",
  });
}

async function placeOf({ deps, param }: Context): Promise<{ registryId: string; page: string }> {
  const registry = (await deps.registries.snapshot()).byName.get(param("registry").toLowerCase());
  if (registry === undefined || !registry.active) throw isOver();
  return { registryId: registry.id, page: param("login") };
}

async function show(context: Context): Promise<WebLoginAnswer> {
  requireUser(context.principal);
  const found = await context.deps.identity.webLogins.find(await placeOf(context));
  if (found === null || found.isApproved) throw isOver();
  return {
    client: found.client,
    address: found.address,
    isOtherAddress: found.address !== context.ip,
    registry: context.param("registry").toLowerCase(),
    reach: context.deps.loginTokens,
  };
}

async function approve(context: Context): Promise<void> {
  // Only a browser's own session: a token may be limited, and what is approved is not.
  const { userId } = ownSession(context).principal;
  const from = { address: context.ip, client: context.userAgent };
  const place = await placeOf(context);
  const isApproved = await context.deps.identity.webLogins.approveAs({ ...place, ...from, userId });
  if (!isApproved) throw isOver();
}

/** Logins of clients by browser, for the page that says who asks. */
export const WEB_LOGIN_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "show-web-login",
    method: "GET",
    path: "/web-logins/:registry/:login",
    permission: "self",
    body: NO_BODY,
    handler: show,
  }),
  apiRoute({
    id: "approve-web-login",
    method: "POST",
    path: "/web-logins/:registry/:login",
    permission: "user",
    body: NO_BODY,
    handler: approve,
  }),
];
