import { z, type ZodType } from "zod";
import { EntrepotError, type Permission, type Principal } from "@entrepot/core";
import type { OwnSession } from "../../identity/index.ts";
import type { Registry, RegistryActor } from "../../registry/index.ts";
import { actorFrom } from "../actor.ts";
import type { HttpDeps } from "../context.ts";

/**
 * Who may use a route: anyone; any user, where a write needs a credential without limits; any user with any credential,
 * for what the handler itself restricts to one's own; or whoever has the permission.
 */
export type ApiPermission = "none" | "user" | "self" | Permission;

/** One request to the JSON API, past the credential and the permission. */
export interface ApiContext<Body> {
  deps: HttpDeps;
  principal: Principal;
  /** The client's address as far as trusted proxies tell it. */
  ip: string;
  userAgent: string;
  /** Checked by the route's schema. */
  body: Body;
  param(name: string): string;
  query(name: string): string | undefined;
  /** The session whose cookie was the credential; null when it was another. */
  session: OwnSession | null;
  /** This server's base URL as the client addresses it, without a trailing slash; null when that is not known. */
  baseUrl: string | null;
  /** Sets a header of the answer. */
  setHeader(name: string, value: string): void;
  /** Writes down that files of a version are shown. */
  noteLook(seen: { registry: Registry; name: string; version: string }): void;
  /** Refuses what another site made a browser send; throws permission-denied. */
  assertSameSite(): void;
}

/** A URL of the JSON API as it is written down. What the handler returns is sent as JSON; undefined becomes 204. */
interface ApiRouteSpec<Body> {
  id: string;
  method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  path: string;
  permission: ApiPermission;
  /** Parameter of the path that names the registry on which the permission is needed; without it, on the workspace. */
  registryIn?: string;
  /** Parameter of the path that names the package, where the permission is needed on that one. */
  packageIn?: string;
  /** Present where a password is compared, which records wrong ones itself. */
  isSignIn?: true;
  /** Present where it concerns the whole server: then only its main workspace has it. */
  ofWholeServer?: true;
  /** Parameter of the path that names the organization on which the permission is needed. */
  organizationIn?: string;
  /** Schema of the body; {@link NO_BODY} for routes that read none. */
  body: ZodType<Body>;
  /** Largest body in bytes, where it is more than usual. */
  bodyBytesMax?: number;
  /** Status of success; 200 when left out. */
  status?: number;
  handler: (context: ApiContext<Body>) => Promise<unknown>;
}

/** A URL of the JSON API whose handler checks the body itself. */
export interface ApiRoute extends Omit<ApiRouteSpec<unknown>, "body"> {
  /** For the documentation; {@link NO_BODY} where none is read. */
  bodySchema: ZodType;
}

/** The body of a route that reads none. */
export const NO_BODY: ZodType<unknown> = z.unknown();

/** Makes a route out of its parts. A body that does not fit the schema is `request-invalid`. */
export function apiRoute<Body>({ body, handler, ...route }: ApiRouteSpec<Body>): ApiRoute {
  return {
    ...route,
    bodySchema: body,
    async handler(context) {
      const parsed = body.safeParse(context.body ?? {});
      if (parsed.success) return await handler({ ...context, body: parsed.data });
      throw new EntrepotError("request-invalid", {
        message: `The request body is not valid: ${z.prettifyError(parsed.error)}`,
      });
    },
  };
}

/** The writer that API calls act as. */
export function actorOf(context: Omit<ApiContext<unknown>, "body">): RegistryActor {
  return {
    workspaceId: context.deps.workspaceId,
    actor: actorFrom(context.principal, { address: context.ip, userAgent: context.userAgent }),
    fromConfiguration: false,
  };
}

/** A registry by the name in the path, inactive ones included. Throws `registry-not-found`. */
export async function registryOf(context: ApiContext<unknown>, name: string): Promise<Registry> {
  const registry = (await context.deps.registries.snapshot()).byName.get(name.toLowerCase());
  if (registry === undefined) {
    throw new EntrepotError("registry-not-found", { message: `There is no registry "${name}".` });
  }
  return registry;
}

/** What is said of groups that no registry is in, with what was made for them: they are made by being named. */
export async function groupWarnings(
  { deps }: Pick<ApiContext<unknown>, "deps">,
  named: readonly string[],
): Promise<{ warnings?: string[] }> {
  if (named.length === 0) return {};
  const { byName } = await deps.registries.snapshot();
  const known = new Set([...byName.values()].flatMap(({ groups }) => groups));
  const empty = named.filter((name) => !known.has(name));
  if (empty.length === 0) return {};
  return {
    warnings: empty.map((name) => `No registry is in the group "${name}", so far this concerns none.`),
  };
}

/** The id of a user by name. Throws `not-found`. */
export async function userIdOf({ deps }: Pick<ApiContext<unknown>, "deps">, name: string): Promise<string> {
  const user = await deps.identity.findUser(name);
  if (user !== null) return user.id;
  throw new EntrepotError("not-found", { message: `There is no user "${name}".` });
}
