import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Answer } from "./answer.ts";
import { hasUnreadBody } from "./body.ts";

/** An unread body up to this size is taken in after an early answer, so that the client gets to read the answer. */
const LINGER_BYTES_MAX = 256 * 1024;
const LINGER_MS_MAX = 1000;

/** What was sent, for the access log. */
export interface SentAnswer {
  status: number;
  sizeBytes: number;
}

/** Writes an answer: 304 where the client has it, headers alone for HEAD. Resolves when all is handed over. */
export async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): Promise<SentAnswer> {
  if (answer.replay !== undefined && matchesEtag(request.headers["if-none-match"], answer.replay.etag)) {
    answer.stream?.destroy();
    response.writeHead(304, answer.replay.notModifiedHeaders);
    response.end();
    return { status: 304, sizeBytes: 0 };
  }
  if (hasUnreadBody(request)) {
    if (answer.stream === undefined) return await sendEarly(request, response, answer);
    // The client reads while it sends; what it sends to a read is of no interest.
    response.shouldKeepAlive = false;
  }
  response.writeHead(answer.status, answer.headers);
  if (request.method === "HEAD") {
    answer.stream?.destroy();
    response.end();
    return { status: answer.status, sizeBytes: 0 };
  }
  if (answer.stream !== undefined) {
    await pipeline(answer.stream, response);
    return { status: answer.status, sizeBytes: contentLength(answer) };
  }
  if (answer.body === null) response.end();
  else response.end(answer.body);
  return { status: answer.status, sizeBytes: answer.body?.length ?? 0 };
}

/** Tells whether an `If-None-Match` header names the ETag, by itself, in a list or by a star. */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header === etag) return true;
  if (header === "*") return true;
  return header.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === etag);
}

// Closing at once would reset the connection under a client that is still sending, and it would never see why.
async function sendEarly(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): Promise<SentAnswer> {
  response.shouldKeepAlive = false;
  response.writeHead(answer.status, answer.headers);
  if (answer.body !== null && request.method !== "HEAD") response.write(answer.body);
  // A client that waits for leave to send has not sent anything, and now will not.
  if (request.headers.expect === undefined) await discardSome(request);
  response.end();
  return { status: answer.status, sizeBytes: answer.body?.length ?? 0 };
}

async function discardSome(request: IncomingMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    let bytes = 0;
    const timer = setTimeout(stop, LINGER_MS_MAX);
    function stop(): void {
      clearTimeout(timer);
      request.off("data", count);
      request.pause();
      resolve();
    }
    function count(chunk: Uint8Array): void {
      bytes += chunk.length;
      if (bytes > LINGER_BYTES_MAX) stop();
    }
    request.on("data", count);
    request.once("end", stop);
    request.once("close", stop);
    request.once("error", stop);
  });
}

function contentLength(answer: Answer): number {
  const at = answer.headers.indexOf("content-length");
  return at === -1 ? 0 : Number(answer.headers[at + 1]);
}
