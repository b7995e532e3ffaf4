import { request as openRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";

/** What a test asks; the path goes out exactly as it is written. */
export interface TestRequest {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  /** Text and bytes go out as they are, anything else as JSON. */
  body?: unknown;
}

/** What came back, whole. */
export interface TestResponse {
  status: number;
  /** The reason phrase of the status line. */
  reason: string;
  headers: IncomingHttpHeaders;
  /** As it came, decompressed if it was compressed. */
  bytes: Buffer;
  text: string;
  /** Parsed; throws if it is no JSON. */
  readonly json: Record<string, unknown> & { error?: string };
}

const TIMEOUT_MS = 20_000;

/** Sends one request on a connection of its own. Unlike fetch it changes neither path nor headers. */
export async function httpRequest(
  origin: string,
  path: string,
  request: TestRequest = {},
): Promise<TestResponse> {
  const { hostname, port } = new URL(origin);
  const body = bodyOf(request.body);
  const headers: Record<string, string> = { ...request.headers };
  if (body !== null) {
    headers["content-length"] ??= String(body.length);
    headers["content-type"] ??= "application/json";
  }
  return await new Promise((resolve, reject) => {
    const sent = openRequest(
      { hostname, port, path, method: request.method ?? "GET", headers, agent: false, timeout: TIMEOUT_MS },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const raw = Buffer.concat(chunks);
          const isGzip = response.headers["content-encoding"] === "gzip" && raw.length > 0;
          resolve(responseOf(response, isGzip ? gunzipSync(raw) : raw));
        });
      },
    );
    sent.on("timeout", () => sent.destroy(new Error(`no answer to ${path} in ${TIMEOUT_MS} ms`)));
    sent.on("error", reject);
    sent.end(body ?? undefined);
  });
}

function responseOf({ statusCode, statusMessage, headers }: IncomingMessage, bytes: Buffer): TestResponse {
  const text = bytes.toString("utf8");
  return {
    status: statusCode ?? 0,
    reason: statusMessage ?? "",
    headers,
    bytes,
    text,
    get json() {
      return JSON.parse(text) as TestResponse["json"];
    },
  };
}

function bodyOf(body: unknown): Buffer | null {
  if (body === undefined) return null;
  if (typeof body === "string") return Buffer.from(body);
  return body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
}
