import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { EntrepotError, type Principal } from "@entrepot/core";
import type { ChangeLog } from "../changes/index.ts";
import type { Decided } from "../firewall/index.ts";
import type { RouteMeter } from "../telemetry/index.ts";
import { isOwnRequest } from "../upstream/index.ts";
import type { Answer } from "./answer.ts";
import { auditRefusal } from "./audit-refusal.ts";
import { answerBrokenRequest } from "./broken-request.ts";
import { baseUrlOf, createAddressReader, type AddressReader } from "./client-address.ts";
import { createClosing, type Closing } from "./closing.ts";
import type { HttpDeps } from "./context.ts";
import { errorAnswer, isRefusal, isServerFault, refusalPhrase } from "./errors.ts";
import { createOtherEndpoint, type OtherEndpoint } from "./other-endpoint.ts";
import { createNpmEndpoint, type NpmEndpoint, type NpmExchange, type RequestTrace } from "./npm-endpoint.ts";
import { createReplayLane, type ReplayLane } from "./replay-lane.ts";
import { recordRefusal, recordSent } from "./record-decision.ts";
import { createRequestIds } from "./request-ids.ts";
import { recordUse } from "./key-log.ts";
import { nameOf } from "./require-user.ts";
import { NPM_ROUTES } from "./routes.ts";
import { sendAnswer, type SentAnswer } from "./send-answer.ts";
import { createSites, type Sites } from "./sites.ts";

const CONNECTION_CHECK_MS = 5000;
const HEADERS_COUNT_MAX = 200;
const LARGE_BODY_BYTES = 64 * 1024;
const ANONYMOUS: Principal = { kind: "anonymous" };
const UNKNOWN = {
  principal: ANONYMOUS,
  route: null,
  isSignIn: false,
  registry: null,
  packageName: null,
} as const;

/** The server, and how it ends. */
export interface HttpServer {
  server: Server;
  /** Answers what is under way and refuses what is new; cuts off what takes longer than `msMax`. */
  close(msMax: number): Promise<void>;
}

/** What a finished request leaves behind. */
interface Finished extends Pick<RequestTrace, "principal" | "meter" | "ip"> {
  /** When it came, in milliseconds since 1970. */
  at: number;
  durationMs: number;
  sent: SentAnswer;
  /** What the decision log is to be told. */
  decided: Decided | null;
  requestId: string | null;
}

interface ServerParts {
  deps: HttpDeps;
  addresses: AddressReader;
  lane: ReplayLane;
  npm: NpmEndpoint;
  other: OtherEndpoint;
  /** Of what addresses no registry and is not for the API, and of what fails before its route is known. */
  otherMeter: RouteMeter;
  nextRequestId: () => string;
}

/**
 * Makes the HTTP server. A request takes the replay lane if its answer is known and current, else the npm
 * endpoint if it addresses a registry, else it is for the API, for operations, or for nobody. `hosted` has workspaces by
 * their host names; every other host is for `deps`.
 */
export function createHttpServer(
  deps: HttpDeps,
  hosted: ReadonlyMap<string, HttpDeps> = new Map(),
): HttpServer {
  const addresses = createAddressReader(deps.trustedProxies);
  const sites = openSites(addresses, deps, hosted);
  const catchUp = createCatchUp(deps.changes);

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const at = deps.now();
    if (closing.isClosing) response.shouldKeepAlive = false;
    catchUp();
    const parts = sites.of(request);
    const replayed = parts.lane.tryAnswer(request, response);
    if (replayed !== null) {
      finish(parts, request, {
        at,
        // A small one takes some microseconds; a finer clock would make that a tenth more.
        durationMs: replayed.sizeBytes > LARGE_BODY_BYTES ? deps.now() - at : 0,
        sent: replayed,
        decided: replayed.decided,
        principal: replayed.principal,
        meter: replayed.meter,
        ip: addresses.ip(request),
        requestId: null,
      });
      return;
    }
    void handleUnknown(parts, { request, response, at, startedAt: performance.now(), closing });
  }

  const { limits } = deps;
  const server = createServer(
    {
      // Duplicates come out as one value with a comma, which no host and no credential of ours looks like.
      joinDuplicateHeaders: true,
      connectionsCheckingInterval: CONNECTION_CHECK_MS,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.idleTimeoutMs,
      maxHeaderSize: limits.headerBytesMax,
      noDelay: true,
    },
    handle,
  );
  server.maxConnections = limits.connectionsMax;
  server.maxHeadersCount = HEADERS_COUNT_MAX;
  // The reader of a body asks for it, once it is known that the body is wanted.
  server.on("checkContinue", handle);
  server.on("clientError", answerBrokenRequest);
  const closing = createClosing(server);
  async function close(msMax: number): Promise<void> {
    await closing.close(msMax);
    for (const { other } of sites.all()) await other.close();
  }
  return { server, close };
}

function openSites(
  addresses: AddressReader,
  deps: HttpDeps,
  hosted: ReadonlyMap<string, HttpDeps>,
): Sites<ServerParts> {
  const nextRequestId = createRequestIds(process.pid.toString(36));
  const partsOf = (own: HttpDeps): ServerParts => ({
    deps: own,
    addresses,
    lane: createReplayLane(own, addresses),
    npm: createNpmEndpoint(own, NPM_ROUTES, addresses),
    other: createOtherEndpoint(own, addresses),
    otherMeter: own.metrics.route("other"),
    nextRequestId,
  });
  return createSites(
    { main: partsOf(deps), hosted: new Map([...hosted].map(([host, own]) => [host, partsOf(own)])) },
    addresses,
    (site, hostName) => site.deps.registries.peek()?.byHost.has(hostName) === true,
  );
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  at: number;
  /** The same moment on the clock that durations are measured with. */
  startedAt: number;
  closing: Closing;
}

async function handleUnknown(parts: ServerParts, exchange: Exchange): Promise<void> {
  const { request, response, at, startedAt, closing } = exchange;
  // Now, because a client that leaves takes its address along.
  const ip = parts.addresses.ip(request);
  const trace: RequestTrace = { ...UNKNOWN, meter: parts.otherMeter, ip };
  const { answer, requestId } = await outcomeOf(parts, { request, response, trace });
  if (answer === null) return;
  if (closing.isClosing) response.shouldKeepAlive = false;
  let sent: SentAnswer;
  try {
    sent = await sendAnswer(request, response, answer);
  } catch (error) {
    // The client left, or the storage failed in the middle of a body; either way the answer cannot be completed.
    if (!request.socket.destroyed) parts.deps.log.warn("answer cut short", { error });
    response.destroy();
    sent = { status: 499, sizeBytes: 0 };
  }
  const durationMs = performance.now() - startedAt;
  finish(parts, request, { ...trace, at, durationMs, sent, decided: answer.decided ?? null, requestId });
}

/** The answer, null when the API took the request over, and the id of one that failed. */
interface Outcome {
  answer: Answer | null;
  requestId: string | null;
}

async function outcomeOf(parts: ServerParts, exchange: NpmExchange): Promise<Outcome> {
  const { request, response, trace } = exchange;
  try {
    assertNoLoop(parts.deps, request);
    if (await parts.npm.owns(request)) {
      const answer = await parts.npm.answer(exchange);
      parts.lane.record(request, answer, trace.meter);
      return { answer, requestId: null };
    }
    if (parts.other.takesOver(request, response)) return { answer: null, requestId: null };
    return { answer: await parts.other.answer(request, response), requestId: null };
  } catch (error) {
    const requestId = parts.nextRequestId();
    auditRefusal(parts.deps, request, { ...trace, error });
    if (isServerFault(error)) parts.deps.log.error("request failed", { requestId, error });
    if (error instanceof EntrepotError && isRefusal(error)) {
      recordRefusal(parts.deps, request, { ...trace, at: parts.deps.now(), error });
    }
    const baseUrl = baseUrlOf(parts.deps, parts.addresses, request);
    const phrase = refusalPhrase(error, { baseUrl, userAgent: request.headers["user-agent"] });
    if (phrase !== null) response.statusMessage = phrase;
    return { answer: errorAnswer(error, { requestId, baseUrl }), requestId };
  }
}

function finish(parts: ServerParts, request: IncomingMessage, finished: Finished): void {
  const { at, sent, principal, durationMs, meter, ip } = finished;
  meter?.observe(sent.status, durationMs);
  if (finished.decided !== null) {
    recordSent(parts.deps, request, { decided: finished.decided, status: sent.status, principal, ip, at });
  }
  const { accessLog, audit } = parts.deps;
  if (principal.kind !== "anonymous" && principal.log !== undefined) {
    const { method = "", url = "", headers } = request;
    recordUse(audit, {
      principal,
      method,
      path: url,
      status: sent.status,
      address: ip,
      userAgent: headers["user-agent"],
    });
  }
  if (accessLog === null) return;
  accessLog.line({
    at,
    method: request.method ?? "",
    path: request.url ?? "",
    status: sent.status,
    sizeBytes: sent.sizeBytes,
    durationMs,
    address: ip,
    principal: nameOf(principal),
    tokenId: principal.kind === "anonymous" ? null : principal.tokenId,
    userAgent: request.headers["user-agent"] ?? "",
    requestId: finished.requestId,
  });
}

function assertNoLoop(deps: HttpDeps, request: IncomingMessage): void {
  if (!isOwnRequest(request.headers.via, deps.instanceId)) return;
  throw new EntrepotError("upstream-loop", {
    message: "This request has been here before: an upstream of this server leads back to it.",
  });
}

/**
 * Catches up with the change log for each request, but asks the engine once in a turn of the event loop at most:
 * the requests of one turn had all arrived before its first one was handled.
 */
function createCatchUp(changes: Pick<ChangeLog, "catchUp">): () => void {
  let hasAsked = false;
  function reset(): void {
    hasAsked = false;
  }
  return () => {
    if (hasAsked) return;
    changes.catchUp();
    hasAsked = true;
    setImmediate(reset);
  };
}
