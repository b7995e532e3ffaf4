import { Agent } from "node:http";
import { gzipSync } from "node:zlib";

import { summarize } from "../harness/statistics.mjs";
import { ABBREVIATED, FULL, send } from "./http.mjs";

const USER_AGENT = "npm/11.19.1 node/v20.20.2 linux x64 workspaces/false";

/**
 * Replays a recorded install in a closed loop: up to `inFlightMax` requests are open, and the next of the
 * list is taken when one ends.
 *
 * @param {string} url   base of the registry
 * @param {{ requests: string[], inFlightMax: number, specs: Map<string,
 * import("../upstream/documents.mjs").PackageSpec> }} workload
 * @returns {Promise<{ wallMs: number, p50: number, p99: number, max: number, count: number, bytes: number,
 *                     failures: string[] }>} failures name the request and what came instead
 */
export async function replay(url, { requests, inFlightMax, specs }) {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlightMax, maxFreeSockets: inFlightMax });
  const prepared = requests.map((request) => prepare(url, request, specs));
  const latencies = [];
  const failures = [];
  let bytes = 0;
  let next = 0;
  async function client() {
    while (next < prepared.length) {
      const each = prepared[next];
      next += 1;
      const answer = await send(each.url, { ...each.options, agent });
      latencies.push(answer.ms);
      bytes += answer.sizeBytes;
      const isWrongSize = each.sizeBytes !== null && answer.sizeBytes !== each.sizeBytes;
      if (!each.accepts(answer.status) || isWrongSize) {
        failures.push(`${each.request}: ${answer.status}, ${answer.sizeBytes} bytes`);
      }
    }
  }
  const start = performance.now();
  try {
    await Promise.all(Array.from({ length: inFlightMax }, client));
  } finally {
    agent.destroy();
  }
  return { wallMs: performance.now() - start, ...summarize(latencies), bytes, failures };
}

function prepare(url, request, specs) {
  const what = request.slice(2);
  const headers = { "user-agent": USER_AGENT };
  if (request.startsWith("a:")) {
    return { request, ...advisoryQuery(url, [...specs.keys()].slice(0, Number(what)), headers) };
  }
  if (request.startsWith("t:")) {
    const at = what.lastIndexOf("@");
    const [name, version] = [what.slice(0, at), what.slice(at + 1)];
    const base = name.slice(name.lastIndexOf("/") + 1);
    return {
      request,
      url: `${url}/${name}/-/${base}-${version}.tgz`,
      options: { headers: { ...headers, accept: "*/*" } },
      sizeBytes: specs.get(name).tarballs.get(version),
      accepts: (status) => status === 200,
    };
  }
  return {
    request,
    url: `${url}/${what.replace("/", "%2f")}`,
    options: { headers: { ...headers, accept: request.startsWith("P:") ? FULL : ABBREVIATED } },
    sizeBytes: null,
    accepts: (status) => status === 200,
  };
}

/** Not every registry answers advisory queries; clients then go on without. */
function advisoryQuery(url, names, headers) {
  const body = gzipSync(JSON.stringify(Object.fromEntries(names.map((name) => [name, ["1.0.0"]]))));
  return {
    url: `${url}/-/npm/v1/security/advisories/bulk`,
    options: {
      method: "POST",
      body,
      headers: { ...headers, "content-type": "application/json", "content-encoding": "gzip" },
    },
    sizeBytes: null,
    accepts: (status) => status === 200 || status === 404,
  };
}
