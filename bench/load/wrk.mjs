import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const REPORT = fileURLToPath(new URL("./wrk-report.lua", import.meta.url));
const CONNECTIONS = 32;

/** Why wrk cannot be used here and how to get it, or null. */
export function wrkUnavailable() {
  return spawnSync("wrk", ["-v"], { stdio: "ignore" }).error === undefined
    ? null
    : "wrk is not installed: apt-get update && apt-get install -y wrk";
}

/**
 * Keeps 32 connections busy with one request for `seconds`, from one thread on the client core.
 *
 * @param {import("../harness/processes.mjs").Workshop} workshop
 * @param {{ url: string, headers: Record<string, string>, seconds: number }} input
 * @returns {Promise<{ requests: number, durationMs: number, bytes: number, p50Ms: number, p99Ms: number,
 *                     badStatus: number, socketErrors: number, timeouts: number }>}
 */
export async function runWrk(workshop, { url, headers, seconds }) {
  const headerFlags = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const launched = workshop.launch({
    label: "wrk",
    command: "wrk",
    args: ["-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, "--timeout", "60s", "-s", REPORT, ...headerFlags, url],
    core: "client",
  });
  const code = await launched.ended;
  const line = launched.logTail().trimEnd().split("\n").at(-1) ?? "";
  if (code !== 0 || !line.startsWith("{")) throw new Error(`wrk ended with ${code}: ${launched.logTail()}`);
  return JSON.parse(line);
}
