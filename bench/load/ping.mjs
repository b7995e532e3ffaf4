import { Agent } from "node:http";

import { send } from "./http.mjs";

const PAUSE_MS = 3;

/**
 * Asks `/-/ping` again and again on one connection while `work` runs.
 *
 * @template Result
 * @param {string} url  base of the registry
 * @param {Promise<Result>} work
 * @returns {Promise<{ result: Result, latencies: number[] }>} latencies in milliseconds
 */
export async function pingDuring(url, work) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const latencies = [];
  let isOver = false;
  const end = work.finally(() => {
    isOver = true;
  });
  // A failure of the work is thrown below, after the last ping.
  end.catch(() => {});
  while (!isOver) {
    const { ms } = await send(`${url}/-/ping`, { agent });
    latencies.push(ms);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  agent.destroy();
  return { result: await end, latencies };
}
