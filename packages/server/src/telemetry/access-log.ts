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
const AGENTS_MAX = 500;
const TEXT_MAX = 2048;

interface Buffered {
  text: string;
  lines: number;
  dropped: number;
  timer: NodeJS.Timeout | null;
  /** Clients send a handful of user agents, so their JSON is kept. */
  agents: Map<string, string>;
}

/**
 * Makes the access log. Lines wait at most 100 ms or 64 Ki characters before they go to the output together.
 */
export function createAccessLog(output: Output): AccessLog {
  const buffered: Buffered = { text: "", lines: 0, dropped: 0, timer: null, agents: new Map() };
  return {
    line(fields) {
      buffered.text += lineOf(fields, buffered.agents);
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

/** Written by hand: JSON.stringify of the same object takes several times as long. */
function lineOf(fields: AccessFields, agents: Map<string, string>): string {
  const { principal, tokenId, requestId } = fields;
  return `{"level":"info","time":${fields.at},"msg":"request","method":${quoted(fields.method)},"path":${quoted(
    scrubPath(fields.path),
  )},"status":${fields.status},"sizeBytes":${fields.sizeBytes},"durationMs":${rounded(
    fields.durationMs,
  )},"address":${quoted(fields.address)}${principal === null ? "" : `,"principal":${quoted(principal)}`}${
    tokenId === null ? "" : `,"tokenId":${quoted(tokenId)}`
  },"client":${agentText(fields.userAgent, agents)}${
    requestId === null ? "" : `,"requestId":${quoted(requestId)}`
  }}\n`;
}

function rounded(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000;
}

function quoted(text: string): string {
  if (text.length > TEXT_MAX) return JSON.stringify(text.slice(0, TEXT_MAX));
  return isPlain(text) ? `"${text}"` : JSON.stringify(text);
}

/** Printable ASCII without quote and backslash needs no escapes. */
function isPlain(text: string): boolean {
  return !/[^ !#-[\]-~]/.test(text);
}

function agentText(userAgent: string, agents: Map<string, string>): string {
  const known = agents.get(userAgent);
  if (known !== undefined) return known;
  if (agents.size >= AGENTS_MAX) agents.clear();
  const json = quoted(scrub(userAgent));
  agents.set(userAgent, json);
  return json;
}
