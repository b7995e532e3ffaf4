import type { Output } from "./output.ts";
import { scrub, scrubPath } from "./scrub.ts";

/** One answered request. */
export interface AccessFields {
  /** Milliseconds since 1970 when the request came. */
  at: number;
  method: string;
  /** Path and query as the client sent them. */
  path: string;
  status: number;
  /** Bytes of the body that was sent. */
  sizeBytes: number;
  durationMs: number;
  address: string;
  /** User name; null for anonymous. */
  principal: string | null;
  tokenId: string | null;
  userAgent: string;
  requestId: string | null;
}

/** Writes one line per request, after the answer. */
export interface AccessLog {
  /** Takes one request; never throws and never waits. */
  line(fields: AccessFields): void;
  /** Lines lost because the reader was too slow or gone. */
  readonly droppedLines: number;
  /** Hands over what is buffered and waits until it is written. */
  flush(): Promise<void>;
  /** Hands over what is buffered, before the process ends. */
  flushSync(): void;
  /** Stops the timer after a last flush. */
  close(): Promise<void>;
}

const FLUSH_MS = 100;
const FLUSH_CHARACTERS = 64 * 1024;
const RECENT_MAX = 2000;
const TEXT_MAX = 2048;

interface Buffered {
  text: string;
  lines: number;
  dropped: number;
  timer: NodeJS.Timeout | null;
  /** Of each path the last request's fields with their JSON: clients ask for the same things over and over. */
  recent: Map<string, Rendered>;
}

/** The JSON of everything but the times. */
interface Rendered {
  fields: AccessFields;
  beforeDuration: string;
  afterDuration: string;
}

/**
 * Makes the access log. Lines wait at most 100 ms or 64 Ki characters before they go to the output together.
 */
export function createAccessLog(output: Output): AccessLog {
  const buffered: Buffered = { text: "", lines: 0, dropped: 0, timer: null, recent: new Map() };
  return {
    line(fields) {
      buffered.text += lineOf(fields, buffered.recent);
      buffered.lines += 1;
      if (buffered.text.length >= FLUSH_CHARACTERS) handOver(buffered, output);
      else buffered.timer ??= setTimeout(() => handOver(buffered, output), FLUSH_MS).unref();
    },
    get droppedLines() {
      return buffered.dropped;
    },
    async flush() {
      handOver(buffered, output);
      await output.flush();
    },
    flushSync() {
      handOver(buffered, output);
      output.flushSync();
    },
    async close() {
      handOver(buffered, output);
      await output.flush();
    },
  };
}

function handOver(buffered: Buffered, output: Output): void {
  if (buffered.timer !== null) clearTimeout(buffered.timer);
  buffered.timer = null;
  if (buffered.lines === 0) return;
  if (!output.write(buffered.text)) buffered.dropped += buffered.lines;
  buffered.text = "";
  buffered.lines = 0;
}

/** Written by hand, and mostly put together before: JSON.stringify of the same object takes several times as long. */
function lineOf(fields: AccessFields, recent: Map<string, Rendered>): string {
  const known = recent.get(fields.path);
  const rendered = known !== undefined && isAlike(known.fields, fields) ? known : render(fields, recent);
  // Tenths of a millisecond: finer ones differ from line to line, and to spell them costs more than they tell.
  const durationMs = Math.round(fields.durationMs * 10) / 10;
  return `{"level":"info","time":${fields.at}${rendered.beforeDuration}${durationMs}${rendered.afterDuration}`;
}

function isAlike(one: AccessFields, other: AccessFields): boolean {
  return (
    one.status === other.status &&
    one.sizeBytes === other.sizeBytes &&
    one.requestId === other.requestId &&
    one.method === other.method &&
    one.address === other.address &&
    one.principal === other.principal &&
    one.tokenId === other.tokenId &&
    one.userAgent === other.userAgent
  );
}

function render(fields: AccessFields, recent: Map<string, Rendered>): Rendered {
  const { principal, tokenId, requestId } = fields;
  const path = scrubPath(fields.path);
  const what = `"method":${quoted(fields.method)},"path":${quoted(path)}`;
  const result = `"status":${fields.status},"sizeBytes":${fields.sizeBytes}`;
  const user = principal === null ? "" : `,"principal":${quoted(principal)}`;
  const token = tokenId === null ? "" : `,"tokenId":${quoted(tokenId)}`;
  const client = `,"client":${quoted(scrub(fields.userAgent))}`;
  const request = requestId === null ? "" : `,"requestId":${quoted(requestId)}`;
  const rendered: Rendered = {
    fields,
    beforeDuration: `,"msg":"request",${what},${result},"durationMs":`,
    afterDuration: `,"address":${quoted(fields.address)}${user}${token}${client}${request}}\n`,
  };
  // A path that holds a secret is not kept.
  if (path !== fields.path) return rendered;
  if (recent.size >= RECENT_MAX) recent.clear();
  recent.set(fields.path, rendered);
  return rendered;
}

function quoted(text: string): string {
  if (text.length > TEXT_MAX) return JSON.stringify(text.slice(0, TEXT_MAX));
  return isPlain(text) ? `"${text}"` : JSON.stringify(text);
}

/** Printable ASCII without quote and backslash needs no escapes. */
function isPlain(text: string): boolean {
  return !/[^ !#-[\]-~]/.test(text);
}
