import { Agent } from "node:http";

import { median } from "../harness/statistics.mjs";
import { FULL, send } from "../load/http.mjs";
import { publishAll, publishRequests } from "../load/publish.mjs";
import { cellOf } from "../report/rows.mjs";

const COUNT = 200;
const SAMPLES = 200;
const COLUMNS = { second: "in the 2nd", last: `in the ${COUNT}th` };

/** Whether a registry costs more because there are many. @type {import("./index.mjs").Scenario} */
export const registries = {
  id: "registries",
  about: `publish and read, one at a time, in the 2nd of ${COUNT} registries and in the last: the last against the 2nd`,
  usesShared: false,
  unavailable: () => null,
  async run(context) {
    if (!context.peers.some(({ id }) => id === "entrepot")) return [];
    const running = await context.start("entrepot");
    try {
      const token = await running.login();
      context.progress(`making ${COUNT} registries`);
      for (let index = 2; index <= COUNT; index += 1) await running.addRegistry(token, nameOf(index));
      const [second, last] = [urlOf(running, 2), urlOf(running, COUNT)];
      await measureIn(second, token, "warm-up");
      const found = { second: [], last: [] };
      for (let round = 0; round < context.options.rounds; round += 1) {
        found.second.push(await measureIn(second, token, `second-${round}`));
        found.last.push(await measureIn(last, token, `last-${round}`));
      }
      const cell = (where, what) => cellOf(median(found[where].map((measured) => measured[what])));
      return ["publish", "read"].map((what) => ({
        id: `registries.${what}`,
        label: `${what} in the last of ${COUNT} registries: p50, one at a time`,
        unit: "ms",
        cells: { [COLUMNS.second]: cell("second", what), [COLUMNS.last]: cell("last", what) },
        subject: COLUMNS.last,
        against: COLUMNS.second,
      }));
    } finally {
      await running.stop();
    }
  },
};

function nameOf(index) {
  return `registry-${index}`;
}

/** The peer's own URL is that of its first registry. */
function urlOf({ url }, index) {
  return url.replace(/[^/]+$/, nameOf(index));
}

async function measureIn(url, token, what) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const versions = Array.from({ length: SAMPLES }, (_, index) => ({
      name: `${what}-${index}`,
      version: "1.0.0",
    }));
    const requests = publishRequests(versions);
    const published = await publishAll({ url, token, requests, inFlightMax: 1 });
    if (published.failures.length > 0) throw new Error(published.failures[0]);
    const headers = { accept: FULL, authorization: `Bearer ${token}` };
    const latencies = [];
    for (const { name } of versions) {
      const { status, ms } = await send(`${url}/${name}`, { headers, agent });
      if (status !== 200) throw new Error(`${name} answered ${status}`);
      latencies.push(ms);
    }
    return { publish: median(published.latencies), read: median(latencies) };
  } finally {
    agent.destroy();
  }
}
