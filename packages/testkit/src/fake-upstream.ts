import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";

import { type BulkAdvisory, FakeAudits } from "./fake-upstream-audits.ts";
import {
  type Answer,
  answerWithFault,
  type Fault,
  sendWithFault,
  withWrongHashes,
} from "./fake-upstream-faults.ts";
import { FakePackages, type PublishedVersion, type PublishInput } from "./fake-upstream-packages.ts";
import { publishedBy } from "./fake-upstream-publish.ts";

export type { BulkAdvisory } from "./fake-upstream-audits.ts";
export type { Fault } from "./fake-upstream-faults.ts";
export type { PublishedVersion, PublishInput } from "./fake-upstream-packages.ts";

export interface FakeUpstreamOptions {
  /** Serves https with this key and certificate (PEM). */
  https?: { key: string; cert: string };
  /** Compresses documents for who accepts it; true by default. */
  gzip?: boolean;
  /** Path in front of everything, with a slash at both ends. */
  basePath?: string;
  /** Value that every request's `authorization` must have. */
  authorization?: string;
}

export interface RecordedRequest {
  method: string;
  /** The request target as it came. */
  path: string;
  headers: IncomingHttpHeaders;
  status: number | null;
}

/** A registry on a real loopback socket whose packages, faults and presence a test controls. */
export interface FakeUpstream {
  /** Base URL with a trailing slash. */
  readonly url: string;
  readonly port: number;
  publish(input: PublishInput): PublishedVersion;
  remove(name: string, version?: string): void;
  setTag(name: string, tag: string, version: string | null): void;
  deprecate(name: string, version: string, text: string): void;
  /** The JSON that a GET of this package would bring. */
  document(name: string): Record<string, unknown> | null;
  /** Adds an advisory that this upstream answers audits with. */
  advise(name: string, advisory: BulkAdvisory): void;
  /** Answers a GET of one path below the URL with this value as JSON; with 404 again when it is null. */
  answer(path: string, value: unknown): void;
  /** What bulk audits asked it, since the start. */
  readonly audited: ReadonlyArray<Record<string, string[]>>;
  /** Every request since the start or the last {@link FakeUpstream.forget}. */
  readonly requests: RecordedRequest[];
  /** How many requests of one path came (encodings do not matter), or how many at all. */
  count(path?: string): number;
  /** Requests that would change something. */
  writes(): number;
  forget(): void;
  /** Sets the fault of one path below the URL (`left-pad`, `left-pad/-/left-pad-1.0.0.tgz`) or of all (`*`). */
  fault(path: string, fault: Fault | null): void;
  /** No ETag and no Last-Modified from now on. */
  withoutValidators(without: boolean): void;
  /** Answers that have begun and not ended. */
  openRequests(): number;
  /** Closes the port and every connection. */
  offline(): Promise<void>;
  /** Opens the same port again. */
  online(): Promise<void>;
  close(): Promise<void>;
}

interface State {
  options: Required<Pick<FakeUpstreamOptions, "gzip" | "basePath">> & FakeUpstreamOptions;
  packages: FakePackages;
  audits: FakeAudits;
  answers: Map<string, string>;
  requests: RecordedRequest[];
  faults: Map<string, Fault & { left: number }>;
  validators: boolean;
  open: number;
  port: number;
  server: Server | null;
  sockets: Set<Socket>;
}

export async function createFakeUpstream(options: FakeUpstreamOptions = {}): Promise<FakeUpstream> {
  const state: State = {
    options: { gzip: true, basePath: "/", ...options },
    packages: new FakePackages(() => urlOf(state)),
    audits: new FakeAudits(),
    answers: new Map(),
    requests: [],
    faults: new Map(),
    validators: true,
    open: 0,
    port: 0,
    server: null,
    sockets: new Set(),
  };
  await listen(state);
  const { packages } = state;
  return {
    url: urlOf(state),
    port: state.port,
    publish: (input) => packages.publish(input),
    remove: (name, version) => packages.remove(name, version),
    setTag: (name, tag, version) => packages.setTag(name, tag, version),
    deprecate: (name, version, text) => packages.deprecate(name, version, text),
    document: (name) => JSON.parse(packages.document(name)?.json.toString() ?? "null"),
    advise: (name, advisory) => state.audits.add(name, advisory),
    answer(path, value) {
      if (value === null) state.answers.delete(path);
      else state.answers.set(path, JSON.stringify(value));
    },
    audited: state.audits.asked,
    requests: state.requests,
    count: (path) =>
      state.requests.filter((one) => path === undefined || pathIn(state, one.path) === path).length,
    writes: () => state.requests.filter(({ method }) => method !== "GET" && method !== "HEAD").length,
    forget: () => void state.requests.splice(0),
    fault: (path, fault) => setFault(state, path, fault),
    withoutValidators: (without) => void (state.validators = !without),
    openRequests: () => state.open,
    offline: () => stop(state),
    online: () => listen(state),
    close: () => stop(state),
  };
}

function urlOf({ options, port }: State): string {
  return `${options.https === undefined ? "http" : "https"}://127.0.0.1:${port}${options.basePath}`;
}

/** The path below the base path, decoded and without a query. */
function pathIn({ options }: State, target: string): string {
  const path = target.split("?", 1)[0] ?? "";
  const decoded = decodeURIComponent(path);
  return decoded.startsWith(options.basePath) ? decoded.slice(options.basePath.length) : decoded;
}

function setFault(state: State, path: string, fault: Fault | null): void {
  if (fault === null) state.faults.delete(path);
  else state.faults.set(path, { ...fault, left: fault.times ?? Infinity });
}

function takeFault(state: State, path: string): Fault | null {
  const key = state.faults.has(path) ? path : "*";
  const fault = state.faults.get(key);
  if (fault === undefined) return null;
  fault.left -= 1;
  if (fault.left <= 0) state.faults.delete(key);
  return fault;
}

async function listen(state: State): Promise<void> {
  if (state.server !== null) return;
  const answer = (request: IncomingMessage, response: ServerResponse): void =>
    void serve(state, request, response);
  const { https } = state.options;
  const server = https === undefined ? createServer(answer) : createTlsServer(https, answer);
  server.keepAliveTimeout = 60_000;
  server.on(https === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    state.sockets.add(socket);
    socket.on("close", () => state.sockets.delete(socket)).on("error", () => undefined);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(state.port, "127.0.0.1", resolve);
  });
  state.port = (server.address() as AddressInfo).port;
  state.server = server;
}

async function stop(state: State): Promise<void> {
  const server = state.server;
  state.server = null;
  if (server === null) return;
  const closed = new Promise((resolve) => server.close(resolve));
  for (const socket of state.sockets) socket.destroy();
  await closed;
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const record: RecordedRequest = {
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers,
    status: null,
  };
  state.requests.push(record);
  state.open += 1;
  response.on("close", () => (state.open -= 1)).on("error", () => undefined);
  const path = pathIn(state, record.path);
  const fault = takeFault(state, path);
  if (fault?.kind === "hang") return;
  if (fault?.kind === "reset") return void request.socket.resetAndDestroy();
  if (fault?.kind === "delay") await delay(fault.milliseconds);
  const honest = await honestAnswer(state, request, { path, fault });
  const answer = fault === null ? honest : answerWithFault(honest, fault);
  record.status = answer.status;
  sendWithFault(response, answer, fault);
}

async function honestAnswer(
  state: State,
  request: IncomingMessage,
  what: { path: string; fault: Fault | null },
): Promise<Answer> {
  if (request.method === "PUT") return await accept(state, request);
  const isForbidden = isUnauthorized(state, request);
  const audit =
    request.method === "POST" && !isForbidden ? await state.audits.answer(what.path, request) : null;
  return audit ?? answerTo(state, request, what);
}

function isUnauthorized({ options: { authorization } }: State, request: IncomingMessage): boolean {
  return authorization !== undefined && request.headers.authorization !== authorization;
}

async function accept(state: State, request: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  for (const input of publishedBy(Buffer.concat(chunks))) state.packages.publish(input);
  return json(201, `{"ok":true,"success":true}`);
}

function answerTo(
  state: State,
  request: IncomingMessage,
  what: { path: string; fault: Fault | null },
): Answer {
  if (isUnauthorized(state, request)) {
    return json(401, `{"error":"you must log in"}`);
  }
  if (what.path === "-/ping") return json(200, "{}");
  if (what.path === "-/v1/search") return searchAnswer(state, request);
  const prepared = state.answers.get(what.path);
  if (prepared !== undefined) return json(200, prepared);
  const tarball = what.path.includes("/-/") ? state.packages.tarball(what.path) : null;
  if (tarball !== null) {
    return { status: 200, headers: { "content-type": "application/octet-stream" }, body: tarball };
  }
  return documentAnswer(state, request, what);
}

/** Every package of which the name has the text in it. */
function searchAnswer({ packages }: State, request: IncomingMessage): Answer {
  const query = new URL(request.url ?? "", "http://127.0.0.1").searchParams;
  const found = packages.names().filter((name) => name.includes(query.get("text") ?? ""));
  const objects = found.slice(0, Number(query.get("size") ?? 20)).map((name) => packages.found(name));
  return json(200, JSON.stringify({ objects, total: found.length, time: new Date(0).toISOString() }));
}

function documentAnswer(
  state: State,
  request: IncomingMessage,
  what: { path: string; fault: Fault | null },
): Answer {
  const { fault, path } = what;
  const name = fault?.kind === "other-package" ? (fault.name ?? otherName(state, path)) : path;
  const document = state.packages.document(name);
  if (document === null) return json(404, `{"error":"Not found"}`);
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "vary": "accept-encoding, accept",
  };
  if (state.validators) {
    Object.assign(headers, { "etag": document.etag, "last-modified": document.lastModified });
    if (isUnchanged(request.headers, document)) return { status: 304, headers, body: Buffer.alloc(0) };
  }
  const wrong = fault?.kind === "wrong-hash" ? withWrongHashes(document.json) : null;
  if (!acceptsGzip(state, request)) return { status: 200, headers, body: wrong ?? document.json };
  headers["content-encoding"] = "gzip";
  return { status: 200, headers, body: wrong === null ? document.gzip : gzipSync(wrong) };
}

function acceptsGzip(state: State, request: IncomingMessage): boolean {
  return state.options.gzip && /\bgzip\b/.test(String(request.headers["accept-encoding"]));
}

function otherName(state: State, name: string): string {
  return state.packages.names().find((other) => other !== name) ?? name;
}

/** By RFC 9110: an ETag decides alone, the date only where none was sent. */
function isUnchanged(
  headers: IncomingHttpHeaders,
  document: { etag: string; lastModified: string },
): boolean {
  const match = headers["if-none-match"];
  if (match !== undefined) {
    return match.split(/\s*,\s*/).some((one) => one.replace(/^W\//, "") === document.etag);
  }
  const since = headers["if-modified-since"];
  return since !== undefined && Date.parse(document.lastModified) <= Date.parse(since);
}

function json(status: number, body: string): Answer {
  return { status, headers: { "content-type": "application/json" }, body: Buffer.from(body) };
}
