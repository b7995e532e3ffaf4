import { distinctReads } from "./distinct-reads.mjs";
import { firewall } from "./firewall.mjs";
import { growth } from "./growth.mjs";
import { guessing } from "./guessing.mjs";
import { largeDocument } from "./large-document.mjs";
import { packuments } from "./packuments.mjs";
import { policyChange } from "./policy-change.mjs";
import { publish } from "./publish.mjs";
import { publishLarge } from "./publish-large.mjs";
import { realInstall } from "./real-install.mjs";
import { registries } from "./registries.mjs";
import { replayed } from "./replay.mjs";
import { singleFlight } from "./single-flight.mjs";
import { start } from "./start.mjs";
import { tarballs } from "./tarballs.mjs";
import { token } from "./token.mjs";

/**
 * @typedef {object} Scenario
 * @property {string} id
 * @property {string} about
 * @property {boolean} usesShared   measures the servers that run through several scenarios; those come first
 * @property {() => string | null} unavailable  why it cannot run here, or null
 * @property {(context: import("../harness/context.mjs").Context) =>
 * Promise<import("../report/rows.mjs").Row[]>} run
 */

/** In the order in which they run. @type {Scenario[]} */
export const SCENARIOS = [
  packuments,
  tarballs,
  token,
  firewall,
  largeDocument,
  singleFlight,
  replayed,
  publish,
  publishLarge,
  start,
  distinctReads,
  policyChange,
  growth,
  registries,
  guessing,
  realInstall,
];
