import { Agent, request as openRequest, type IncomingHttpHeaders } from "node:http";
import { gunzipSync } from "node:zlib";

/** What a request sends. */
export interface Sent {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  /** Text and bytes go out as they are, anything else as JSON. */
  body?: unknown;
}

/** What came back, whole. */
export interface Received {
  status: number;
  headers: IncomingHttpHeaders;
  /** Decompressed if it was compressed. */
  bytes: Buffer;
  /** Parsed; throws if it is no JSON. */
  json<T = Record<string, unknown>>(): T;
}

/** A client with connections that stay open, as package managers have them. */
export interface Client {
  readonly url: string;
  request(path: string, sent?: Sent): Promise<Received>;
  close(): void;
}

const TIMEOUT_MS = 30_000;

/** Makes a client of one server; `token` goes along with every request. */
export function createClient(
  url: string,
  options: { token?: string | undefined; connections?: number } = {},
): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections ?? 1 });
  const { hostname, port } = new URL(url);
  const credential = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };

  function request(path: string, sent: Sent = {}): Promise<Received> {
    const body = bodyOf(sent.body);
    const length =
      body === null ? {} : { "content-length": String(body.length), "content-type": "application/json" };
    return new Promise((resolve, reject) => {
      const opened = openRequest(
        {
          hostname,
          port,
          path,
          agent,
          method: sent.method ?? "GET",
          headers: { ...length, ...credential, ...sent.headers },
          timeout: TIMEOUT_MS,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            resolve(received(response.statusCode ?? 0, response.headers, Buffer.concat(chunks)));
          });
        },
      );
      opened.on("timeout", () => opened.destroy(new Error(`no answer to ${path} in ${TIMEOUT_MS} ms`)));
      opened.on("error", reject);
      opened.end(body ?? undefined);
    });
  }

  return { url, request, close: () => agent.destroy() };
}

function received(status: number, headers: IncomingHttpHeaders, raw: Buffer): Received {
  const isGzip = headers["content-encoding"] === "gzip" && raw.length > 0;
  const bytes = isGzip ? gunzipSync(raw) : raw;
  return { status, headers, bytes, json: () => JSON.parse(bytes.toString("utf8")) as never };
}

function bodyOf(body: unknown): Buffer | null {
  if (body === undefined) return null;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}
