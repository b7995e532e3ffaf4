import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

import { processTree } from "./process-facts.mjs";

const STOP_MS_MAX = 8_000;
const LOG_TAIL_CHARACTERS = 2_000;

/**
 * Holds everything that must be gone when the bench ends: processes (by pid) and one temporary folder.
 *
 * @typedef {object} Workshop
 * @property {(label: string) => string} folder   makes an empty folder
 * @property {(folder: string) => void} discard   removes a folder made by `folder`
 * @property {(input: LaunchInput) => Launched} launch
 * @property {() => Promise<void>} close          stops all and removes all
 * @property {() => void} closeNow                the same, at once, for exits that cannot wait
 */

/**
 * @typedef {object} LaunchInput
 * @property {string} label
 * @property {string} command
 * @property {string[]} args
 * @property {"server" | "client"} core
 * @property {Record<string, string>} [env]
 * @property {string} [cwd]
 * @property {boolean} [ipc]   opens a message channel to a Node child
 */

/**
 * @typedef {object} Launched
 * @property {number} pid
 * @property {import("node:child_process").ChildProcess} child
 * @property {() => boolean} isAlive
 * @property {() => string} logTail     the end of what it printed
 * @property {Promise<number | null>} ended  exit code; null when a signal ended it
 * @property {() => Promise<void>} stop
 */

/** Whether processes can be bound to cores here: two cores and util-linux's `taskset`. */
export function canPin() {
  return availableParallelism() > 1 && spawnSync("taskset", ["--version"], { stdio: "ignore" }).status === 0;
}

/**
 * Makes the workshop, and binds the bench itself (and so each child that is not a server) to the client core.
 *
 * @param {{ serverCore: number, clientCore: number, isPinned: boolean }} cores
 * @returns {Workshop}
 */
export function createWorkshop(cores) {
  const root = mkdtempSync(join(tmpdir(), "entrepot-bench-"));
  /** @type {Set<Launched>} */
  const running = new Set();
  let folders = 0;
  let isClosing = false;
  if (cores.isPinned) {
    spawnSync("taskset", ["-a", "-c", "-p", String(cores.clientCore), String(process.pid)]);
  }
  return {
    folder(label) {
      folders += 1;
      const path = join(root, `${folders}-${label}`);
      mkdirSync(path);
      return path;
    },
    discard: (folder) => rmSync(folder, { recursive: true, force: true }),
    launch(input) {
      if (isClosing) throw new Error("the bench is ending");
      const logFile = join(root, `${(folders += 1)}-${input.label}.log`);
      const launched = start(input, { cores, logFile, onEnd: () => running.delete(launched) });
      running.add(launched);
      return launched;
    },
    async close() {
      isClosing = true;
      await Promise.all([...running].map((each) => each.stop()));
      rmSync(root, { recursive: true, force: true });
    },
    closeNow() {
      for (const each of running) killTree(each.pid);
      rmSync(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** @returns {Launched} */
function start(input, { cores, logFile, onEnd }) {
  const isBound = cores.isPinned && input.core === "server";
  // taskset replaces itself by the command, so the pid is the server's own.
  const command = isBound ? "taskset" : input.command;
  const args = isBound ? ["-c", String(cores.serverCore), input.command, ...input.args] : input.args;
  const log = openSync(logFile, "w");
  const child = spawn(command, args, {
    cwd: input.cwd,
    env: input.env ?? baseEnvironment(),
    stdio: input.ipc === true ? ["ignore", log, log, "ipc"] : ["ignore", log, log],
  });
  closeSync(log);
  let isAlive = true;
  const ended = new Promise((resolve) => {
    const end = (code) => {
      isAlive = false;
      onEnd();
      resolve(code);
    };
    child.once("exit", end);
    child.once("error", () => end(null));
  });
  if (child.pid === undefined) throw new Error(`${input.label} did not start: ${command}`);
  return {
    pid: child.pid,
    child,
    ended,
    isAlive: () => isAlive,
    logTail: () => readFileSync(logFile, "utf8").slice(-LOG_TAIL_CHARACTERS),
    stop: () => stop({ child, ended, isAlive: () => isAlive }),
  };
}

async function stop({ child, ended, isAlive }) {
  if (!isAlive()) return;
  const tree = processTree(child.pid);
  child.kill("SIGTERM");
  const timer = setTimeout(() => tree.forEach(killOne), STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}

function killTree(pid) {
  processTree(pid).forEach(killOne);
}

function killOne(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** What children get of our environment: where things are, and which authorities they trust. */
const PASSED_ON = ["PATH", "HOME", "TMPDIR", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/** The environment of a child. Servers must not see the settings of the person who runs the bench. */
export function baseEnvironment() {
  const passed = PASSED_ON.filter((name) => process.env[name] !== undefined);
  return { ...Object.fromEntries(passed.map((name) => [name, process.env[name]])), NODE_ENV: "production" };
}

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
