import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

/**
 * The runtime's ceiling: one process, ready bytes in a Map by URL, the headers a registry would send, 304.
 * What is missing is all that makes a registry: names, permissions, policy, freshness.
 */
const [, , folder, port] = process.argv;

const abbreviated = new Map();
const full = new Map();
for (const { path, form, file, headers, etag } of JSON.parse(
  readFileSync(join(folder, "corpus.json"), "utf8"),
)) {
  const body = readFileSync(join(folder, file));
  const entry = {
    body,
    etag,
    headers: { ...headers, "content-length": body.length, etag },
    unchanged: {
      "etag": etag,
      "cache-control": headers["cache-control"],
      "vary": headers.vary ?? "accept-encoding",
    },
  };
  if (form !== "full") abbreviated.set(path, entry);
  if (form !== "abbreviated") full.set(path, entry);
}

const server = createServer((request, response) => {
  const accept = request.headers.accept;
  const entries =
    accept !== undefined && accept.includes("application/vnd.npm.install-v1+json") ? abbreviated : full;
  const entry = entries.get(request.url);
  if (entry === undefined) {
    response.writeHead(request.url === "/-/ping" ? 200 : 404, { "content-type": "application/json" });
    response.end("{}");
  } else if (request.headers["if-none-match"] === entry.etag) {
    response.writeHead(304, entry.unchanged);
    response.end();
  } else {
    response.writeHead(200, entry.headers);
    response.end(entry.body);
  }
});
server.listen(Number(port), "127.0.0.1");
process.once("SIGTERM", () => process.exit(0));
