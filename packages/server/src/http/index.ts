/**
 * HTTP: the npm protocol, the JSON API and the operations' URLs. It reads a request, asks who it is and what it
 * may do, calls one function of a feature and writes the answer; rules about packages do not live here.
 */
export { API_ROUTES } from "./api/routes.ts";
export type { HttpDeps } from "./context.ts";
export { NPM_ROUTES } from "./routes.ts";
export { createHttpServer, type HttpServer } from "./server.ts";
