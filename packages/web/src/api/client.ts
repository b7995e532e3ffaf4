import { Problem, type ProblemBody } from "./problem.ts";

/** What a request may bring. */
interface CallOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  /** Values that are undefined are left out. */
  query?: Readonly<Record<string, string | number | undefined>>;
  signal?: AbortSignal | undefined;
}

/** The JSON API, with the session of this browser. */
export interface ApiClient {
  /** Sends a request to a path below `/api/v1`. Throws {@link Problem}. */
  call<T>(path: string, options?: CallOptions): Promise<T>;
  /**
   * Sends a file with POST to a path below `/api/v1`, telling which part of it is gone, from 0 to 1. Throws
   * {@link Problem}.
   */
  upload<T>(path: string, file: Blob, onProgress: (part: number) => void): Promise<T>;
  /** Says what every change has to show from now on. */
  setCsrf(token: string | null): void;
}

const TIMEOUT_MS = 30_000;

/** Makes the client. Paths are relative to the page's base, which is where the server is. */
function createApiClient(): ApiClient {
  let csrf: string | null = null;

  async function call<T>(
    path: string,
    { method = "GET", body, query, signal }: CallOptions = {},
  ): Promise<T> {
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const response = await send(`api/v1${path}${queryText(query)}`, {
      method,
      headers: {
        "accept": "application/json",
        // Says that a page asks, so that a refusal brings no window of the browser's own.
        "x-entrepot-client": "console",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(csrf === null || method === "GET" ? {} : { "x-entrepot-csrf": csrf }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      credentials: "same-origin",
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    if (response.status === 204) return undefined as T;
    const answer = (await response.json().catch(() => null)) as unknown;
    if (!response.ok) throw new Problem(response.status, answer as ProblemBody | null);
    return answer as T;
  }

  // Only this old way tells how far an upload is.
  function upload<T>(path: string, file: Blob, onProgress: (part: number) => void): Promise<T> {
    const request = new XMLHttpRequest();
    request.open("POST", new URL(`api/v1${path}`, document.baseURI));
    request.responseType = "json";
    request.setRequestHeader("accept", "application/json");
    request.setRequestHeader("content-type", "application/octet-stream");
    request.setRequestHeader("x-entrepot-client", "console");
    if (csrf !== null) request.setRequestHeader("x-entrepot-csrf", csrf);
    request.upload.addEventListener("progress", ({ loaded, total }) =>
      onProgress(loaded / Math.max(1, total)),
    );
    return new Promise<T>((resolve, reject) => {
      request.addEventListener("load", () => {
        const { status, response } = request as { status: number; response: unknown };
        if (status >= 200 && status < 300) resolve(response as T);
        else reject(new Problem(status, response as ProblemBody | null));
      });
      request.addEventListener("error", () => reject(new Problem(0, null)));
      request.send(file);
    });
  }

  return {
    call,
    upload,
    setCsrf(token) {
      csrf = token;
    },
  };
}

/** The one client of this page. */
export const api: ApiClient = createApiClient();

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(new URL(path, document.baseURI), init);
  } catch (error) {
    if (init.signal?.aborted === true && (error as Error).name === "AbortError") throw error;
    throw new Problem(0, null);
  }
}

function queryText(query: CallOptions["query"]): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`;
}
