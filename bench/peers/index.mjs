import { entrepot } from "./entrepot.mjs";
import { nginx } from "./nginx.mjs";
import { nodeHttp } from "./node-http.mjs";
import { verdaccio } from "./verdaccio.mjs";

/**
 * What can be measured. Each competitor is one file with one of these.
 *
 * @typedef {object} Peer
 * @property {string} id
 * @property {string} label
 * @property {boolean} isRegistry   proxies an upstream and takes publishes; the others only answer with
 * ready bytes
 * @property {() => Promise<string | null>} unavailable  why it cannot be measured here and what to do, or
 * null
 * @property {(input: StartInput) => Promise<Running>} start
 */

/**
 * @typedef {object} StartInput
 * @property {import("../harness/processes.mjs").Workshop} workshop
 * @property {string} [upstreamUrl]
 * @property {string} [corpusFolder]   what node:http and nginx answer with
 * @property {string} [dataFolder]     an existing data folder; an empty one is made without it
 * @property {Record<string, string>} [settings]  further environment, for Entrepot
 */

/**
 * @typedef {object} Running
 * @property {string} id
 * @property {string} url         base of the npm protocol, without a slash at the end
 * @property {number} pid
 * @property {number} startedMs   from the start of the process to the first good answer
 * @property {() => Promise<void>} stop
 * @property {() => Promise<string>} [login]   → token
 * @property {(token: string, what: { name: string, version: string }) => Promise<void>} [block]
 * @property {() => Promise<number | null>} [eventLoopDelay]  p99 in milliseconds since the last look
 */

/** @type {Peer[]} */
export const PEERS = [entrepot, nodeHttp, nginx, verdaccio];

/** What heads a column; ids of competitors, and names that scenarios give to variants. */
export function columnLabel(column) {
  return PEERS.find(({ id }) => id === column)?.label ?? column;
}
