import type { IncomingMessage } from "node:http";
import { EntrepotError } from "@entrepot/core";
import type { Answer } from "../answer.ts";
import type { HttpDeps } from "../context.ts";
import { acceptsEncoding } from "../negotiate.ts";
import { findSession } from "../session-cookie.ts";
import type { ConsoleFile, ConsoleFiles } from "./console-files.ts";

const ASSETS = "/assets/";
const KEEP_SECONDS = 31_536_000;

/** Everything from this server itself, nothing inline, in nobody's frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'self'",
  "frame-ancestors 'none'",
].join("; ");

const SAFETY: readonly string[] = [
  "x-content-type-options",
  "nosniff",
  "referrer-policy",
  "no-referrer",
  "cross-origin-opener-policy",
  "same-origin",
];

/** A request for the console. */
export interface ConsoleRequest {
  deps: Pick<HttpDeps, "identity">;
  request: IncomingMessage;
  /** Decoded by nobody: names of files are plain. */
  path: string;
  /** Path that a proxy strips before it asks us: empty or `/…` without a trailing slash. */
  pathPrefix: string;
}

/** Answers with a file of the console, or with its page, which finds out itself what the URL means. */
export async function consoleAnswer(files: ConsoleFiles, asked: ConsoleRequest): Promise<Answer> {
  if (!asked.path.startsWith(ASSETS)) return await pageAnswer(files, asked);
  const wish = asked.request.headers["accept-encoding"];
  const file = await files.read(asked.path.slice(ASSETS.length), (name) => acceptsEncoding(wish, name));
  if (file !== null) return fileAnswer(file);
  throw new EntrepotError("not-found", { message: "The console has no such file; reload its page." });
}

function fileAnswer({ type, encoding, bytes }: ConsoleFile): Answer {
  return {
    status: 200,
    headers: [
      "content-type",
      type,
      "content-length",
      String(bytes.length),
      // The name has a hash of the content.
      "cache-control",
      `public, max-age=${KEEP_SECONDS}, immutable`,
      "vary",
      "accept-encoding",
      ...(encoding === null ? [] : ["content-encoding", encoding]),
      ...SAFETY,
    ],
    body: bytes,
  };
}

async function pageAnswer(
  files: ConsoleFiles,
  { deps, request, pathPrefix }: ConsoleRequest,
): Promise<Answer> {
  const session = await findSession(deps, request).catch(() => null);
  const body = Buffer.from(
    files.page
      .replace('<base href="/"', `<base href="${pathPrefix}/"`)
      .replace('content="unknown"', `content="${session === null ? "none" : "present"}"`),
  );
  return {
    status: 200,
    headers: [
      "content-type",
      "text/html; charset=utf-8",
      "content-length",
      String(body.length),
      "cache-control",
      "private, no-store",
      "content-security-policy",
      POLICY,
      ...SAFETY,
    ],
    body,
  };
}
