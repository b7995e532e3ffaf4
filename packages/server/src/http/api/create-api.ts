import type { IncomingMessage, ServerResponse } from "node:http";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { EntrepotError, type Principal } from "@entrepot/core";
import { auditRefusal, type RefusedRequest } from "../audit-refusal.ts";
import type { OwnSession } from "../../identity/index.ts";
import type { Answer } from "../answer.ts";
import { hasUnreadBody } from "../body.ts";
import { baseUrlOf, ownOrigins, plainAddress, type AddressReader } from "../client-address.ts";
import type { HttpDeps } from "../context.ts";
import { errorAnswer, isRefusal, isServerFault } from "../errors.ts";
import { recordUse } from "../key-log.ts";
import { recordLook, recordRefusal } from "../record-decision.ts";
import { nameOf } from "../require-user.ts";
import { assertSameSite, requireSession } from "../session-cookie.ts";
import { credentialInBody, shownCredential } from "../shown-credential.ts";
import type { ApiContext, ApiRoute } from "./api-route.ts";
import { ByteStream, SentBytes } from "./byte-stream.ts";
import { docsPage } from "./docs-page.ts";
import { assertMay, type Params } from "./may-call.ts";
import { NdjsonStream } from "./ndjson-stream.ts";
import { openApiDocument } from "./openapi.ts";
import { API_ROUTES } from "./routes.ts";

const API_PREFIX = "/api/v1";
const BODY_BYTES_MAX = 256 * 1024;
const PARAM_CHARS_MAX = 1000;
const BODY_WITH_KEY_BYTES_MAX = 16 * 1024;
const FORM = /^application\/x-www-form-urlencoded\b/i;
const BODY_WITH_KEY = /^application\/(?:json|x-www-form-urlencoded)\b/i;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Of the route; nothing at other URLs. */
    id?: string;
    isSignIn?: boolean;
  }
  interface FastifyRequest {
    principal: Principal;
    /** Whose cookie was the credential; null when it was another. */
    ownSession: OwnSession | null;
    startedAt: number;
    /** The client's own address, behind trusted proxies. */
    clientIp: string;
    /** The answer's text; empty until there is one. */
    sentText: string;
  }
}

/** The JSON API. */
export interface Api {
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/** Makes the API. It answers requests that are handed to it and listens nowhere itself. */
export async function createApi(deps: HttpDeps, addresses: AddressReader): Promise<Api> {
  const app = fastify({ bodyLimit: BODY_BYTES_MAX, routerOptions: { maxParamLength: PARAM_CHARS_MAX } });
  app.decorateRequest("principal");
  app.decorateRequest("ownSession", null);
  app.decorateRequest("startedAt", 0);
  app.decorateRequest("clientIp", "");
  app.decorateRequest("sentText", "");
  app.setErrorHandler(async (error, request, reply) => {
    await sendError(deps, addresses, { error, request, reply });
    return reply;
  });
  app.setNotFoundHandler(() => {
    throw new EntrepotError("not-found", { message: "The API has nothing at this URL." });
  });
  app.addHook("onRequest", async (request) => {
    request.startedAt = performance.now();
    request.principal = { kind: "anonymous" };
    request.clientIp = plainAddress(request.raw.socket.remoteAddress ?? "");
    request.clientIp = addresses.read(request.raw).ip;
  });
  const meters = new Map(API_ROUTES.map(({ id }) => [id, deps.metrics.route(`api-${id}`)]));
  const otherMeter = deps.metrics.route("other");
  app.addHook("onResponse", async (request, reply) => {
    const meter = meters.get(request.routeOptions.config.id ?? "") ?? otherMeter;
    meter.observe(reply.statusCode, performance.now() - request.startedAt);
    logRequest(deps, request, reply);
    recordUse(deps.audit, {
      principal: request.principal,
      method: request.method,
      path: request.url,
      status: reply.statusCode,
      address: request.clientIp,
      userAgent: request.headers["user-agent"],
      bodies: keptBodies(request),
    });
  });
  app.addHook("onSend", async (request, _reply, payload) => {
    if (typeof payload === "string") request.sentText = payload;
  });
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, text, done) => {
    // Some clients name the type of a body that they do not send.
    if (text === "") done(null, undefined);
    else void parseJson(request, String(text), done);
  });
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request, text, done) => done(null, Object.fromEntries(new URLSearchParams(String(text)))),
  );
  app.addContentTypeParser("application/octet-stream", (_request, payload, done) => {
    done(null, new SentBytes(payload));
  });
  const baseUrl = (request: FastifyRequest): string | null => baseUrlOf(deps, addresses, request.raw);
  const origins = (request: FastifyRequest): string[] => ownOrigins(deps, addresses.read(request.raw));
  for (const route of API_ROUTES) addRoute(app, { deps, baseUrl, origins }, route);
  addDocuments(app, deps);
  await app.ready();
  return { handle: (request, response) => app.routing(request, response), close: () => app.close() };
}

// Made when somebody asks for the first time; they are the same for all and say nothing of what is here.
function addDocuments(app: FastifyInstance, { version }: HttpDeps): void {
  let document: Record<string, unknown> | null = null;
  const made = (): Record<string, unknown> => (document ??= openApiDocument(API_ROUTES, version));
  app.get(`${API_PREFIX}/openapi.json`, async () => made());
  app.get("/api/docs", async (_request, reply) => {
    sendPlain(reply, docsPage(API_ROUTES));
    return await reply;
  });
}

/** Where people put passwords and are shown tokens: nothing of such bodies is kept anywhere. */
const OF_SECRETS = /^\/api\/v1\/(?:tokens|keys|login|password|session|sign-up|invitations|users|upstreams)/;

function keptBodies(request: FastifyRequest): { request?: string; response?: string } {
  if (OF_SECRETS.test(request.url)) return {};
  const { body, sentText } = request;
  const isLarge = Number(request.headers["content-length"] ?? 0) > BODY_BYTES_MAX;
  return {
    ...(body === undefined || body === null || isLarge ? {} : { request: JSON.stringify(body) }),
    ...(sentText === "" ? {} : { response: sentText }),
  };
}

interface RouteParts {
  deps: HttpDeps;
  baseUrl: (request: FastifyRequest) => string | null;
  /** This server's own origins, as the client addresses it. */
  origins: (request: FastifyRequest) => string[];
}

function addRoute(app: FastifyInstance, parts: RouteParts, route: ApiRoute): void {
  const { deps } = parts;
  app.route({
    method: route.method,
    url: `${API_PREFIX}${route.path}`,
    bodyLimit: route.bodyBytesMax ?? BODY_BYTES_MAX,
    config: { id: route.id, isSignIn: route.isSignIn === true },
    // Before the body is read: what may not be written is not taken in.
    onRequest: async (request, reply) => {
      // What anyone may ask is asked with any credential, a stale one among them.
      const isDecided = route.permission === "none" || (await isLetIn(parts, { request, route }));
      // The framework reads bodies without asking for them.
      if (isDecided && request.headers.expect !== undefined) reply.raw.writeContinue();
    },
    preHandler: async (request) => {
      if (!mayBringKey(request, route)) return assertNoForm(request);
      const { credential, rest } = credentialInBody(request.body);
      request.body = rest;
      request.principal = await deps.identity.authenticate(credential, request.clientIp);
      await assertMay(deps, { route, principal: request.principal, params: request.params as Params });
    },
    handler: async (request, reply) => {
      const result = await route.handler(contextOf(parts, { request, reply }));
      if (route.method !== "GET") await deps.changes.refresh();
      void reply.header("cache-control", "private, no-store");
      if (result === undefined) return await reply.code(204).send();
      if (result instanceof NdjsonStream || result instanceof ByteStream) {
        return await reply.type(result.type).send(result.stream);
      }
      return await reply.code(route.status ?? 200).send(result);
    },
  });
}

/** Throws unless the request may go on; false when that is told only by the body, which may bring a key. */
async function isLetIn(
  parts: RouteParts,
  { request, route }: { request: FastifyRequest; route: ApiRoute },
): Promise<boolean> {
  const { deps } = parts;
  const shown = shownCredential(request.raw, request.url.split("?")[1] ?? "");
  request.principal = await deps.identity.authenticate(shown, request.clientIp);
  if (shown === undefined) await takeSession(parts, request, route);
  if (shown === undefined && mayBringKey(request, route)) return false;
  await assertMay(deps, { route, principal: request.principal, params: request.params as Params });
  return true;
}

// A cookie counts only where nothing else was shown: a program's own credential is what it means.
async function takeSession(
  { deps, origins }: RouteParts,
  request: FastifyRequest,
  route: ApiRoute,
): Promise<void> {
  const how = { isWrite: route.method !== "GET", origins: origins(request) };
  request.ownSession = await requireSession(deps, request.raw, how);
  if (request.ownSession !== null) request.principal = request.ownSession.principal;
}

// Programs of old put their key into the body, which then has to be read to know who asks; a short one is.
function mayBringKey(request: FastifyRequest, route: ApiRoute): boolean {
  if (route.method === "GET" || route.permission === "none") return false;
  if (request.principal.kind !== "anonymous") return false;
  const length = Number(request.headers["content-length"] ?? 0);
  const type = request.headers["content-type"] ?? "";
  return length > 0 && length <= BODY_WITH_KEY_BYTES_MAX && BODY_WITH_KEY.test(type);
}

// Any page of any site can make a browser send a form, so it is taken only for the key that it may bring.
function assertNoForm(request: FastifyRequest): void {
  const hasBody = request.body !== undefined && request.body !== null;
  if (!hasBody || !FORM.test(request.headers["content-type"] ?? "")) return;
  throw new EntrepotError("request-invalid", {
    message: "The API takes JSON; send the body with the header content-type: application/json.",
  });
}

function contextOf(
  { deps, baseUrl, origins }: RouteParts,
  { request, reply }: Exchange,
): ApiContext<unknown> {
  const params = request.params as Params;
  const query = request.query as Record<string, string | string[] | undefined>;
  assertNoNul([...Object.values(params), ...Object.values(query).flat()]);
  return {
    deps,
    principal: request.principal,
    ip: request.clientIp,
    userAgent: request.headers["user-agent"] ?? "",
    body: request.body,
    param: (name) => params[name] ?? "",
    query: (name) => {
      const value = query[name];
      return Array.isArray(value) ? value[0] : value;
    },
    session: request.ownSession,
    baseUrl: baseUrl(request),
    setHeader: (name, value) => void reply.header(name, value),
    noteLook: ({ registry, name, version }) => {
      recordLook(deps, request.raw, { ...askingOf(deps, request), registry, name, version });
    },
    assertSameSite: () => assertSameSite(request.raw, origins(request)),
  };
}

// What is looked up is a text of the database, and PostgreSQL knows none with this character.
function assertNoNul(values: readonly (string | undefined)[]): void {
  if (!values.some((value) => value?.includes("\0"))) return;
  throw new EntrepotError("request-invalid", { message: "The URL holds the character NUL; leave it out." });
}

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
}

async function sendError(
  deps: HttpDeps,
  addresses: AddressReader,
  { error, request, reply }: Exchange & { error: unknown },
): Promise<void> {
  const known = frameworkError(error);
  auditRefusal(deps, request.raw, { error: known, ...askedOf(request) });
  if (known instanceof EntrepotError && isRefusal(known)) await noteRefusal(deps, request, known);
  if (isServerFault(known)) deps.log.error("request failed", { requestId: request.id, error: known });
  // What was not wanted is not listened to any longer.
  if (hasUnreadBody(request.raw)) void reply.header("connection", "close");
  const baseUrl = baseUrlOf(deps, addresses, request.raw);
  const isForPage = request.headers["x-entrepot-client"] === "console";
  sendPlain(reply, errorAnswer(known, { requestId: request.id, baseUrl, isForPage }));
}

async function noteRefusal(deps: HttpDeps, request: FastifyRequest, error: EntrepotError): Promise<void> {
  const { route, registry: asked, packageName } = askedOf(request);
  const { byName } = await deps.registries.snapshot();
  const registry = byName.get(asked?.name.toLowerCase() ?? "") ?? null;
  const asking = askingOf(deps, request);
  recordRefusal(deps, request.raw, { ...asking, error, registry, packageName, route });
}

function askingOf(
  { now }: HttpDeps,
  { principal, clientIp: ip }: FastifyRequest,
): Pick<RefusedRequest, "principal" | "ip"> & { at: number } {
  return { principal, ip, at: now() };
}

function askedOf(request: FastifyRequest): RefusedRequest {
  const { principal, clientIp, routeOptions } = request;
  const { name, package: packageName = null } = (request.params ?? {}) as Record<string, string | undefined>;
  const isAboutRegistry = routeOptions.url?.startsWith(`${API_PREFIX}/registries/`) === true;
  return {
    principal,
    ip: clientIp,
    route: routeOptions.config.id ?? null,
    isSignIn: routeOptions.config.isSignIn === true,
    registry: isAboutRegistry && name !== undefined ? { id: null, name } : null,
    packageName,
  };
}

// The framework refuses bad bodies with errors of its own; they are the client's mistakes.
function frameworkError(error: unknown): unknown {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (error instanceof EntrepotError || typeof status !== "number" || status >= 500) return error;
  const message = error instanceof Error ? error.message : "The request is not valid.";
  return new EntrepotError(status === 413 ? "body-too-large" : "request-invalid", { message, cause: error });
}

function sendPlain(reply: FastifyReply, answer: Answer): void {
  const { headers } = answer;
  for (let at = 0; at < headers.length; at += 2) {
    void reply.header(headers[at] as string, headers[at + 1] as string);
  }
  void reply.code(answer.status).send(answer.body);
}

function logRequest(deps: HttpDeps, request: FastifyRequest, reply: FastifyReply): void {
  const { principal } = request;
  deps.accessLog?.line({
    at: deps.now(),
    method: request.method,
    path: request.url,
    status: reply.statusCode,
    sizeBytes: Number(reply.getHeader("content-length") ?? 0),
    durationMs: performance.now() - request.startedAt,
    address: request.clientIp,
    principal: nameOf(principal),
    tokenId: principal.kind === "anonymous" ? null : principal.tokenId,
    userAgent: request.headers["user-agent"] ?? "",
    requestId: reply.statusCode >= 400 ? request.id : null,
  });
}
