import { fileURLToPath } from "node:url";

import { freePort } from "../harness/processes.mjs";
import { waitUntilReady } from "../load/http.mjs";

/** @type {import("./index.mjs").Peer} */
export const nodeHttp = {
  id: "node-http",
  label: "node:http",
  isRegistry: false,
  unavailable: async () => null,
  async start({ workshop, corpusFolder }) {
    const port = await freePort();
    const launched = workshop.launch({
      label: "node-http",
      command: process.execPath,
      args: [fileURLToPath(new URL("./node-http-server.mjs", import.meta.url)), corpusFolder, String(port)],
      core: "server",
    });
    const url = `http://127.0.0.1:${port}`;
    const startedMs = await waitUntilReady(`${url}/-/ping`, launched);
    return { id: "node-http", url, pid: launched.pid, startedMs, stop: launched.stop };
  },
};
