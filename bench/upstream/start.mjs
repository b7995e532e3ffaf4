import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { baseEnvironment } from "../harness/processes.mjs";

const ORDER_MS_MAX = 120_000;

/** Where the recorded installs lie when they are at hand: beside the repository. */
const WORKLOAD_FILE = fileURLToPath(new URL("../../../shared/data/bench-workload.json", import.meta.url));

/** The file of recorded installs, or null. `ENTREPOT_BENCH_WORKLOAD` names another place. */
export function workloadFile() {
  const file = process.env.ENTREPOT_BENCH_WORKLOAD ?? WORKLOAD_FILE;
  return existsSync(file) ? file : null;
}

/**
 * @typedef {object} StandIn
 * @property {string} url
 * @property {number} pid
 * @property {(latencyMs: number) => Promise<void>} setLatency   how long each answer is held back
 * @property {(names: string[], forms?: string[]) => Promise<object>} prepare   makes documents beforehand
 * @property {(file: string, id: string) => Promise<object>} prepareWorkload
 * @property {() => Promise<Record<string, number>>} takeCounts  requests by path since the last call
 */

/**
 * Starts the stand-in upstream on the client core.
 *
 * @param {import("../harness/processes.mjs").Workshop} workshop
 * @returns {Promise<StandIn>}
 */
export async function startStandIn(workshop) {
  const launched = workshop.launch({
    label: "upstream",
    command: process.execPath,
    args: ["--max-old-space-size=2048", fileURLToPath(new URL("./main.mjs", import.meta.url))],
    core: "client",
    env: baseEnvironment(),
    ipc: true,
  });
  const { child } = launched;
  let lastId = 0;
  const waiting = new Map();
  const url = await new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error(`the stand-in upstream ended: ${launched.logTail()}`)));
    child.on("message", (message) => {
      if (message.url !== undefined) return resolve(message.url);
      const entry = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error === undefined) entry?.resolve(message.result);
      else entry?.reject(new Error(message.error));
    });
  });
  function order(name, input) {
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`upstream: ${name} took too long`)), ORDER_MS_MAX);
      const done = (settle) => (value) => {
        clearTimeout(timer);
        settle(value);
      };
      waiting.set(id, { resolve: done(resolve), reject: done(reject) });
      child.send({ id, order: name, input });
    });
  }
  return {
    url,
    pid: launched.pid,
    setLatency: (latencyMs) => order("latency", { latencyMs }),
    prepare: (names, forms = ["full"]) => order("prepare", { names, forms }),
    prepareWorkload: (file, id) => order("prepare-workload", { file, id }),
    takeCounts: () => order("counts", {}),
  };
}
