import { createServer } from "node:http";

import { readWorkload } from "./catalog.mjs";
import { createStore } from "./store.mjs";

/**
 * The stand-in upstream as its own process. It speaks the read half of the npm protocol on a free port of
 * 127.0.0.1, says `{ url }` to its parent when it listens, takes orders from it (latency, prepare, counts)
 * and ends with it.
 */
async function main() {
  const state = { latencyMs: 0, counts: new Map(), bodies: 0 };
  const server = createServer({ keepAliveTimeout: 60_000 });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  const store = createStore({ baseUrl });
  server.on("request", (request, response) => answer({ store, state }, request, response));
  process.on("message", ({ id, order, input }) => {
    try {
      process.send({ id, result: obey({ store, state }, order, input) });
    } catch (error) {
      process.send({ id, error: error.message });
    }
  });
  process.once("disconnect", () => process.exit(0));
  process.send({ url: baseUrl });
}

function obey({ store, state }, order, input) {
  switch (order) {
    case "latency":
      state.latencyMs = input.latencyMs;
      return null;
    case "prepare":
      for (const name of input.names) input.forms.forEach((form) => store.document(name, form));
      return store.sizes();
    case "prepare-workload": {
      const workload = readWorkload(input.file, input.id);
      store.prepareAll(workload.specs, ["full"]);
      return store.sizes();
    }
    case "counts": {
      const counts = Object.fromEntries(state.counts);
      state.counts.clear();
      return counts;
    }
    default:
      throw new Error(`unknown order ${order}`);
  }
}

function answer(deps, request, response) {
  request.resume();
  const path = decodeURIComponent(request.url.split("?")[0]).slice(1);
  if (path === "-/ping") return sendJson(response, "{}");
  const { state } = deps;
  state.counts.set(path, (state.counts.get(path) ?? 0) + 1);
  const reply = () =>
    request.method === "POST" ? answerPost(path, response) : answerGet(deps, { path, request, response });
  if (state.latencyMs === 0) return reply();
  setTimeout(reply, state.latencyMs);
}

/** Advisory queries are answered with "nothing known". */
function answerPost(path, response) {
  const isAdvisory = path.startsWith("-/npm/v1/security/");
  if (isAdvisory) sendJson(response, "{}");
  else sendNotFound(response);
}

function answerGet({ store }, { path, request, response }) {
  const split = path.indexOf("/-/");
  if (split > 0) return sendTarball(response, tarballOf(store, path, split));
  const isAbbreviated = (request.headers.accept ?? "").includes("application/vnd.npm.install-v1+json");
  const document = path.startsWith("-/")
    ? null
    : store.document(path, isAbbreviated ? "abbreviated" : "full");
  if (document === null) return sendNotFound(response);
  const headers = {
    "etag": document.etag,
    "cache-control": "public, max-age=300",
    "vary": "accept-encoding, accept",
  };
  if (request.headers["if-none-match"] === document.etag) {
    response.writeHead(304, headers);
    response.end();
    return;
  }
  response.writeHead(200, {
    ...headers,
    "content-type": isAbbreviated ? "application/vnd.npm.install-v1+json" : "application/json",
    "content-encoding": "gzip",
    "content-length": document.gzip.length,
  });
  response.end(document.gzip);
}

function tarballOf(store, path, split) {
  const name = path.slice(0, split);
  const file = path.slice(split + 3);
  const base = name.slice(name.lastIndexOf("/") + 1);
  if (!file.startsWith(`${base}-`) || !file.endsWith(".tgz")) return null;
  return store.tarball(name, file.slice(base.length + 1, -4));
}

function sendTarball(response, tarball) {
  if (tarball === null) return sendNotFound(response);
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": tarball.bytes.length,
    "etag": tarball.etag,
    "cache-control": "public, immutable, max-age=31557600",
  });
  response.end(tarball.bytes);
}

function sendJson(response, text) {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(text);
}

function sendNotFound(response) {
  response.writeHead(404, { "content-type": "application/json" });
  response.end('{"error":"Not found"}');
}

await main();
