import {
  EntrepotError,
  type AccessTarget,
  type Permission,
  type PermissionAnswer,
  type Principal,
} from "@entrepot/core";
import { mayOrganize, refusedBy } from "../../identity/index.ts";
import type { HttpDeps } from "../context.ts";
import { requireKnown, requireWholeUser } from "../require-user.ts";
import type { ApiRoute } from "./api-route.ts";

/** What the path of a request has for the parameters of its route. */
export type Params = Readonly<Record<string, string>>;

/** Throws `credential-missing` or `permission-denied` unless the principal may use the route. */
export async function assertMay(
  deps: HttpDeps,
  { route, principal, params }: { route: ApiRoute; principal: Principal; params: Params },
): Promise<void> {
  const { permission } = route;
  if (route.ofWholeServer === true && !deps.isMainWorkspace) {
    throw new EntrepotError("not-found", { message: "Only the server's main workspace has this." });
  }
  if (permission === "none") return;
  const known = requireKnown(principal);
  if (permission === "self" || permission === "user") {
    if (permission === "user" && route.method !== "GET") requireWholeUser(known, "change what is yours");
    return;
  }
  const answer = await answerTo(deps, { principal, permission, route, params });
  if (!answer.allowed) throw refusedBy(answer);
}

async function answerTo(
  deps: HttpDeps,
  wish: { principal: Principal; permission: Permission; route: ApiRoute; params: Params },
): Promise<PermissionAnswer> {
  const { principal, permission, route, params } = wish;
  const { registryIn, packageIn, organizationIn } = route;
  if (organizationIn !== undefined) {
    return await mayOrganize(deps, { principal, permission, organization: params[organizationIn] ?? "" });
  }
  const registry = registryIn === undefined ? null : await registryNamed(deps, params[registryIn] ?? "");
  const packageName = packageIn === undefined ? null : (params[packageIn] ?? null);
  return await deps.access.ask({ principal, permission, target: { registry, packageName } });
}

// One that is not there is nobody's in particular, so that only who manages them all is told.
async function registryNamed({ registries }: HttpDeps, name: string): Promise<AccessTarget["registry"]> {
  return (await registries.snapshot()).byName.get(name.toLowerCase()) ?? null;
}
