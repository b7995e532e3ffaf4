import { Agent } from "node:http";

import { median } from "../harness/statistics.mjs";
import { FULL, send } from "../load/http.mjs";
import { fillStore, OWN_PREFIX, publishAll, publishRequests } from "../load/publish.mjs";
import { cellOf, failedCell } from "../report/rows.mjs";
import { seededRandom } from "../upstream/seeded-bytes.mjs";

const NEAR_END = 1_000;
const SAMPLES = 200;
const SEARCHES = 40;

/** Whether cost grows with the store. @type {import("./index.mjs").Scenario} */
export const growth = {
  id: "growth",
  about:
    "publish, read, search, one at a time, at 1,000 packages and at --grow-to: the second against the first",
  usesShared: false,
  unavailable: () => null,
  async run(context) {
    if (!context.peers.some(({ id }) => id === "entrepot")) return [];
    const far = context.options.growTo;
    const near = Math.min(NEAR_END, Math.floor(far / 3));
    const columns = [`at ${near}`, `at ${far}`];
    const running = await context.start("entrepot");
    try {
      const token = await running.login();
      const found = [];
      let from = 0;
      for (const to of [near, far]) {
        context.progress(`growth: filling up to ${to} packages`);
        await fillStore({ url: running.url, token, from, to });
        from = to;
        found.push(await measureAt(running.url, token, to));
      }
      return rowsOf(columns, found);
    } finally {
      await running.stop();
    }
  },
};

async function measureAt(url, token, count) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const requests = publishRequests(
      Array.from({ length: SAMPLES }, (_, index) => ({
        name: `${OWN_PREFIX}at-${count}-${index}`,
        version: "1.0.0",
      })),
    );
    const published = await publishAll({ url, token, requests, inFlightMax: 1 });
    if (published.failures.length > 0) throw new Error(published.failures[0]);
    const random = seededRandom(count);
    const any = () => `${OWN_PREFIX}${Math.floor(random() * count)}`;
    return {
      publish: cellOf(median(published.latencies)),
      read: await timed(SAMPLES, () => send(`${url}/${any()}`, { headers: { accept: FULL }, agent })),
      search: await timed(SEARCHES, () => send(`${url}/-/v1/search?text=${any()}&size=20`, { agent })),
    };
  } finally {
    agent.destroy();
  }
}

async function timed(samples, ask) {
  const latencies = [];
  for (let index = 0; index < samples; index += 1) {
    const { status, ms } = await ask();
    if (status !== 200) return failedCell(new Error(`answered ${status}`));
    latencies.push(ms);
  }
  return cellOf(median(latencies));
}

function rowsOf([near, far], [before, after]) {
  return ["publish", "read", "search"].map((what) => ({
    id: `growth.${what}`,
    label: `${what} ${far} packages: p50, one at a time`,
    unit: "ms",
    cells: { [near]: before[what], [far]: after[what] },
    subject: far,
    against: near,
  }));
}
