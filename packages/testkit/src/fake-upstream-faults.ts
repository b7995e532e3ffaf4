import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** One way in which an upstream can fail or lie. `times`: how many requests it hits; all when left out. */
export type Fault = { times?: number } & (
  | { kind: "status"; status: number; headers?: Readonly<Record<string, string>>; body?: string }
  /** The right answer, late. */
  | { kind: "delay"; milliseconds: number }
  /** Nothing ever comes. */
  | { kind: "hang" }
  /** Headers and half of the body come, and nothing more. */
  | { kind: "hang-in-body" }
  /** The connection breaks off in the middle of the body. */
  | { kind: "cut" }
  /** Half of the body, with headers that call it whole. */
  | { kind: "truncate" }
  /** So many bytes more than come are promised, less when negative, and the connection is closed after them. */
  | { kind: "wrong-length"; moreBytes: number }
  /** The right answer in so many pieces, with a pause before each. */
  | { kind: "trickle"; pieces: number; milliseconds: number }
  /** The connection is reset before an answer. */
  | { kind: "reset" }
  /** One byte in the middle of the body is another. */
  | { kind: "flip" }
  /** The document promises hashes of other bytes. */
  | { kind: "wrong-hash" }
  | { kind: "html" }
  /** The document of another name. */
  | { kind: "other-package"; name?: string }
  | { kind: "empty" }
  | { kind: "not-json" }
  | { kind: "garbage-gzip" }
  /** The right bytes under a content-encoding that nobody asked for. */
  | { kind: "encoding"; encoding: string }
  | { kind: "redirect"; location: string; status?: number }
  | { kind: "replace"; body: string | Uint8Array; headers?: Readonly<Record<string, string>> }
);

/** An answer before it is sent. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** Changes an answer as the fault says. Ways of sending it (hang, cut …) are {@link sendWithFault}'s. */
export function answerWithFault(answer: Answer, fault: Fault): Answer {
  const json = { "content-type": "application/json" };
  switch (fault.kind) {
    case "status":
      return plain(fault.status, fault.body ?? `{"error":"status ${fault.status}"}`, fault.headers);
    case "html":
      return plain(200, "<!doctype html><title>Sign in</title><p>Welcome.", { "content-type": "text/html" });
    case "empty":
      return plain(200, "", json);
    case "not-json":
      return plain(200, `{"name":"x","versions":{"1.0.0":`, json);
    case "garbage-gzip":
      return plain(200, "this is not gzip at all", { ...json, "content-encoding": "gzip" });
    case "redirect":
      return plain(fault.status ?? 302, "", { location: fault.location });
    case "replace":
      return plain(200, fault.body, { ...json, ...fault.headers });
    default:
      return distorted(answer, fault);
  }
}

function distorted(answer: Answer, fault: Fault): Answer {
  if (fault.kind === "encoding") {
    return { ...answer, headers: { ...answer.headers, "content-encoding": fault.encoding } };
  }
  if (fault.kind === "flip") return { ...answer, body: flipped(answer.body) };
  if (fault.kind === "truncate") return { ...answer, body: answer.body.subarray(0, answer.body.length >> 1) };
  return answer;
}

function plain(
  status: number,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers: { ...headers }, body: Buffer.from(body) };
}

function flipped(body: Buffer): Buffer {
  const copy = Buffer.from(body);
  const at = copy.length >> 1;
  if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ 0x55;
  return copy;
}

/** Changes what a document promises of every tarball. */
export function withWrongHashes(json: Buffer): Buffer {
  const wrong = Buffer.alloc(64, 7).toString("base64");
  const text = json.toString("utf8");
  return Buffer.from(
    text
      .replace(/"integrity":"sha512-[^"]*"/g, `"integrity":"sha512-${wrong}"`)
      .replace(/"shasum":"[^"]*"/g, `"shasum":"${"07".repeat(20)}"`),
  );
}

/** Sends the answer in the way that the fault says. */
export function sendWithFault(response: ServerResponse, answer: Answer, fault: Fault | null): void {
  const headers = { ...answer.headers, "content-length": String(answer.body.length) };
  if (fault?.kind === "hang-in-body" || fault?.kind === "cut") {
    response.writeHead(answer.status, headers);
    response.write(answer.body.subarray(0, answer.body.length >> 1), () => {
      if (fault.kind === "cut") response.destroy();
    });
    return;
  }
  if (fault?.kind === "wrong-length") {
    headers["content-length"] = String(Math.max(0, answer.body.length + fault.moreBytes));
    response.writeHead(answer.status, headers);
    response.write(answer.body, () => response.socket?.end());
    return;
  }
  response.writeHead(answer.status, headers);
  if (fault?.kind === "trickle") void trickle(response, answer.body, fault);
  else response.end(answer.body);
}

async function trickle(
  response: ServerResponse,
  body: Buffer,
  { pieces, milliseconds }: { pieces: number; milliseconds: number },
): Promise<void> {
  response.flushHeaders();
  const pieceBytes = Math.max(1, Math.ceil(body.length / pieces));
  for (let at = 0; at < body.length && !response.destroyed; at += pieceBytes) {
    await delay(milliseconds);
    response.write(body.subarray(at, at + pieceBytes));
  }
  response.end();
}
