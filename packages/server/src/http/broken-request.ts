import type { Duplex } from "node:stream";
import type { ErrorCode } from "@entrepot/core";

const TEXTS: Readonly<Record<string, { status: string; error: string }>> = {
  HPE_HEADER_OVERFLOW: {
    status: "431 Request Header Fields Too Large",
    error: "The head of the request is larger than this server takes.",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: "408 Request Timeout",
    error: "The request took too long to arrive; send it again.",
  },
};
const BROKEN = { status: "400 Bad Request", error: "This is not a valid HTTP request." };

/** Answers what never became a request: a head that is broken, too large or too slow. Closes the connection. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const { status, error: text } = TEXTS[error.code ?? ""] ?? BROKEN;
  const body = JSON.stringify({ error: text, message: text, code: "request-invalid" satisfies ErrorCode });
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
