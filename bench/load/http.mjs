import { request as httpRequest } from "node:http";

const ANSWER_MS_MAX = 60_000;

export const FULL = "application/json";
export const ABBREVIATED = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*";

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {import("node:http").IncomingHttpHeaders} headers
 * @property {number} sizeBytes      bytes of the body on the wire
 * @property {Buffer | null} body    those bytes, when `keepBody` was set
 * @property {number} ms             from the call to the last byte
 */

/**
 * Sends one request and reads the whole answer; nothing is inflated. Any status is an answer; rejects only
 * when none came.
 *
 * @param {string} url
 * @param {{ method?: string, headers?: Record<string, string>, body?: Buffer | string, agent?:
 * import("node:http").Agent,
 *           keepBody?: boolean }} [options]
 * @returns {Promise<Answer>}
 */
export function send(url, { method = "GET", headers = {}, body, agent, keepBody = false } = {}) {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const request = httpRequest(url, {
      method,
      agent,
      timeout: ANSWER_MS_MAX,
      headers: { "accept-encoding": "gzip", ...length, ...headers },
    });
    request.once("error", reject);
    request.once("timeout", () => request.destroy(new Error(`no answer within ${ANSWER_MS_MAX} ms: ${url}`)));
    request.once("response", (response) => {
      let sizeBytes = 0;
      const parts = [];
      response.on("data", (chunk) => {
        sizeBytes += chunk.length;
        if (keepBody) parts.push(chunk);
      });
      response.once("error", reject);
      response.once("end", () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          sizeBytes,
          body: keepBody ? Buffer.concat(parts) : null,
          ms: performance.now() - start,
        }),
      );
    });
    request.end(body);
  });
}

/**
 * `send`, and the body as JSON. Throws when the status is not one of `expected`, with the start of the
 * answer.
 */
export async function sendJson(url, { expected = [200, 201], json, headers = {}, ...options } = {}) {
  const answer = await send(url, {
    ...options,
    keepBody: true,
    headers: {
      "accept-encoding": "identity",
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  const text = answer.body.toString("utf8");
  if (!expected.includes(answer.status)) {
    throw new Error(
      `${options.method ?? "GET"} ${new URL(url).pathname}: ${answer.status} ${text.slice(0, 200)}`,
    );
  }
  return text === "" ? null : JSON.parse(text);
}

/**
 * Asks until the answer is 200. Throws after `limitMs`, or at once when `isAlive` says that the server ended.
 *
 * @returns {Promise<number>} milliseconds that it took
 */
export async function waitUntilReady(url, { isAlive, logTail, limitMs = 30_000, pollMs = 20, startedAt }) {
  const start = startedAt ?? performance.now();
  while (performance.now() - start < limitMs) {
    if (!isAlive()) throw new Error(`the server ended before it was ready: ${logTail()}`);
    try {
      const { status } = await send(url);
      if (status === 200) return performance.now() - start;
    } catch (error) {
      if (error.code !== "ECONNREFUSED" && error.code !== "ECONNRESET") throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new Error(`not ready within ${limitMs} ms: ${logTail()}`);
}
