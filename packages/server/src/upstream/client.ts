import { type EntrepotError, isEntrepotError } from "@entrepot/core";
import type { Dispatcher } from "undici";

import type { CountMeter, DurationMeter, Metrics } from "../telemetry/index.ts";
import { isPrivateHost, resolvesToPrivate } from "./addresses.ts";
import { type Breaker, type BreakerState, createBreaker } from "./breaker.ts";
import type { CancelSignal } from "./canceller.ts";
import type { Dispatchers, Lane } from "./dispatchers.ts";
import { type AnswerHead, Exchange } from "./exchange.ts";
import { retryAfterMs } from "./retry-after.ts";
import { bodyError, codeOf, connectionError, invalid, unavailable } from "./upstream-errors.ts";
import type { Upstream } from "./upstream.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { mayFollow } from "./urls.ts";
import { viaHeader } from "./via.ts";

const REDIRECTS_MAX = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Socket errors after which a request goes once more: the server may have closed an idle connection as we took it. */
const STALE_SOCKET = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);
/** From here on a request without an answer makes its upstream suspect. */
const OVERDUE_MS = 1000;
/** How much the newest request counts in the mean. */
const NEWEST_SHARE = 0.1;
const TOTAL_MS_MAX: Readonly<Record<Lane, number>> = {
  document: 120_000,
  tarball: 600_000,
  audit: 15_000,
};

export interface ClientDeps {
  dispatchers: Dispatchers;
  now: () => number;
  /** `instanceId` marks our requests, so that a loop is seen. */
  self: { instanceId: string; version: string };
  queueMax: number;
  metrics?: Pick<Metrics, "counter" | "durations"> | undefined;
}

export interface OutboundRequest {
  url: URL;
  lane: Lane;
  headers: Readonly<Record<string, string>>;
  signal?: CancelSignal;
  /** Sent by POST, again if the connection turns out to be closed; what is posted changes nothing. */
  body?: Uint8Array;
}

/** An answer whose body has not been read. Read it or discard it. */
export interface UpstreamResponse extends AnswerHead {
  /** Of the answer, after redirects. */
  url: URL;
  /**
   * Hands the body over in chunks and waits where `use` gives a promise. Throws `upstream-invalid` when the body breaks
   * off, `upstream-timeout` when it stops; what `use` throws breaks it off.
   */
  each(use: (chunk: Buffer) => Promise<void> | void): Promise<void>;
  /** Lets the body go unread. */
  discard(): void;
}

export interface UpstreamHealth {
  state: BreakerState;
  lastError: string | null;
  lastErrorAt: number | null;
  lastSuccessAt: number | null;
  /** The first failure after the last success; null after a success. */
  failingSince: number | null;
  /** Nothing is sent before this time; null while requests go. */
  refusesUntil: number | null;
  /** Requests that wait for an answer to begin. */
  waiting: number;
  /** How long requests took lately, the last ones most; null before the first. */
  meanMs: number | null;
}

export interface UpstreamClient {
  /** Sends a GET and follows redirects. Throws `upstream-unavailable`, `upstream-timeout` or `upstream-invalid`. */
  get(upstream: Upstream, request: OutboundRequest): Promise<UpstreamResponse>;
  /** The same with a body; redirects are not followed, since they would take the body to who knows whom. */
  post(upstream: Upstream, request: OutboundRequest & { body: Uint8Array }): Promise<UpstreamResponse>;
  /** True while requests are refused or one has been without an answer for more than a second. */
  isSuspect(upstreamId: string): boolean;
  /** Until when nothing is sent; 0 if requests go. Milliseconds since 1970. */
  refusesUntil(upstreamId: string): number;
  health(upstreamId: string): UpstreamHealth;
}

interface Line {
  breaker: Breaker;
  waiting: number;
  overdue: number;
  lastError: string | null;
  lastErrorAt: number | null;
  lastSuccessAt: number | null;
  failingSince: number | null;
  meanMs: number | null;
}

/** What is counted of the requests to an upstream. */
interface Meters {
  durations: DurationMeter;
  /** By how a request ended; made when it is first needed. */
  outcomes: Map<string, CountMeter>;
}

/** What does not change about an upstream as long as its settings do not. */
interface Known {
  url: URL;
  meters: Meters | null;
}

/** Makes the client that all requests to upstreams go through. It sends nothing that a client of ours sent. */
export function createUpstreamClient(deps: ClientDeps): UpstreamClient {
  const lines = new Map<string, Line>();
  const known = new WeakMap<Upstream, Known>();
  const lineOf = (upstreamId: string): Line => {
    const line = lines.get(upstreamId) ?? openLine(deps);
    lines.set(upstreamId, line);
    return line;
  };
  const knownOf = (upstream: Upstream): Known => {
    const found = known.get(upstream) ?? { url: new URL(upstream.url), meters: metersOf(deps, upstream) };
    known.set(upstream, found);
    return found;
  };
  const request = (upstream: Upstream, wanted: OutboundRequest): Promise<UpstreamResponse> => {
    const { url: own, meters } = knownOf(upstream);
    return accounted({ deps, line: lineOf(upstream.id), upstream, own, meters }, wanted);
  };
  return {
    get: request,
    post: request,
    isSuspect(upstreamId) {
      const line = lines.get(upstreamId);
      return line !== undefined && (line.overdue > 0 || line.breaker.state() !== "closed");
    },
    refusesUntil: (upstreamId) => lines.get(upstreamId)?.breaker.openUntil() ?? 0,
    health(upstreamId) {
      const { breaker, overdue: _, ...account } = lineOf(upstreamId);
      const state = breaker.state();
      return { state, ...account, refusesUntil: state === "open" ? breaker.openUntil() : null };
    },
  };
}

function openLine({ now }: ClientDeps): Line {
  const breaker = createBreaker(now);
  const account = { lastError: null, lastErrorAt: null, lastSuccessAt: null, failingSince: null };
  return { breaker, waiting: 0, overdue: 0, meanMs: null, ...account };
}

interface Call {
  deps: ClientDeps;
  line: Line;
  upstream: Upstream;
  /** The upstream's own URL. */
  own: URL;
  meters: Meters | null;
}

async function accounted(call: Call, request: OutboundRequest): Promise<UpstreamResponse> {
  const { deps, line, upstream } = call;
  const refusedForMs = line.breaker.enter();
  if (refusedForMs !== null) {
    const retryAfterSeconds = Math.max(1, Math.ceil(refusedForMs / 1000));
    const why = line.lastError ?? "failed several times";
    throw unavailable(upstream, `is left alone for ${retryAfterSeconds} s: ${why}`, { retryAfterSeconds });
  }
  if (line.waiting >= deps.queueMax) {
    line.breaker.release();
    throw unavailable(upstream, `has ${deps.queueMax} requests waiting already`, { retryAfterSeconds: 1 });
  }
  const startedAt = performance.now();
  try {
    const response = await answerOf(call, request);
    settle(call, response);
    count(call, { outcome: `${Math.floor(response.status / 100)}xx`, startedAt });
    return response;
  } catch (error) {
    throw failed(call, { error: connectionError(upstream, error), request, startedAt });
  }
}

/** Keeps account of an answer that came, whatever it says. */
function settle({ line, deps }: Call, { status, headers }: UpstreamResponse): void {
  if (status !== 429 && status < 500) {
    line.breaker.succeed();
    line.lastSuccessAt = deps.now();
    line.failingSince = null;
    return;
  }
  const wished = status === 429 || status === 503 ? retryAfterMs(headers["retry-after"], deps.now()) : null;
  line.breaker.fail(wished);
  note({ line, deps }, `answered ${status}`);
}

interface Failure {
  error: EntrepotError;
  request: OutboundRequest;
  startedAt: number;
}

/** Keeps account of an answer that did not come, and makes what is thrown of it. */
function failed(call: Call, { error, request, startedAt }: Failure): unknown {
  const { line, deps } = call;
  count(call, { outcome: request.signal?.aborted === true ? "aborted" : error.code, startedAt });
  if (request.signal?.aborted === true) {
    line.breaker.release();
    return request.signal.reason;
  }
  // What is wrong with the answer says nothing of the connection.
  if (error.code === "upstream-invalid") line.breaker.release();
  else line.breaker.fail(null);
  note({ line, deps }, error.message);
  return error;
}

function note({ line, deps }: Pick<Call, "line" | "deps">, text: string): void {
  line.lastError = text;
  line.lastErrorAt = deps.now();
  line.failingSince ??= line.lastErrorAt;
}

function metersOf({ metrics }: ClientDeps, { name }: Upstream): Meters | null {
  if (metrics === undefined) return null;
  const durations = metrics.durations("entrepot_upstream_request_duration_seconds", { upstream: name });
  return { durations, outcomes: new Map() };
}

function count({ deps, line, upstream, meters }: Call, what: { outcome: string; startedAt: number }): void {
  const { outcome, startedAt } = what;
  const durationMs = performance.now() - startedAt;
  line.meanMs = line.meanMs === null ? durationMs : line.meanMs + (durationMs - line.meanMs) * NEWEST_SHARE;
  if (meters === null || deps.metrics === undefined) return;
  let requests = meters.outcomes.get(outcome);
  if (requests === undefined) {
    const labels = { upstream: upstream.name, outcome };
    requests = deps.metrics.counter("entrepot_upstream_requests_total", labels);
    meters.outcomes.set(outcome, requests);
  }
  requests.value += 1;
  meters.durations.observe(durationMs);
}

async function answerOf(call: Call, request: OutboundRequest): Promise<UpstreamResponse> {
  const { line } = call;
  line.waiting += 1;
  let isOverdue = false;
  const timer = setTimeout(() => {
    isOverdue = true;
    line.overdue += 1;
  }, OVERDUE_MS);
  try {
    return await follow(call, request);
  } finally {
    clearTimeout(timer);
    line.waiting -= 1;
    if (isOverdue) line.overdue -= 1;
  }
}

async function follow(call: Call, request: OutboundRequest): Promise<UpstreamResponse> {
  const { upstream } = call;
  const deadline = startDeadline(TOTAL_MS_MAX[request.lane], request.signal);
  try {
    let url = request.url;
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
      if (url.hostname !== call.own.hostname) await assertReachable(call, url);
      const answer = await sendOnce(call, { ...request, url, deadline });
      if (!REDIRECTS.has(answer.head.status)) return responseOf(call, { ...answer, url, deadline });
      answer.exchange.discard();
      if (request.body !== undefined) {
        throw invalid(upstream, "answers with a redirect, which is not followed with what is sent to it");
      }
      url = redirected(upstream, url, answer.head.headers["location"]);
    }
    throw invalid(upstream, `redirects more than ${REDIRECTS_MAX} times`);
  } catch (error) {
    deadline.end();
    throw error;
  }
}

function redirected(upstream: Upstream, from: URL, location: string | string[] | undefined): URL {
  if (typeof location !== "string" || !URL.canParse(location, from.href)) {
    throw invalid(upstream, "redirects without saying where to");
  }
  const to = new URL(location, from);
  to.username = "";
  to.password = "";
  if (mayFollow(upstream, to)) return to;
  throw invalid(upstream, `redirects to ${to.protocol}//${to.host}, which is not among its allowed hosts`);
}

/** Addresses behind names are checked when connecting; those written in the URL have to be checked here. */
async function assertReachable({ upstream, own }: Call, url: URL): Promise<void> {
  if (isPrivateHost(url.hostname) !== true || (await resolvesToPrivate(own.hostname))) return;
  throw invalid(upstream, `leads to the private address ${url.hostname}, which is not followed`);
}

/** An answer that has begun. */
interface Answer {
  head: AnswerHead;
  exchange: Exchange;
}

async function sendOnce(call: Call, request: OutboundRequest & { deadline: Deadline }): Promise<Answer> {
  const { deps, upstream, own } = call;
  const { url, lane, deadline, body } = request;
  const headers: Record<string, string> = {
    ...request.headers,
    "user-agent": `entrepot/${deps.self.version}`,
    "via": viaHeader(deps.self.instanceId),
  };
  if (url.origin === own.origin && upstream.credential !== null) {
    headers["authorization"] = upstream.credential;
  }
  const dispatcher = await deps.dispatchers.for(upstream, lane, url);
  try {
    return await send(dispatcher, { url, headers, deadline, body });
  } catch (error) {
    if (!STALE_SOCKET.has(codeOf(error) ?? "") || deadline.over() !== null) throw error;
    return send(dispatcher, { url, headers, deadline, body });
  }
}

interface Sending {
  url: URL;
  headers: Record<string, string>;
  deadline: Deadline;
  body: Uint8Array | undefined;
}

async function send(dispatcher: Dispatcher, { url, headers, deadline, body }: Sending): Promise<Answer> {
  const over = deadline.over();
  if (over !== null) throw over.reason;
  const exchange = new Exchange();
  deadline.watch((reason) => exchange.abort(reason));
  const { origin, pathname, search } = url;
  const method = body === undefined ? "GET" : "POST";
  dispatcher.dispatch(
    { origin, path: `${pathname}${search}`, method, headers, body: body ?? null },
    exchange,
  );
  return { head: await exchange.head, exchange };
}

interface Answered extends Answer {
  url: URL;
  deadline: Deadline;
}

function responseOf(call: Call, { url, head, exchange, deadline }: Answered): UpstreamResponse {
  return {
    ...head,
    url,
    async each(use) {
      try {
        await exchange.each(use);
      } catch (error) {
        throw brokenOff(call, error, deadline);
      } finally {
        deadline.end();
      }
    },
    discard: () => {
      deadline.end();
      exchange.discard();
    },
  };
}

/** Keeps account of a body that did not come to its end, and makes what is thrown of it. */
function brokenOff({ line, deps, upstream }: Call, error: unknown, deadline: Deadline): unknown {
  if (deadline.isAborted() || isEntrepotError(error)) return error;
  const named = bodyError(upstream, error);
  line.breaker.fail(null);
  note({ line, deps }, named.message);
  return named;
}
