import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { baseEnvironment, freePort } from "../harness/processes.mjs";
import { sendJson, waitUntilReady } from "../load/http.mjs";

const BENCH = fileURLToPath(new URL("..", import.meta.url));
const MAIN = join(BENCH, "node_modules/verdaccio/bin/verdaccio");
const INSTALL_MS_MAX = 300_000;

/** Verdaccio asks for Node 22; where the bench runs on an older one, the binary comes from npm with it. */
function runtime() {
  if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath;
  return join(BENCH, `node_modules/node-linux-${process.arch}/bin/node`);
}

/** @type {import("./index.mjs").Peer} */
export const verdaccio = {
  id: "verdaccio",
  label: "Verdaccio",
  isRegistry: true,
  async unavailable() {
    if (!existsSync(MAIN) || !existsSync(runtime())) {
      const done = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], {
        cwd: BENCH,
        stdio: ["ignore", "ignore", "pipe"],
        timeout: INSTALL_MS_MAX,
      });
      if (done.status !== 0) return `npm ci in bench/ failed: ${String(done.stderr).trim().slice(-300)}`;
    }
    return existsSync(runtime()) ? null : `Verdaccio needs Node 22, and there is none for ${process.arch}`;
  },
  async start({ workshop, upstreamUrl, dataFolder }) {
    const folder = dataFolder ?? workshop.folder("verdaccio");
    const port = await freePort();
    writeFileSync(join(folder, "config.yaml"), configuration(folder, upstreamUrl));
    const startedAt = performance.now();
    const launched = workshop.launch({
      label: "verdaccio",
      command: runtime(),
      args: [MAIN, "--config", join(folder, "config.yaml"), "--listen", `127.0.0.1:${port}`],
      core: "server",
      cwd: folder,
      env: { ...baseEnvironment(), NODE_NO_WARNINGS: "1" },
    });
    const url = `http://127.0.0.1:${port}`;
    const startedMs = await waitUntilReady(`${url}/-/ping`, { ...launched, startedAt, pollMs: 2 });
    return {
      id: "verdaccio",
      url,
      pid: launched.pid,
      startedMs,
      stop: launched.stop,
      isAlive: launched.isAlive,
      logTail: launched.logTail,
      login: () => login(url),
    };
  },
};

async function login(url) {
  const name = `bench${Math.random().toString(36).slice(2)}`;
  const { token } = await sendJson(`${url}/-/user/org.couchdb.user:${name}`, {
    method: "PUT",
    json: { _id: `org.couchdb.user:${name}`, name, password: "bench-Password-1", type: "user", roles: [] },
  });
  return token;
}

/**
 * Its defaults, except: larger bodies, no web page, fresh documents for ten minutes, own packages without a
 * look upstream, and signed tokens (with its older kind it computes a password hash for each request).
 */
function configuration(folder, upstreamUrl) {
  return `storage: ${folder}/storage
web: { enable: false }
security: { api: { legacy: false, jwt: { sign: { expiresIn: 30d } } } }
auth: { htpasswd: { file: ${folder}/htpasswd, max_users: 1000000 } }
uplinks:
  standin: { url: "${upstreamUrl}", maxage: 10m, timeout: 120s }
packages:
  "bench-own-*": { access: $all, publish: $authenticated }
  "@*/*": { access: $all, publish: $authenticated, proxy: standin }
  "**": { access: $all, publish: $authenticated, proxy: standin }
max_body_size: 500mb
server: { keepAliveTimeout: 60 }
log: { type: stdout, format: json, level: warn }
`;
}
