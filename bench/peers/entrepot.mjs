import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { baseEnvironment, freePort } from "../harness/processes.mjs";
import { send, sendJson, waitUntilReady } from "../load/http.mjs";

const MAIN = fileURLToPath(new URL("../../packages/server/dist/main.js", import.meta.url));

/** The runtime's own histogram counts the pause between two of its looks as delay; an idle loop reads this much. */
const SAMPLING_MS = 10;
const PASSWORD = "bench-Password-1";

/** @type {import("./index.mjs").Peer} */
export const entrepot = {
  id: "entrepot",
  label: "Entrepot",
  isRegistry: true,
  unavailable: async () =>
    existsSync(MAIN) ? null : "packages/server/dist/main.js is missing: npm run build",
  async start({ workshop, upstreamUrl, dataFolder, settings = {} }) {
    const folder = dataFolder ?? workshop.folder("entrepot");
    const port = await freePort();
    const startedAt = performance.now();
    const launched = workshop.launch({
      label: "entrepot",
      command: process.execPath,
      args: [MAIN, "serve"],
      core: "server",
      env: {
        ...baseEnvironment(),
        ENTREPOT_HOST: "127.0.0.1",
        ENTREPOT_PORT: String(port),
        ENTREPOT_DATA: folder,
        ENTREPOT_UPSTREAM: upstreamUrl ?? "none",
        ENTREPOT_ADVISORIES: "none",
        ENTREPOT_ANONYMOUS_READ: "true",
        ENTREPOT_ADMIN_PASSWORD: PASSWORD,
        ENTREPOT_UPSTREAM_FRESH_SECONDS: "600",
        ENTREPOT_LOG_LEVEL: "warn",
        ...settings,
      },
    });
    const origin = `http://127.0.0.1:${port}`;
    const startedMs = await waitUntilReady(`${origin}/health/ready`, { ...launched, startedAt, pollMs: 2 });
    return {
      id: "entrepot",
      url: `${origin}/npm/default`,
      pid: launched.pid,
      startedMs,
      stop: launched.stop,
      isAlive: launched.isAlive,
      logTail: launched.logTail,
      login: () => login(origin),
      addRegistry: (token, name) => addRegistry(origin, token, name),
      block: (token, what) => block(origin, token, what),
      enforce: (token, rules) => enforce(origin, token, rules),
      eventLoopDelay: () => eventLoopDelay(origin),
    };
  },
};

async function login(origin) {
  const { token } = await sendJson(`${origin}/npm/default/-/user/org.couchdb.user:admin`, {
    method: "PUT",
    json: { _id: "org.couchdb.user:admin", name: "admin", password: PASSWORD, type: "user", roles: [] },
  });
  return token;
}

async function addRegistry(origin, token, name) {
  await sendJson(`${origin}/api/v1/registries`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    json: { name },
    expected: [201],
  });
}

/** Sets the status of one version to "blocked" in all registries. */
async function block(origin, token, { name, version }) {
  const path = `registries/*/packages/${encodeURIComponent(name)}/versions/${version}/status`;
  await sendJson(`${origin}/api/v1/${path}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${token}` },
    json: { status: "blocked", reason: "Blocked by the bench" },
    expected: [200, 201, 204],
  });
}

/** Puts rules in force in every registry, and nothing else. */
async function enforce(origin, token, rules) {
  await sendJson(`${origin}/api/v1/policy/document`, {
    method: "PUT",
    headers: { authorization: `Bearer ${token}` },
    json: { profile: null, rules: rules.map((rule) => ({ mode: "enforce", ...rule })) },
  });
}

/**
 * The 99th percentile of the event loop's delay since the last look, in milliseconds; null when the server does
 * not say. Looks for any gauge or summary whose name speaks of the event loop's lag or delay.
 */
async function eventLoopDelay(origin) {
  const answer = await send(`${origin}/metrics`, {
    keepBody: true,
    headers: { "accept-encoding": "identity" },
  });
  if (answer.status !== 200) return null;
  const lines = answer.body.toString("utf8").split("\n");
  const line = lines.find(
    (each) => /^[a-z_]*event_?loop_(lag|delay)[a-z_]*/.test(each) && /p99|quantile="0\.99"/.test(each),
  );
  const delayMs = 1000 * Number(line?.slice(line.lastIndexOf(" ") + 1));
  if (!Number.isFinite(delayMs)) return null;
  return line.startsWith("nodejs_") ? Math.max(0, delayMs - SAMPLING_MS) : delayMs;
}
