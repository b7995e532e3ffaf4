import { Agent } from "node:http";

import { send } from "./http.mjs";

/**
 * Sends `count` requests at once, each on a connection of its own, and waits for all.
 *
 * @param {{ url: string, headers?: Record<string, string>, count: number, agent?: Agent }} input
 * @returns {Promise<import("./http.mjs").Answer[]>}
 */
export async function burst({ url, headers, count, agent }) {
  const own = agent ?? burstAgent();
  try {
    return await Promise.all(Array.from({ length: count }, () => send(url, { headers, agent: own })));
  } finally {
    if (agent === undefined) own.destroy();
  }
}

/** Keeps connections open between bursts. */
export function burstAgent() {
  return new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 256 });
}

/** Throws when an answer has another status than `expected`. */
export function expectAll(answers, expected) {
  const wrong = answers.filter(({ status }) => status !== expected);
  if (wrong.length === 0) return;
  throw new Error(`${wrong.length} of ${answers.length} answers were ${wrong[0].status}`);
}
