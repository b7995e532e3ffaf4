import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { EntrepotError, type Principal } from "@entrepot/core";
import type { ChangeLog } from "../changes/index.ts";
import type { RouteMeter } from "../telemetry/index.ts";
import { isOwnRequest } from "../upstream/index.ts";
import { createAddressReader } from "./client-address.ts";
import { createClosing, type Closing } from "./closing.ts";
import type { HttpDeps } from "./context.ts";
import { errorAnswer, isServerFault } from "./errors.ts";
import { createOtherEndpoint, type OtherEndpoint } from "./other-endpoint.ts";
import { createNpmEndpoint, type NpmEndpoint, type NpmResult } from "./npm-endpoint.ts";
import { createReplayLane, type ReplayLane } from "./replay-lane.ts";
import { createRequestIds } from "./request-ids.ts";
import { NPM_ROUTES } from "./routes.ts";
import { sendAnswer, type SentAnswer } from "./send-answer.ts";

const CONNECTION_CHECK_MS = 5000;
const HEADERS_COUNT_MAX = 200;
const ANONYMOUS: Principal = { kind: "anonymous" };

/** The server, and how it ends. */
export interface HttpServer {
  server: Server;
  /** Answers what is under way and refuses what is new; cuts off what takes longer than `msMax`. */
  close(msMax: number): Promise<void>;
}

/** What a finished request leaves behind. */
interface Finished {
  startedAt: number;
  sent: SentAnswer;
  principal: Principal;
  meter: RouteMeter | null;
  requestId: string | null;
}

interface ServerParts {
  deps: HttpDeps;
  lane: ReplayLane;
  npm: NpmEndpoint;
  other: OtherEndpoint;
  nextRequestId: () => string;
}

/**
 * Makes the HTTP server. A request takes the replay lane if its answer is known and current, else the npm
 * endpoint if it addresses a registry, else it is for the API, for operations, or for nobody.
 */
export function createHttpServer(deps: HttpDeps): HttpServer {
  const addresses = createAddressReader(deps.trustedProxies);
  const parts: ServerParts = {
    deps,
    lane: createReplayLane(deps, addresses),
    npm: createNpmEndpoint(deps, NPM_ROUTES, addresses),
    other: createOtherEndpoint(deps, addresses),
    nextRequestId: createRequestIds(process.pid.toString(36)),
  };
  const catchUp = createCatchUp(deps.changes);

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const startedAt = performance.now();
    if (closing.isClosing) response.shouldKeepAlive = false;
    catchUp();
    const replayed = parts.lane.tryAnswer(request, response);
    if (replayed !== null) {
      finish(parts, request, {
        startedAt,
        sent: replayed,
        principal: replayed.principal,
        meter: replayed.meter,
        requestId: null,
      });
      return;
    }
    void handleUnknown(parts, { request, response, startedAt, closing });
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
  const closing = createClosing(server);
  async function close(msMax: number): Promise<void> {
    await closing.close(msMax);
    await parts.other.close();
  }
  return { server, close };
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  startedAt: number;
  closing: Closing;
}

async function handleUnknown(parts: ServerParts, exchange: Exchange): Promise<void> {
  const { request, response, startedAt } = exchange;
  const outcome = await outcomeOf(parts, exchange);
  if (outcome === "handed over") return;
  const { answer, principal, meter, requestId } = outcome;
  if (exchange.closing.isClosing) response.shouldKeepAlive = false;
  try {
    const sent = await sendAnswer(request, response, answer);
    finish(parts, request, { startedAt, sent, principal, meter, requestId });
  } catch (error) {
    // The client left, or the storage failed in the middle of a body; either way the answer cannot be completed.
    response.destroy();
    if (!request.socket.destroyed) parts.deps.log.warn("answer cut short", { error });
    finish(parts, request, { startedAt, sent: { status: 499, sizeBytes: 0 }, principal, meter, requestId });
  }
}

interface Outcome extends NpmResult {
  requestId: string | null;
}

async function outcomeOf(
  parts: ServerParts,
  { request, response }: Exchange,
): Promise<Outcome | "handed over"> {
  try {
    assertNoLoop(parts.deps, request);
    if (await parts.npm.owns(request)) {
      const result = await parts.npm.answer(request, response);
      parts.lane.record(request, result.answer, result.meter);
      return { ...result, requestId: null };
    }
    if (parts.other.takesOver(request, response)) return "handed over";
    return { answer: await parts.other.answer(request), principal: ANONYMOUS, meter: null, requestId: null };
  } catch (error) {
    const requestId = parts.nextRequestId();
    if (isServerFault(error)) parts.deps.log.error("request failed", { requestId, error });
    return { answer: errorAnswer(error, requestId), principal: ANONYMOUS, meter: null, requestId };
  }
}

function finish(parts: ServerParts, request: IncomingMessage, finished: Finished): void {
  const { sent, principal, startedAt } = finished;
  const durationMs = performance.now() - startedAt;
  finished.meter?.observe(sent.status, durationMs);
  const { accessLog } = parts.deps;
  if (accessLog === null) return;
  const isUser = principal.kind === "user";
  accessLog.line({
    at: parts.deps.now(),
    method: request.method ?? "",
    path: request.url ?? "",
    status: sent.status,
    sizeBytes: sent.sizeBytes,
    durationMs,
    address: request.socket.remoteAddress ?? "",
    principal: isUser ? principal.name : null,
    tokenId: isUser ? principal.tokenId : null,
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
    if (hasAsked || !changes.catchUp()) return;
    hasAsked = true;
    setImmediate(reset);
  };
}
