import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "@entrepot/core";
import type { Decided } from "../firewall/index.ts";
import type { RouteMeter } from "../telemetry/index.ts";
import type { Answer, Replay } from "./answer.ts";
import { plainAddress, type AddressReader } from "./client-address.ts";
import type { HttpDeps } from "./context.ts";
import { isLook } from "./is-look.ts";
import { matchesEtag, type SentAnswer } from "./send-answer.ts";

/** URLs that are remembered; beyond it the oldest goes. */
const URLS_MAX = 20_000;
/** So many may be remembered before anybody looks for those whose answers have gone. */
const URLS_SWEPT_MIN = 1024;
/** Longer requests are not remembered: ordinary ones are far shorter, and memory is bounded by this. */
const REQUEST_CHARS_MAX = 700;
/** Kinds of client per URL that are remembered. */
const VARIANTS_MAX = 8;

/** What the lane sent, for the log and the meters. */
export interface ReplayedAnswer extends SentAnswer {
  principal: Principal;
  meter: RouteMeter | null;
  decided: Decided | null;
}

/**
 * Gives an answer again when the same request comes again: same URL and the same headers that the answer
 * depends on. It asks the recorded answer whether it is current and checks the credential, every time; when
 * in doubt it steps aside and the ordinary way answers.
 */
export interface ReplayLane {
  /** Answers and returns what was sent, or returns null and has done nothing. */
  tryAnswer(request: IncomingMessage, response: ServerResponse): ReplayedAnswer | null;
  /** Remembers an answer that may be given again. */
  record(request: IncomingMessage, answer: Answer, meter: RouteMeter | null): void;
}

interface Recorded {
  accept: string | undefined;
  acceptEncoding: string | undefined;
  host: string | undefined;
  headers: string[];
  replay: Replay;
  meter: RouteMeter | null;
}

/** Makes the lane. Requests that come through trusted proxies keep to the ordinary way. */
export function createReplayLane(deps: HttpDeps, addresses: AddressReader): ReplayLane {
  const recordedByUrl = new Map<string, Recorded[]>();
  let sweptAtSize = URLS_SWEPT_MIN;

  /** Forgets answers that are not current any more; most of them nobody will ask for again. */
  function sweep(): void {
    for (const [url, variants] of recordedByUrl) {
      if (variants.every(({ replay }) => replay.body() === null)) recordedByUrl.delete(url);
    }
    sweptAtSize = Math.max(URLS_SWEPT_MIN, recordedByUrl.size * 2);
  }

  function tryAnswer(request: IncomingMessage, response: ServerResponse): ReplayedAnswer | null {
    const variants = recordedByUrl.get(request.url as string);
    if (variants === undefined || request.method !== "GET" || isLook(request)) return null;
    const recorded = variants.find((variant) => fits(variant, request));
    if (recorded === undefined || request.headers.range !== undefined || addresses.isForwarded(request)) {
      return null;
    }
    const body = recorded.replay.body();
    if (body === null) {
      forget(recordedByUrl, request.url as string, recorded);
      return null;
    }
    const principal = readerOf(deps, request, recorded.replay);
    if (principal === null) return null;
    const status = send(request, response, { recorded, body });
    return {
      status,
      sizeBytes: status === 304 ? 0 : body.length,
      principal,
      meter: recorded.meter,
      decided: recorded.replay.decided ?? null,
    };
  }

  function record(request: IncomingMessage, answer: Answer, meter: RouteMeter | null): void {
    const { replay } = answer;
    if (replay === undefined || answer.status !== 200 || request.method !== "GET") return;
    if (replay.body() === null || addresses.isForwarded(request)) return;
    const url = request.url as string;
    if (url.includes("?") || charsOf(request) > REQUEST_CHARS_MAX) return;
    const variants = (recordedByUrl.get(url) ?? []).filter((variant) => !fits(variant, request));
    variants.push({
      accept: request.headers.accept,
      acceptEncoding: request.headers["accept-encoding"],
      host: request.headers.host,
      headers: answer.headers,
      replay,
      meter,
    });
    if (variants.length > VARIANTS_MAX) variants.shift();
    recordedByUrl.delete(url);
    recordedByUrl.set(url, variants);
    if (recordedByUrl.size > sweptAtSize) sweep();
    if (recordedByUrl.size > URLS_MAX) recordedByUrl.delete(recordedByUrl.keys().next().value as string);
  }

  return { tryAnswer, record };
}

function charsOf({ url, headers }: IncomingMessage): number {
  const parts = [url, headers.accept, headers["accept-encoding"], headers.host];
  return parts.reduce((sum, part) => sum + (part === undefined ? 0 : String(part).length), 0);
}

function fits(variant: Recorded, request: IncomingMessage): boolean {
  const { headers } = request;
  return (
    variant.accept === headers.accept &&
    variant.acceptEncoding === headers["accept-encoding"] &&
    variant.host === headers.host
  );
}

function forget(recordedByUrl: Map<string, Recorded[]>, url: string, gone: Recorded): void {
  const left = (recordedByUrl.get(url) ?? []).filter((variant) => variant !== gone);
  if (left.length === 0) recordedByUrl.delete(url);
  else recordedByUrl.set(url, left);
}

// Null when it takes more than a look to tell whether the client may read; the ordinary way finds out.
function readerOf(deps: HttpDeps, request: IncomingMessage, replay: Replay): Principal | null {
  if (request.headers["x-apikey"] !== undefined) return null;
  const registry = deps.registries.peek()?.byId.get(replay.registryId);
  if (registry === undefined || !registry.active) return null;
  const address = plainAddress(request.socket.remoteAddress ?? "");
  const principal = deps.identity.authenticate(request.headers.authorization, address);
  if (principal instanceof Promise) {
    // The ordinary way asks again and answers what comes of it.
    principal.catch(() => undefined);
    return null;
  }
  const { permission, packageName } = replay;
  return deps.access.allows({ principal, permission, registry, packageName }) === true ? principal : null;
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { recorded, body }: { recorded: Recorded; body: Uint8Array },
): 200 | 304 {
  if (matchesEtag(request.headers["if-none-match"], recorded.replay.etag)) {
    response.writeHead(304, recorded.replay.notModifiedHeaders);
    response.end();
    return 304;
  }
  response.writeHead(200, recorded.headers);
  response.end(body);
  return 200;
}
