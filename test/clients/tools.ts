/**
 * The package managers that these tests run, in the exact versions of `tools/package-lock.json`. They are installed
 * once, from the registry that this machine's npm is configured with, and kept in `.cache/` until the lockfile changes.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const cache = join(here, ".cache");
const LOCK_PAUSE_MS = 200;
const LOCK_AGE_MS_MAX = 5_000;

export interface Tools {
  /** Folder with the installed clients. */
  modules: string;
  /** Folder for `PATH` in which `npm` is npm 11: pnpm 9 and 10 call it to publish. */
  bin: string;
}

/** Installs what is missing. Throws with npm's output when the registry cannot be reached. */
export async function installTools(): Promise<Tools> {
  const key = createHash("sha256")
    .update(readFileSync(join(here, "tools/package-lock.json")))
    .digest("hex");
  const folder = join(cache, key.slice(0, 16));
  mkdirSync(cache, { recursive: true });
  const release = await takeLock(join(cache, "lock"));
  try {
    if (!existsSync(folder)) await installInto(folder);
  } finally {
    release();
  }
  return { modules: join(folder, "node_modules"), bin: join(folder, "bin") };
}

// Under another name first, so that a killed installation is never taken for a whole one.
async function installInto(folder: string): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(join(here, "tools"), unfinished, { recursive: true });
  await npmInstall(unfinished);
  mkdirSync(join(unfinished, "bin"));
  const shim = join(unfinished, "bin/npm");
  const npm = join(folder, "node_modules/npm-11/bin/npm-cli.js");
  writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${npm}" "$@"\n`);
  chmodSync(shim, 0o755);
  renameSync(unfinished, folder);
  for (const old of readdirSync(cache)) {
    if (!folder.endsWith(old) && old !== "lock") rmSync(join(cache, old), { recursive: true, force: true });
  }
}

// `npm ci` would insist on the binaries for every platform; this takes the one that is needed.
async function npmInstall(folder: string): Promise<void> {
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  const child = spawn("npm", ["install", "--prefix", folder, ...quiet], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  if (code !== 0) throw new Error(`npm install of the clients ended with ${code}:\n${output.join("")}`);
}

// Test files run side by side. The holder touches the lock, so that one left by a killed run is recognised.
async function takeLock(path: string): Promise<() => void> {
  while (!tryLock(path)) await delay(LOCK_PAUSE_MS);
  const touch = setInterval(() => utimesSync(path, new Date(), new Date()), LOCK_AGE_MS_MAX / 5);
  return () => {
    clearInterval(touch);
    rmSync(path, { recursive: true, force: true });
  };
}

function tryLock(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const touchedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  if (Date.now() - touchedAt > LOCK_AGE_MS_MAX) rmSync(path, { recursive: true, force: true });
  return false;
}
