import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { baseEnvironment } from "../harness/processes.mjs";
import { inTurn } from "../harness/rounds.mjs";

/** What npm reads of a project; the rest of the folder is not needed. */
const WANTED = /^(package\.json|package-lock\.json|npm-shrinkwrap\.json|\.npmrc)$/;

/** A real client and a real upstream. @type {import("./index.mjs").Scenario} */
export const realInstall = {
  id: "real-install",
  about: "npm install of the project in --lockfile with clean caches: directly, and through empty registries",
  usesShared: false,
  unavailable: () => null,
  async run(context) {
    const { lockfile, rounds } = context.options;
    if (lockfile === null) {
      context.progress("real-install: skipped, it needs --lockfile DIR");
      return [];
    }
    if (!existsSync(join(lockfile, "package.json"))) throw new Error(`${lockfile} has no package.json`);
    const registry = configuredRegistry();
    const columns = ["direct", ...context.peers.filter(({ isRegistry }) => isRegistry).map(({ id }) => id)];
    context.progress("npm install: one that is not counted, then directly and through");
    // The first of all would pay for caches on the way that the others find filled.
    await install(context, registry);
    const cells = await inTurn(
      columns.map((column) => ({ column })),
      rounds,
      ({ column }) =>
        column === "direct" ? install(context, registry) : installThrough(context, column, registry),
    );
    return [{ id: "real-install.cold", label: "npm install, cold", unit: "ms", cells, against: "direct" }];
  },
};

/** The registry that this user's npm is configured with. */
function configuredRegistry() {
  return execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim();
}

async function installThrough(context, column, registry) {
  const running = await context.start(column, { upstreamUrl: registry });
  try {
    return await install(context, `${running.url}/`);
  } finally {
    await running.stop();
  }
}

async function install({ workshop, options }, registry) {
  const project = workshop.folder("project");
  const cache = workshop.folder("npm-cache");
  for (const file of readdirSync(options.lockfile).filter((name) => WANTED.test(name))) {
    copyFileSync(join(options.lockfile, file), join(project, file));
  }
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--replace-registry-host=always"];
  const start = performance.now();
  const launched = workshop.launch({
    label: "npm",
    command: "npm",
    args: ["install", ...flags, "--registry", registry, "--cache", cache],
    core: "client",
    cwd: project,
    env: { ...baseEnvironment(), NODE_ENV: "development" },
  });
  const code = await launched.ended;
  const value = performance.now() - start;
  if (code !== 0) throw new Error(`npm install ended with ${code}: ${firstErrors(launched.logTail())}`);
  workshop.discard(project);
  workshop.discard(cache);
  return { value };
}

/** The start of npm's complaint, which says what went wrong; its end only says where the log is. */
function firstErrors(log) {
  const lines = log.split("\n").filter((line) => line.startsWith("npm error"));
  return lines.slice(0, 3).join(" ").slice(0, 300);
}
