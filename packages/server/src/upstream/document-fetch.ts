import { gunzipSync } from "node:zlib";

import { EntrepotError, isEntrepotError, type ViewOptions } from "@entrepot/core";

import type { Log } from "../telemetry/index.ts";
import type { IngestedDocument, ThreadPool } from "../threads/index.ts";
import { readBody } from "./body.ts";
import type { UpstreamClient, UpstreamResponse } from "./client.ts";
import {
  type AbsentState,
  confirm,
  type EntryState,
  freshMs,
  type PresentState,
} from "./document-entries.ts";
import type { ResponseHeaders } from "./exchange.ts";
import { retryAfterMs } from "./retry-after.ts";
import { invalid, unavailable } from "./upstream-errors.ts";
import type { Upstream } from "./upstream.ts";
import { documentUrl } from "./urls.ts";

const RIVALS_LOGGED_MAX = 10;
const REFUSAL_BYTES_MAX = 64 * 1024;
const REFUSAL_CHARS_MAX = 1000;
/** What our own kind says of a package of which policy shows nothing, by the status that its registry was told to use. */
const REFUSAL_CODES: ReadonlyMap<number, string> = new Map([
  [403, "version-denied"],
  [404, "version-withheld"],
]);

export interface FetchDeps {
  client: UpstreamClient;
  threads: Pick<ThreadPool, "run" | "warm">;
  now: () => number;
  documentBytesMax: number;
  log: Pick<Log, "warn">;
}

export interface FetchInput {
  upstream: Upstream;
  name: string;
  /** What we have; its validators make the request conditional. */
  known: EntryState | null;
  view?: ViewOptions | undefined;
}

export interface Fetched {
  /** `known` itself, confirmed, when the upstream still says the same. */
  entry: EntryState;
  /** What came with it; null when the upstream sent no document. */
  made: IngestedDocument | null;
}

/**
 * Asks the upstream for a document and takes it in. Only 404 and 410 mean absence; every other failure throws
 * `upstream-unavailable`, `upstream-timeout` or `upstream-invalid`, and nothing of it is kept.
 */
export async function fetchDocument(deps: FetchDeps, input: FetchInput): Promise<Fetched> {
  const { upstream, name, known } = input;
  const url = documentUrl(upstream, name);
  // A thread for the document that is to be expected starts while the upstream answers.
  if (known === null) deps.threads.warm();
  const headers = { "accept": "application/json", "accept-encoding": "gzip", ...validatorsOf(known) };
  const response = await deps.client.get(upstream, { url, lane: "document", headers });
  if (response.status === 200) return ingest(deps, input, response);
  const refusal = await policyRefusal(upstream, response);
  if (refusal !== null) return { entry: absent(deps, input, refusal), made: null };
  response.discard();
  if (response.status === 304 && known?.kind === "present") {
    confirm(upstream, known, deps.now());
    return { entry: known, made: null };
  }
  if (response.status === 404 || response.status === 410) return { entry: absent(deps, input), made: null };
  throw statusError(upstream, response, deps.now());
}

function validatorsOf(known: EntryState | null): Record<string, string> {
  if (known?.kind !== "present") return {};
  return {
    ...(known.etag === null ? {} : { "if-none-match": known.etag }),
    ...(known.lastModified === null ? {} : { "if-modified-since": known.lastModified }),
  };
}

/**
 * The text of an upstream that is an Entrepot too and whose policy refuses what was asked for: it must not be taken for a
 * failure, in spite of which what was cached is served, nor for absence, for which the next upstream would be asked. Null
 * if the answer says something else; it may have been read then.
 */
export async function policyRefusal(upstream: Upstream, response: UpstreamResponse): Promise<string | null> {
  if (!REFUSAL_CODES.has(response.status)) return null;
  try {
    const isGzip = isGzipped(upstream, response.headers);
    const sent = await readBody(upstream, response, REFUSAL_BYTES_MAX);
    const body = isGzip ? gunzipSync(sent, { maxOutputLength: REFUSAL_BYTES_MAX }) : sent;
    const { code, error } = JSON.parse(Buffer.from(body).toString("utf8")) as Record<string, unknown>;
    const isRefusal = code === REFUSAL_CODES.get(response.status) && typeof error === "string";
    return isRefusal ? error.slice(0, REFUSAL_CHARS_MAX) : null;
  } catch {
    return null; // not one of ours: a refusal like any other, of which the caller makes an error
  }
}

function absent(
  { now }: FetchDeps,
  { upstream, name, known }: FetchInput,
  refusal: string | null = null,
): AbsentState {
  const at = now();
  if (known?.kind === "absent" && known.refusal === refusal) {
    confirm(upstream, known, at);
    return known;
  }
  const times = { fetchedAt: at, checkedAt: at, freshUntil: at + freshMs(upstream, "absent") };
  return {
    kind: "absent",
    refusal,
    upstreamId: upstream.id,
    upstreamUrl: upstream.url,
    name,
    superseded: false,
    ...times,
  };
}

/** The error for an answer that is neither the thing asked for nor its absence. */
export function statusError(
  upstream: Upstream,
  { status, headers }: UpstreamResponse,
  now: number,
): EntrepotError {
  if (status === 401 || status === 403) {
    const what = upstream.credential === null ? "wants a credential" : "refuses our credential";
    return unavailable(upstream, `${what} (it answered ${status})`);
  }
  if (status === 508) {
    return new EntrepotError("upstream-loop", {
      message: `The upstream "${upstream.name}" leads back to this server.`,
      details: { upstream: upstream.name },
    });
  }
  if (status === 407) return unavailable(upstream, "cannot be reached: the proxy wants a credential");
  if (status === 429 || status >= 500) {
    const wished = retryAfterMs(headers["retry-after"], now);
    const more = wished === null ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(wished / 1000)) };
    return unavailable(upstream, `answered ${status}`, more);
  }
  return invalid(upstream, `answered ${status}`);
}

async function ingest(deps: FetchDeps, input: FetchInput, response: UpstreamResponse): Promise<Fetched> {
  const { upstream } = input;
  let isGzip: boolean;
  let body: Uint8Array<ArrayBuffer>;
  try {
    isGzip = isGzipped(upstream, response.headers);
    body = await readBody(upstream, response, deps.documentBytesMax);
  } catch (error) {
    response.discard();
    throw error;
  }
  const made = await inThread(deps, input, { body, isGzip });
  const entry = present(deps, input, { digest: made.documentDigest, headers: response.headers });
  if (entry !== input.known) reportRivals(deps, input, made);
  return { entry, made };
}

// We serve the one that was published last; who runs the upstream should give the others numbers of their own.
function reportRivals(
  { log }: FetchDeps,
  { upstream, name }: FetchInput,
  { rivals }: IngestedDocument,
): void {
  if (rivals.length === 0) return;
  log.warn("versions of a package differ in build metadata only, so all but the last are out of reach", {
    upstream: upstream.name,
    packageName: name,
    count: rivals.length,
    version: rivals.slice(0, RIVALS_LOGGED_MAX).join(", "),
  });
}

function isGzipped(upstream: Upstream, headers: ResponseHeaders): boolean {
  const encoding = String(headers["content-encoding"] ?? "identity")
    .trim()
    .toLowerCase();
  if (encoding === "gzip" || encoding === "x-gzip") return true;
  if (encoding === "identity" || encoding === "") return false;
  throw invalid(
    upstream,
    `sent a document in the encoding ${JSON.stringify(encoding)}, which was not asked for`,
  );
}

async function inThread(
  { threads, documentBytesMax }: FetchDeps,
  { upstream, name, view }: FetchInput,
  { body, isGzip }: { body: Uint8Array<ArrayBuffer>; isGzip: boolean },
): Promise<IngestedDocument> {
  const input = { name, body, isGzip, sizeBytesMax: documentBytesMax };
  try {
    return await threads.run("ingestDocument", view === undefined ? input : { ...input, view }, [
      body.buffer,
    ]);
  } catch (error) {
    if (!isEntrepotError(error, "upstream-invalid")) throw error;
    throw invalid(upstream, `sent no valid document of ${name}: ${error.message.replace(/\.$/, "")}`, error);
  }
}

interface NewDocument {
  digest: string;
  headers: ResponseHeaders;
}

function present({ now }: FetchDeps, input: FetchInput, made: NewDocument): PresentState {
  const { upstream, name, known } = input;
  const { digest, headers } = made;
  const validators = { etag: textOf(headers["etag"]), lastModified: textOf(headers["last-modified"]) };
  const at = now();
  if (known?.kind === "present" && known.digest === digest) {
    Object.assign(known, validators);
    confirm(upstream, known, at);
    return known;
  }
  return {
    kind: "present",
    upstreamId: upstream.id,
    upstreamUrl: upstream.url,
    name,
    digest,
    ...validators,
    isWritten: false,
    superseded: false,
    fetchedAt: at,
    checkedAt: at,
    freshUntil: at + freshMs(upstream, "present"),
  };
}

function textOf(header: string | string[] | undefined): string | null {
  return typeof header === "string" && header.length <= 1024 ? header : null;
}
