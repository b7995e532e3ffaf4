/** What every command needs first: the dependencies installed and the packages built. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder, absolute. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const lockfile = join(root, "package-lock.json");
const installed = join(root, "node_modules", ".package-lock.json");

/** Installs what the lockfile names unless it is there already. Quiet when there is nothing to do. */
export function ensureInstalled() {
  assertNode();
  undoPack();
  if (isInstalled()) return;
  console.log("Installing dependencies (npm ci) …");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  runOrExit(npm, ["ci", "--no-audit", "--no-fund", "--prefer-offline"]);
}

/** Builds all packages. Quiet when everything is built; a full build takes some seconds. */
export async function build() {
  runOrExit(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b"]);
  const { buildConsole } = await import("./build-console.mjs");
  await buildConsole(root);
  const { bundleServer } = await import("./bundle.mjs");
  await bundleServer(root);
}

/** Where `npm pack` of the server finds what goes into the tarball, and what its package.json was before. */
export const bundled = join(root, "packages/server/node_modules/@entrepot");
export const manifestBeforePack = join(bundled, "package.json.before-pack");

/**
 * Undoes what preparing a pack did. Copies of core and cli that a killed pack left behind would shadow the
 * workspaces, so every command begins with this.
 */
export function undoPack() {
  if (existsSync(manifestBeforePack)) {
    renameSync(manifestBeforePack, join(root, "packages/server/package.json"));
  }
  rmSync(bundled, { recursive: true, force: true });
}

function assertNode() {
  const wanted = readJson(join(root, "package.json")).engines.node.replace(">=", "");
  const isEnough = process.versions.node.localeCompare(wanted, "en", { numeric: true }) >= 0;
  if (isEnough) return;
  console.error(
    `This needs Node ${wanted} or newer; this is ${process.versions.node} (${process.execPath}).`,
  );
  process.exit(1);
}

/** An older lockfile cannot hold anything new; a newer one is compared, for a checkout also touches it. */
function isInstalled() {
  if (!existsSync(installed)) return false;
  if (statSync(lockfile).mtimeMs <= statSync(installed).mtimeMs) return true;
  const wanted = readJson(lockfile).packages;
  const present = readJson(installed).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith("node_modules/") || entry.optional) return true;
    const found = present[path];
    return found !== undefined && found.version === entry.version && found.link === entry.link;
  });
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

function runOrExit(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error) console.error(`${command} did not start: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
