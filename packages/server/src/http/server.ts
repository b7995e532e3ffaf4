import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { EntrepotError, type Principal } from "@entrepot/core";
import type { RouteMeter } from "../telemetry/index.ts";
import { isOwnRequest } from "../upstream/index.ts";
import { createAddressReader } from "./client-address.ts";
import type { HttpDeps } from "./context.ts";
import { errorAnswer, isServerFault } from "./errors.ts";
import { createNpmEndpoint, type NpmEndpoint } from "./npm-endpoint.ts";
import { createReplayLane, type ReplayLane } from "./replay-lane.ts";
import { createRequestIds } from "./request-ids.ts";
import { NPM_ROUTES } from "./routes.ts";
import { sendAnswer, type SentAnswer } from "./send-answer.ts";

const CONNECTION_CHECK_MS = 5000;
const HEADERS_COUNT_MAX = 200;

/** Answers a request that addresses no registry: the JSON API, operations, the console. */
export type OtherHandler = (request: IncomingMessage, response: ServerResponse) => void;

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
  nextRequestId: () => string;
}

/**
 * Makes the HTTP server. A request takes the replay lane if its answer is known and current, else the npm
 * endpoint if it addresses a registry, else `handleOther`.
 */
export function createHttpServer(deps: HttpDeps, handleOther: OtherHandler): Server {
  const addresses = createAddressReader(deps.trustedProxies);
  const parts: ServerParts = {
    deps,
    lane: createReplayLane(deps, addresses),
    npm: createNpmEndpoint(deps, NPM_ROUTES, addresses),
    nextRequestId: createRequestIds(process.pid.toString(36)),
  };
  const catchUp = oncePerTurn(() => deps.changes.catchUp());

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const startedAt = performance.now();
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
    const isNpm = parts.npm.owns(request);
    if (isNpm === true) void handleNpm(parts, { request, response, startedAt });
    else if (isNpm === false) handleOther(request, response);
    else
      void isNpm.then((is) =>
        is ? handleNpm(parts, { request, response, startedAt }) : handleOther(request, response),
      );
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
  return server;
}

interface NpmExchange {
  request: IncomingMessage;
  response: ServerResponse;
  startedAt: number;
}

async function handleNpm(parts: ServerParts, { request, response, startedAt }: NpmExchange): Promise<void> {
  let principal: Principal = { kind: "anonymous" };
  let meter: RouteMeter | null = null;
  let requestId: string | null = null;
  let answer;
  try {
    assertNoLoop(parts.deps, request);
    const result = await parts.npm.answer(request, response);
    ({ answer, principal, meter } = result);
    parts.lane.record(request, answer, meter);
  } catch (error) {
    requestId = parts.nextRequestId();
    if (isServerFault(error)) parts.deps.log.error("request failed", { requestId, error });
    answer = errorAnswer(error, requestId);
  }
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
 * Runs `work` at the first call of each turn of the event loop. Requests of one turn had all arrived before its
 * first one was handled, so one look at the change log is as good as one each.
 */
function oncePerTurn(work: () => void): () => void {
  let isDone = false;
  function reset(): void {
    isDone = false;
  }
  return () => {
    if (isDone) return;
    isDone = true;
    setImmediate(reset);
    work();
  };
}
