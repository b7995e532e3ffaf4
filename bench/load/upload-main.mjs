import { setPriority } from "node:os";

import { send } from "./http.mjs";
import { publishRequest } from "./publish.mjs";

/**
 * Publishes one large tarball from a process of its own, so that building and sending it does not disturb the
 * one that measures latencies meanwhile. Says `{ ready, bodyBytes }`, waits for any message, then says `{
 * status, ms }`.
 */
process.once("message", ({ url, token, name, version, sizeBytes }) => {
  setPriority(10);
  const { path, body } = publishRequest({ name, version, sizeBytes });
  process.once("message", () => void publish(`${url}${path}`, body, token));
  process.send({ ready: true, bodyBytes: body.length });
});

async function publish(url, body, token) {
  try {
    const headers = { "content-type": "application/json", "authorization": `Bearer ${token}` };
    const { status, ms } = await send(url, { method: "PUT", body, headers });
    process.send({ status, ms });
  } catch (error) {
    process.send({ status: 0, ms: Number.NaN, error: error.message });
  }
  process.disconnect();
}
