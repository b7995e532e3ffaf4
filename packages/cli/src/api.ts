import { CommandFailure, EXIT, usageFailure } from "./failure.ts";

/** Speaks to `/api/v1` of one server. */
export interface Api {
  /** Without a trailing slash. */
  readonly server: string;
  /** Sends a request; gives the JSON of the answer, `{}` when it has none. Ends the command when refused. */
  call<T = Record<string, unknown>>(method: Method, path: string, body?: object): Promise<T>;
  /** Reads a whole list, page by page. */
  list(path: string): Promise<Record<string, unknown>[]>;
  /**
   * Hands an answer of any length over while it comes, in pieces of text; with a body it is a POST. Ends the command
   * when refused or cut short.
   */
  stream(path: string, take: (text: string) => void, body?: object): Promise<void>;
  /** The same in bytes; waits where `take` gives a promise. */
  download(path: string, take: (bytes: Uint8Array) => Promise<void>): Promise<void>;
  /** Sends bytes by POST, and waits longer for the answer than others do. */
  upload<T = Record<string, unknown>>(path: string, bytes: ReadableStream<Uint8Array>): Promise<T>;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

const TIMEOUT_MS = 30_000;
const UPLOAD_TIMEOUT_MS = 600_000;
const PAGES_MAX = 2000;
const ANSWER_CHARACTERS_MAX = 32 * 1024 * 1024;

interface Connection {
  server: string;
  /** Sent to this server only. */
  token: string | null;
  fetch: typeof fetch;
}

/** Makes the URL of a path's part from a name, whatever characters it has. */
export function part(name: string): string {
  return encodeURIComponent(name);
}

/** Checks and trims a server's URL. Ends the command with a usage failure when it is none. */
export function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:") || url.username !== "") {
    throw usageFailure(`"${text}" is not the http or https URL of a server.`);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

/** Makes the client of one server. */
export function createApi(connection: Connection): Api {
  const call = async <T>(method: Method, path: string, body?: object): Promise<T> => {
    const response = await send(connection, { method, path, body });
    return (await answerOf(connection, response)) as T;
  };
  return {
    server: connection.server,
    call,
    async stream(path, take, body) {
      const decoder = new TextDecoder();
      await download(connection, { path, body }, (bytes) => take(decoder.decode(bytes, { stream: true })));
    },
    download: (path, take) => download(connection, { path, body: undefined }, take),
    async upload<T>(path: string, bytes: ReadableStream<Uint8Array>) {
      const signal = AbortSignal.timeout(UPLOAD_TIMEOUT_MS);
      const response = await send(connection, { method: "POST", path, body: bytes }, signal);
      return (await answerOf(connection, response)) as T;
    },
    async list(path) {
      const items: Record<string, unknown>[] = [];
      let cursor: string | null = null;
      for (let pages = 0; pages < PAGES_MAX; pages += 1) {
        const start = `${path.includes("?") ? "&" : "?"}limit=500`;
        const query: string = cursor === null ? start : `${start}&cursor=${part(cursor)}`;
        const page: { items: Record<string, unknown>[]; next: string | null } = await call(
          "GET",
          path + query,
        );
        items.push(...page.items);
        cursor = page.next;
        if (cursor === null) break;
      }
      return items;
    },
  };
}

async function download(
  connection: Connection,
  { path, body }: { path: string; body: object | undefined },
  take: (bytes: Uint8Array) => Promise<void> | void,
): Promise<void> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new DOMException("silence", "TimeoutError")), TIMEOUT_MS);
  try {
    const method = body === undefined ? "GET" : "POST";
    const response = await send(connection, { method, path, body }, silence.signal);
    if (!response.ok || response.body === null) return void (await answerOf(connection, response));
    for await (const chunk of piecesOf(connection, response.body)) {
      timer.refresh();
      await take(chunk);
    }
  } finally {
    clearTimeout(timer);
  }
}

async function* piecesOf(
  connection: Connection,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw cutShort(connection, error);
  }
}

function cutShort({ server }: Connection, cause: unknown): CommandFailure {
  return new CommandFailure(EXIT.unreachable, `${server} cut its answer short.`, { cause });
}

async function send(
  connection: Connection,
  request: { method: Method; path: string; body: object | undefined },
  signal: AbortSignal = AbortSignal.timeout(TIMEOUT_MS),
): Promise<Response> {
  const url = `${connection.server}/api/v1${request.path}`;
  const headers: Record<string, string> = { "accept": "application/json", "user-agent": "entrepot-cli" };
  if (connection.token !== null) headers["authorization"] = `Bearer ${connection.token}`;
  const { body } = request;
  const isBytes = body instanceof ReadableStream;
  if (body !== undefined) headers["content-type"] = isBytes ? "application/octet-stream" : "application/json";
  try {
    return await connection.fetch(url, {
      method: request.method,
      headers,
      ...(body === undefined ? {} : { body: isBytes ? body : JSON.stringify(body) }),
      ...(isBytes ? { duplex: "half" as const } : {}),
      // A token must not follow a redirect to somebody else.
      redirect: "manual",
      signal,
    });
  } catch (error) {
    throw new CommandFailure(EXIT.unreachable, `Cannot reach ${connection.server}: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  const { name, cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === "TimeoutError") return `no answer within ${TIMEOUT_MS / 1000} seconds`;
  return cause?.code ?? cause?.message ?? message;
}

async function answerOf(connection: Connection, response: Response): Promise<unknown> {
  if (response.status >= 300 && response.status < 400) {
    const target = response.headers.get("location") ?? "another place";
    throw new CommandFailure(
      EXIT.refused,
      `${connection.server} redirects to ${target}; give that as --server.`,
    );
  }
  const text = await textOf(connection, response);
  const body = parsed(text);
  if (response.ok && (body !== undefined || text === "")) return body ?? {};
  if (response.ok || typeof (body as { error?: unknown } | undefined)?.error !== "string") {
    const message = `${connection.server} answered ${response.status} and not like an Entrepot server.`;
    throw new CommandFailure(EXIT.refused, message);
  }
  throw refusal(response.status, body as { error: string; code?: unknown });
}

async function textOf(connection: Connection, response: Response): Promise<string> {
  try {
    const text = await response.text();
    if (text.length <= ANSWER_CHARACTERS_MAX) return text;
  } catch (error) {
    throw cutShort(connection, error);
  }
  throw new CommandFailure(EXIT.refused, `${connection.server} sent an answer that is too long.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Whoever called says what this means: it depends on the status.
    return undefined;
  }
}

function refusal(status: number, body: { error: string; code?: unknown }): CommandFailure {
  const hint = status === 401 ? " Log in with entrepot login, or give a token." : "";
  const code = typeof body.code === "string" ? body.code : `http-${status}`;
  return new CommandFailure(EXIT.refused, `${body.error}${hint}`, { code });
}
