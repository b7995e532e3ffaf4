import { sendJson } from "../load/http.mjs";
import { MEASURED, oldVersion } from "../upstream/catalog.mjs";
import { captureCorpus } from "./corpus.mjs";

/**
 * With the five that are always in force they make twelve and more. None has anything against most of what the
 * stand-in has, for a view of nothing costs nothing.
 */
const RULES = [
  { rule: "deny-list", options: { entries: [{ packages: "@denied/*", range: "*", reason: "bench" }] } },
  { rule: "trust-downgrade" },
  { rule: "vulnerability" },
  { rule: "licence", options: { denied: ["AGPL-3.0-only"] } },
  { rule: "install-script", options: { condition: "new" } },
  { rule: "look-alike" },
  { rule: "prerelease" },
  { rule: "deprecated" },
  { rule: "age", options: { hours: 72 } },
];

/**
 * What a scenario gets.
 *
 * @typedef {object} Context
 * @property {import("./options.mjs").Options} options
 * @property {import("./processes.mjs").Workshop} workshop
 * @property {import("../upstream/start.mjs").StandIn} standIn
 * @property {import("../peers/index.mjs").Peer[]} peers        those that can be measured here
 * @property {(text: string) => void} progress
 * @property {() => Promise<Map<string, import("../peers/index.mjs").Running>>} shared
 *   servers that run through several scenarios, by column; all started at the first call
 * @property {() => Promise<import("../peers/index.mjs").Running | null>} firewalled
 *   an Entrepot of its own in which versions are blocked; null when it cannot be had
 * @property {() => Promise<void>} stopShared
 * @property {(id: string, input?: object) => Promise<import("../peers/index.mjs").Running>} start  a server
 * for one scenario
 * @property {Record<string, unknown>} facts   about the run, for the result
 */

/**
 * @param {Pick<Context, "options" | "workshop" | "standIn" | "peers" | "progress">} parts
 * @returns {Context}
 */
export function createContext(parts) {
  const { workshop, standIn, peers, progress } = parts;
  const facts = {};
  let shared = null;
  let firewalled = null;

  function start(id, input = {}) {
    const peer = peers.find((each) => each.id === id);
    return peer.start({ workshop, upstreamUrl: standIn.url, ...input });
  }

  return {
    ...parts,
    facts,
    start,
    shared() {
      shared ??= startShared({ start, workshop, standIn, peers, progress, facts });
      return shared;
    },
    firewalled() {
      firewalled ??= startFirewalled({ start, peers, progress });
      return firewalled;
    },
    async stopShared() {
      const running = [...((await shared) ?? new Map()).values(), await firewalled];
      shared = null;
      firewalled = null;
      await Promise.all(running.map((each) => each?.stop()));
    },
  };
}

async function startShared({ start, workshop, standIn, peers, progress, facts }) {
  progress("generating documents and starting the servers");
  await standIn.prepare(Object.values(MEASURED), ["full", "abbreviated"]);
  const running = new Map();
  const corpusFolder = workshop.folder("corpus");
  async function startOne(id) {
    try {
      running.set(id, await start(id, { corpusFolder }));
    } catch (error) {
      // The others can be measured without it; its columns stay empty.
      progress(`${id} did not start: ${error.message}`);
    }
  }
  if (peers.some(({ id }) => id === "entrepot")) await startOne("entrepot");
  const entrepotUrl = running.get("entrepot")?.url ?? null;
  const failures = await captureCorpus({ folder: corpusFolder, entrepotUrl, standInUrl: standIn.url });
  facts.referenceBytes = entrepotUrl === null ? "stand-in upstream" : "entrepot";
  facts.referenceFailures = failures;
  failures.forEach((failure) => progress(`Entrepot failed at ${failure}`));
  for (const { id } of peers) {
    if (id !== "entrepot") await startOne(id);
  }
  return running;
}

async function startFirewalled({ start, peers, progress }) {
  if (!peers.some(({ id }) => id === "entrepot")) return null;
  progress("starting an Entrepot with blocked versions");
  const running = await start("entrepot");
  try {
    const token = await running.login();
    await running.enforce(token, RULES);
    for (const name of Object.values(MEASURED)) {
      await running.block(token, { name, version: oldVersion(name) });
    }
    const { versions } = await sendJson(`${running.url}/${MEASURED.small}`);
    const isShown = versions[oldVersion(MEASURED.small)] !== undefined;
    if (isShown) throw new Error("a blocked version is still shown");
    return { ...running, token };
  } catch (error) {
    progress(`no blocked versions: ${error.message}`);
    await running.stop();
    return null;
  }
}
