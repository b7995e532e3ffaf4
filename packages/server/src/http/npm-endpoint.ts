import type { IncomingMessage, ServerResponse } from "node:http";
import {
  EntrepotError,
  isEntrepotError,
  type Permission,
  type PermissionAnswer,
  type Principal,
} from "@entrepot/core";
import {
  assertNotFrozen,
  assertNotPushed,
  requireRegistry,
  type Registry,
  type RegistrySnapshot,
} from "../registry/index.ts";
import { isSentOn } from "../upstream/index.ts";
import { mayOrganize, refusedBy } from "../identity/index.ts";
import type { RouteMeter } from "../telemetry/index.ts";
import type { Answer } from "./answer.ts";
import { createRequestBody } from "./body.ts";
import type { AddressReader, ClientAddress } from "./client-address.ts";
import type { HttpDeps, NpmContext, NpmRoute } from "./context.ts";
import { compilePattern, matchPattern, valueOf, type RouteParams, type RoutePattern } from "./match-route.ts";
import { isFormerPath, notOfferedText } from "./npm/not-offered.ts";
import { shownCredential } from "./shown-credential.ts";
import { npmAddressOf, parseRequestPath, type NpmAddress, type RequestPath } from "./paths.ts";

/** What the log and the meters say of a request; filled in as far as the request gets. */
export interface RequestTrace {
  principal: Principal;
  meter: RouteMeter | null;
  /** The client's own address, behind trusted proxies. */
  ip: string;
  /** Id of the route that matched. */
  route: string | null;
  isSignIn: boolean;
  registry: Registry | null;
  packageName: string | null;
}

/** Answers requests to the npm endpoints. */
export interface NpmEndpoint {
  /** True when the request addresses a registry, by prefix or by host. Never throws. */
  owns(request: IncomingMessage): boolean | Promise<boolean>;
  /** Throws what the error answer is made from. */
  answer(exchange: NpmExchange): Promise<Answer>;
}

/** One request with its response and its trace. */
export interface NpmExchange {
  request: IncomingMessage;
  response: ServerResponse;
  trace: RequestTrace;
}

const NOTHING_HERE = "There is nothing at this URL.";
/** `/npm/` or `/r/`, in whatever encoding. */
const PREFIX = /^\/(?:(?:n|%6e)(?:p|%70)(?:m|%6d)|r|%72)(?:\/|%2f)/i;
/**
 * What a registry's own host does not give to the registry: `api`, `health` and `metrics` are packages too. Pages never
 * are, for no package is called `-`.
 */
const OPERATIONS = /^\/(?:api\/v1\/|health\/(?:live|ready|json)(?:\?|$)|-\/(?:password|invitation)(?:\?|$))/;

/** What operators must reach while the database, and with it the bound hosts, cannot be read. */
const FOR_OPERATORS = /^\/(?:health|metrics)(?:[/?]|$)/;

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

  async function answer({ request, response, trace }: NpmExchange): Promise<Answer> {
    const path = parseRequestPath(request.url ?? "");
    const address = addresses.read(request);
    const snapshot = await deps.registries.snapshot();
    const found = locate(deps, snapshot, { path, address });
    const outcome = matchedRoute(compiled, request.method ?? "", found.rest);
    const matched = outcome instanceof EntrepotError ? null : outcome;
    noteAsked(trace, matched, snapshot.byName.get(found.registryName));
    if (matched?.route.ignoresCredential !== true) {
      trace.principal = await deps.identity.authenticate(shownCredential(request, path.query), address.ip);
    }
    const registry = requireRegistry(snapshot, found.registryName);
    // A closed registry does not even say which of its URLs exist.
    await assertMay(deps, { principal: trace.principal, registry, matched });
    if (outcome instanceof EntrepotError) throw outcome;
    if (matched === null) throw nothingAt(found.rest);
    if (isWrite(matched.route)) assertTakesWrite(registry, request);
    const context: NpmContext = {
      deps,
      request,
      body: createRequestBody(request, response, deps.limits.bodyIdleTimeoutMs),
      registry,
      registryUrl: found.registryUrl,
      principal: trace.principal,
      address,
      params: matched.params,
      query: new URLSearchParams(path.query),
    };
    const given = await handled(matched.route, context);
    if (matched.route.method !== "GET" && matched.route.isQuestion !== true) await hearOfOwnWrite(deps);
    return given;
  }

  return {
    owns(request) {
      const url = request.url ?? "";
      if (PREFIX.test(url)) return true;
      if (OPERATIONS.test(url)) return false;
      const snapshot = deps.registries.snapshot();
      if (!(snapshot instanceof Promise)) return isBound(snapshot, addresses, request);
      // Whatever fails here fails again, and is told, when the request is answered.
      return snapshot
        .then((loaded) => isBound(loaded, addresses, request))
        .catch(() => !FOR_OPERATORS.test(url));
    },
    answer,
  };
}

/** What changes packages; who may use them can be changed of a frozen registry too. */
const WRITES: ReadonlySet<Permission> = new Set(["publish", "overwrite", "tag", "deprecate", "unpublish"]);

function assertTakesWrite(registry: Registry, { headers }: IncomingMessage): void {
  assertNotFrozen(registry);
  if (isSentOn(headers.via)) assertNotPushed(registry);
}

function isWrite({ permission }: NpmRoute): boolean {
  const needed = [permission].flat().filter((one) => one !== "none");
  return needed.some((one) => WRITES.has(one));
}

function noteAsked(trace: RequestTrace, matched: MatchedRoute | null, registry: Registry | undefined): void {
  trace.meter = matched?.meter ?? null;
  trace.route = matched?.route.id ?? null;
  trace.isSignIn = matched?.route.isSignIn === true;
  trace.registry = registry ?? null;
  trace.packageName = matched?.params.package?.full ?? null;
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
  if (named === null) throw new EntrepotError("not-found", { message: NOTHING_HERE });
  const base = deps.publicUrl ?? `${address.origin}${address.pathPrefix}`;
  return { ...named, registryUrl: `${base}${named.prefix}` };
}

// The registry says how reads that policy refuses are answered; what may not be written is always forbidden.
async function handled(route: NpmRoute, context: NpmContext): Promise<Answer> {
  try {
    return await route.handler(context);
  } catch (error) {
    const isHidden = route.method === "GET" && context.registry.refusalStatus === 404;
    if (!isHidden || !isEntrepotError(error, "version-denied")) throw error;
    const { message, details } = error;
    throw new EntrepotError("version-withheld", { message, details, cause: error });
  }
}

/**
 * Whoever is told that a write is done reads it from this process at once. The write is done whatever happens
 * here, so a failure delays the news and is not told to the client.
 */
async function hearOfOwnWrite(deps: Pick<HttpDeps, "changes" | "log">): Promise<void> {
  try {
    await deps.changes.refresh();
  } catch (error) {
    deps.log.warn("a write is not heard of yet", { error });
  }
}

// A name that cannot be one is reported after the credential, like everything else about a registry.
function matchedRoute(
  compiled: readonly CompiledRoute[],
  method: string,
  rest: readonly string[],
): MatchedRoute | EntrepotError | null {
  try {
    return matchRoute(compiled, method, rest);
  } catch (error) {
    if (error instanceof EntrepotError) return error;
    throw error;
  }
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
  if (otherMethods.length === 0 || isFormerPath(rest)) return null;
  throw new EntrepotError("method-not-allowed", {
    details: { allow: [...new Set(otherMethods)].join(", ") },
  });
}

function nothingAt(segments: readonly string[]): EntrepotError {
  return new EntrepotError("not-found", { message: notOfferedText(segments) ?? NOTHING_HERE });
}

interface Wish {
  principal: Principal;
  registry: Registry;
  /** Null where no route answers; even that is told only to who may look. */
  matched: MatchedRoute | null;
}

async function assertMay(deps: HttpDeps, wish: Wish): Promise<void> {
  const permission = wish.matched?.route.permission ?? "view";
  if (permission === "none") return;
  let refusal: PermissionAnswer | null = null;
  for (const wanted of typeof permission === "string" ? [permission] : permission) {
    const answer = await answerTo(deps, wish, wanted);
    if (answer.allowed) return;
    refusal ??= answer;
  }
  if (refusal !== null) throw refusedBy(refusal);
}

function answerTo(
  deps: HttpDeps,
  { principal, registry, matched }: Wish,
  permission: Permission,
): PermissionAnswer | Promise<PermissionAnswer> {
  const param = matched?.route.organizationIn;
  if (matched !== null && param !== undefined) {
    return mayOrganize(deps, { principal, permission, organization: valueOf(matched.params, param) });
  }
  const target = { registry, packageName: matched?.params.package?.full ?? null };
  return deps.access.ask({ principal, permission, target });
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
