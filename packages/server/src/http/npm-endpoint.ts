import type { IncomingMessage, ServerResponse } from "node:http";
import { EntrepotError, may, type Principal } from "@entrepot/core";
import { requireRegistry, type Registry, type RegistrySnapshot } from "../registry/index.ts";
import type { RouteMeter } from "../telemetry/index.ts";
import type { Answer } from "./answer.ts";
import { createRequestBody } from "./body.ts";
import type { AddressReader, ClientAddress } from "./client-address.ts";
import type { HttpDeps, NpmContext, NpmRoute } from "./context.ts";
import { compilePattern, matchPattern, type RouteParams, type RoutePattern } from "./match-route.ts";
import { npmAddressOf, parseRequestPath, type NpmAddress, type RequestPath } from "./paths.ts";

/** An answer together with what the log and the meters say of it. */
export interface NpmResult {
  answer: Answer;
  principal: Principal;
  meter: RouteMeter | null;
}

/** Answers requests to the npm endpoints. */
export interface NpmEndpoint {
  /** True when the request addresses a registry, by prefix or by host. Never throws. */
  owns(request: IncomingMessage): boolean | Promise<boolean>;
  /** Throws what the error answer is made from. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<NpmResult>;
}

/** `/npm/` or `/r/`, in whatever encoding. */
const PREFIX = /^\/(?:(?:n|%6e)(?:p|%70)(?:m|%6d)|r|%72)(?:\/|%2f)/i;
/** What a registry's own host does not give to the registry: `api`, `health` and `metrics` are packages too. */
const OPERATIONS = /^\/(?:api\/v1\/|health\/(?:live|ready|json)(?:\?|$))/;

interface CompiledRoute {
  route: NpmRoute;
  pattern: RoutePattern;
  meter: RouteMeter;
}

interface MatchedRoute extends CompiledRoute {
  params: RouteParams;
}

/** Makes the endpoint over a table of routes. */
export function createNpmEndpoint(
  deps: HttpDeps,
  routes: readonly NpmRoute[],
  addresses: AddressReader,
): NpmEndpoint {
  const compiled = routes.map((route) => ({
    route,
    pattern: compilePattern(route.path),
    meter: deps.metrics.route(route.id),
  }));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<NpmResult> {
    const path = parseRequestPath(request.url ?? "");
    const address = addresses.read(request);
    const snapshot = await deps.registries.snapshot();
    const found = locate(deps, snapshot, { path, address });
    const principal = await deps.identity.authenticate(request.headers.authorization, address.ip);
    const registry = requireRegistry(snapshot, found.registryName);
    const matched = permittedRoute(compiled, {
      principal,
      registry,
      method: request.method ?? "",
      rest: found.rest,
    });
    if (matched === null) throw new EntrepotError("not-found", { message: "There is nothing at this URL." });
    const context: NpmContext = {
      deps,
      request,
      body: createRequestBody(request, response, deps.limits.bodyIdleTimeoutMs),
      registry,
      registryUrl: found.registryUrl,
      principal,
      address,
      params: matched.params,
      query: new URLSearchParams(path.query),
    };
    const result = { answer: await matched.route.handler(context), principal, meter: matched.meter };
    // Whoever is told that a write is done reads it from this process at once.
    if (matched.route.method !== "GET") await deps.changes.refresh();
    return result;
  }

  return {
    owns(request) {
      const url = request.url ?? "";
      if (PREFIX.test(url)) return true;
      if (OPERATIONS.test(url)) return false;
      const snapshot = deps.registries.snapshot();
      if (!(snapshot instanceof Promise)) return isBound(snapshot, addresses, request);
      // Whatever fails here fails again, and is told, when the request is answered.
      return snapshot.then((loaded) => isBound(loaded, addresses, request)).catch(() => true);
    },
    answer,
  };
}

interface Located extends NpmAddress {
  registryUrl: string;
}

// A registry's own host serves it at the root; elsewhere the path says which registry is meant.
function locate(
  deps: HttpDeps,
  snapshot: RegistrySnapshot,
  { path, address }: { path: RequestPath; address: ClientAddress },
): Located {
  const bound = snapshot.byHost.get(address.hostName);
  const named = npmAddressOf(path);
  if (bound !== undefined && (named === null || !snapshot.byName.has(named.registryName))) {
    const registryUrl = `${address.origin}${address.pathPrefix}`;
    return { registryName: bound.name, prefix: "", rest: path.segments, registryUrl };
  }
  if (named === null) throw new EntrepotError("not-found", { message: "There is nothing at this URL." });
  const base = deps.publicUrl ?? `${address.origin}${address.pathPrefix}`;
  return { ...named, registryUrl: `${base}${named.prefix}` };
}

interface Wanted {
  principal: Principal;
  registry: Registry;
  method: string;
  rest: readonly string[];
}

// A closed registry does not even say which of its URLs exist.
function permittedRoute(compiled: readonly CompiledRoute[], wanted: Wanted): MatchedRoute | null {
  const { principal, registry, method, rest } = wanted;
  let matched: MatchedRoute | null = null;
  try {
    matched = matchRoute(compiled, method, rest);
  } catch (error) {
    assertMay(principal, registry, null);
    throw error;
  }
  assertMay(principal, registry, matched);
  return matched;
}

function matchRoute(
  compiled: readonly CompiledRoute[],
  method: string,
  rest: readonly string[],
): MatchedRoute | null {
  const wanted = method === "HEAD" ? "GET" : method;
  const otherMethods: string[] = [];
  for (const candidate of compiled) {
    const params = matchPattern(candidate.pattern, rest);
    if (params === null) continue;
    if (candidate.route.method === wanted) return { ...candidate, params };
    otherMethods.push(candidate.route.method);
  }
  if (otherMethods.length === 0) return null;
  throw new EntrepotError("method-not-allowed", {
    details: { allow: [...new Set(otherMethods)].join(", ") },
  });
}

function assertMay(principal: Principal, registry: Registry, matched: MatchedRoute | null): void {
  const permission = matched?.route.permission ?? "view";
  if (permission === "none") return;
  const { allowed, reason } = may(principal, permission, { anonymousRead: registry.anonymousRead });
  if (allowed) return;
  if (principal.kind === "anonymous") throw new EntrepotError("credential-missing", { message: reason });
  throw new EntrepotError("permission-denied", { message: reason });
}

function isBound(snapshot: RegistrySnapshot, addresses: AddressReader, request: IncomingMessage): boolean {
  if (snapshot.byHost.size === 0) return false;
  try {
    return snapshot.byHost.has(addresses.read(request).hostName);
  } catch {
    // A host that is none: answering the request says so.
    return true;
  }
}
