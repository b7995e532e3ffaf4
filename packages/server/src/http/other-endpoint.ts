import type { IncomingMessage, ServerResponse } from "node:http";
import { EntrepotError } from "@entrepot/core";
import type { Answer } from "./answer.ts";
import type { Api } from "./api/create-api.ts";
import { baseUrlOf, type AddressReader, type ClientAddress } from "./client-address.ts";
import type { ConsoleFiles } from "./console/index.ts";
import type { HttpDeps } from "./context.ts";
import { frontPage } from "./front-page.ts";
import { HELP_PATH, helpPage } from "./help.ts";
import { asksForPage } from "./negotiate.ts";
import { createRequestBody } from "./body.ts";
import { operationsAnswer } from "./operations.ts";
import { PAGES, type PageHandler } from "./pages/routes.ts";

/** Everything that addresses no registry. */
export interface OtherEndpoint {
  /** Hands a request for the JSON API over to it, and then nobody else answers; false for other requests. */
  takesOver(request: IncomingMessage, response: ServerResponse): boolean;
  /** Answers operations, pages and the front page. Throws `not-found` for the rest. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<Answer>;
  close(): Promise<void>;
}

const API_URL = /^\/api(?:[/?]|$)/;
/** Reserved below the root too: an unknown path there is no page of the console. */
const RESERVED_URL = /^\/(?:-|npm|r|health|metrics)(?:\/|$)/;
const ASSET_URL = /^\/assets\//;

/** Makes the endpoint. The API's framework is loaded with the first request for it: most servers start for npm. */
export function createOtherEndpoint(deps: HttpDeps, addresses: AddressReader): OtherEndpoint {
  let api: Promise<Api> | null = null;
  const answerFromConsole = createConsole(deps, addresses);

  async function openApi(): Promise<Api> {
    const { createApi } = await import("./api/create-api.ts");
    return await createApi(deps, addresses);
  }

  // For programs, and for people where no console was built.
  function plainAnswer(request: IncomingMessage, path: string, isRead: boolean): Answer {
    if (isRead && path === "/") return frontPage(deps, addresses.read(request).origin);
    throw new EntrepotError("not-found", {
      message: "There is nothing at this URL; registries are at /npm/<name>/.",
    });
  }

  return {
    takesOver(request, response) {
      if (!API_URL.test(request.url ?? "")) return false;
      api ??= openApi();
      api.then(
        ({ handle }) => handle(request, response),
        (error: unknown) => {
          api = null;
          deps.log.error("the API could not be started", { error });
          response.writeHead(503).end();
        },
      );
      return true;
    },
    async answer(request, response) {
      const path = request.url?.split("?")[0] ?? "";
      const isRead = request.method === "GET" || request.method === "HEAD";
      const found = isRead ? await operationsAnswer(deps, path) : null;
      if (found !== null) return found;
      if (isRead && path === HELP_PATH) return helpPage();
      const page = PAGES.get(path);
      if (page !== undefined) return await pageOf(page, { deps, addresses, request, response });
      const shown = isRead ? await answerFromConsole(request, path) : null;
      return shown ?? plainAnswer(request, path, isRead);
    },
    async close() {
      await (await api)?.close();
    },
  };
}

/** Makes what answers browsers; null for what is not the console's, and where the console was not built. */
function createConsole(
  deps: HttpDeps,
  addresses: AddressReader,
): (request: IncomingMessage, path: string) => Promise<Answer | null> {
  const load = async () => await import("./console/index.ts");
  let opened: Promise<{ files: ConsoleFiles | null } & Awaited<ReturnType<typeof load>>> | null = null;

  return async (request, path) => {
    const isWanted =
      ASSET_URL.test(path) || (asksForPage(request.headers.accept) && !RESERVED_URL.test(path));
    if (!isWanted) return null;
    opened ??= load().then((module) => ({ ...module, files: module.openConsoleFiles() }));
    const { files, consoleAnswer } = await opened;
    if (files === null) return null;
    const pathPrefix = prefixOf(deps, addresses.read(request));
    return await consoleAnswer(files, { deps, request, path, pathPrefix });
  };
}

// A proxy that says nothing of the path it strips is known by the public URL, where it is that which was asked.
function prefixOf({ publicUrl }: HttpDeps, { origin, pathPrefix }: ClientAddress): string {
  if (pathPrefix !== "" || publicUrl === null) return pathPrefix;
  const url = new URL(publicUrl);
  return url.origin === origin ? url.pathname.replace(/\/$/, "") : "";
}

interface PageRequest {
  deps: HttpDeps;
  addresses: AddressReader;
  request: IncomingMessage;
  response: ServerResponse;
}

async function pageOf(
  page: { GET: PageHandler; POST: PageHandler },
  { deps, addresses, request, response }: PageRequest,
): Promise<Answer> {
  const { method = "", url = "" } = request;
  if (method !== "GET" && method !== "HEAD" && method !== "POST") {
    throw new EntrepotError("method-not-allowed", { details: { allow: "GET, POST" } });
  }
  const address = addresses.read(request);
  return await page[method === "POST" ? "POST" : "GET"]({
    deps,
    request,
    body: createRequestBody(request, response, deps.limits.bodyIdleTimeoutMs),
    address,
    query: new URLSearchParams(url.split("?")[1] ?? ""),
    baseUrl: baseUrlOf(deps, addresses, request) ?? address.origin,
  });
}
