import type { IncomingMessage, ServerResponse } from "node:http";
import { EntrepotError } from "@entrepot/core";
import type { Answer } from "./answer.ts";
import type { Api } from "./api/create-api.ts";
import type { AddressReader } from "./client-address.ts";
import type { HttpDeps } from "./context.ts";
import { frontPage } from "./front-page.ts";
import { HELP_PATH, helpPage } from "./help.ts";
import { operationsAnswer } from "./operations.ts";

/** Everything that addresses no registry. */
export interface OtherEndpoint {
  /** Hands a request for the JSON API over to it, and then nobody else answers; false for other requests. */
  takesOver(request: IncomingMessage, response: ServerResponse): boolean;
  /** Answers operations and the front page. Throws `not-found` for the rest. */
  answer(request: IncomingMessage): Promise<Answer>;
  close(): Promise<void>;
}

const API_URL = /^\/api(?:[/?]|$)/;

/** Makes the endpoint. The API's framework is loaded with the first request for it: most servers start for npm. */
export function createOtherEndpoint(deps: HttpDeps, addresses: AddressReader): OtherEndpoint {
  let api: Promise<Api> | null = null;

  async function openApi(): Promise<Api> {
    const { createApi } = await import("./api/create-api.ts");
    return await createApi(deps, addresses);
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
    async answer(request) {
      const path = request.url?.split("?")[0] ?? "";
      const isRead = request.method === "GET" || request.method === "HEAD";
      const found = isRead ? await operationsAnswer(deps, path) : null;
      if (found !== null) return found;
      if (isRead && path === HELP_PATH) return helpPage();
      if (isRead && path === "/") return frontPage(deps, addresses.read(request).origin);
      throw new EntrepotError("not-found", {
        message: "There is nothing at this URL; registries are at /npm/<name>/.",
      });
    },
    async close() {
      await (await api)?.close();
    },
  };
}
