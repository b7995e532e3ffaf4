import { Agent } from "node:http";

import { residentMib } from "../harness/process-facts.mjs";
import { percentile } from "../harness/statistics.mjs";
import { FULL, send, sendJson } from "../load/http.mjs";
import { pingDuring } from "../load/ping.mjs";
import { cellOf } from "../report/rows.mjs";
import { oldVersion } from "../upstream/catalog.mjs";

const READ_AGAIN = 200;
const WAIT_MS_MAX = 30_000;

/** What it costs to change one's mind about everything. @type {import("./index.mjs").Scenario} */
export const policyChange = {
  id: "policy-change",
  about:
    "a rule comes into force in a registry that has shown --documents documents: until it counts, and after",
  usesShared: false,
  unavailable: () => null,
  async run(context) {
    if (!context.peers.some(({ id }) => id === "entrepot")) return [];
    const { documents } = context.options;
    context.progress(`reading ${documents} documents before the policy changes`);
    const running = await context.start("entrepot");
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const read = (index) =>
      send(`${running.url}/bench-many-${index}`, { headers: { accept: FULL }, agent, keepBody: true });
    try {
      for (let index = 0; index < documents; index += 1) await expectRead(read(index));
      const before = await readMany(read);
      const token = await running.login();
      // The JSON API is loaded with its first request, which is not what is measured.
      await sendJson(`${running.url.replace("/npm/", "/api/v1/registries/")}/policy`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const { result: effectiveMs, latencies } = await pingDuring(
        running.url,
        untilEffective({ running, token, agent }),
      );
      const after = await readMany(read);
      const again = await readMany(read);
      const cell = (value) => ({ entrepot: cellOf(value, [], { residentMib: residentMib(running.pid) }) });
      return [
        {
          id: "policy-change.effective",
          label: `rule in force, ${documents} documents`,
          unit: "ms",
          cells: cell(effectiveMs),
        },
        {
          id: "policy-change.ping",
          label: "  ping meanwhile: p99",
          unit: "ms",
          cells: cell(percentile(latencies, 99)),
        },
        { id: "policy-change.before", label: "  a read before", unit: "ms", cells: cell(before) },
        { id: "policy-change.after", label: "  the first read after", unit: "ms", cells: cell(after) },
        { id: "policy-change.again", label: "  the second read after", unit: "ms", cells: cell(again) },
      ];
    } finally {
      agent.destroy();
      await running.stop();
    }
  },
};

async function expectRead(answer) {
  const { status } = await answer;
  if (status !== 200) throw new Error(`a document answered ${status}`);
}

async function readMany(read) {
  const start = performance.now();
  for (let index = 0; index < READ_AGAIN; index += 1) await expectRead(read(index));
  return (performance.now() - start) / READ_AGAIN;
}

/** Denies an old version of one package by a rule, and asks for it until it is gone. */
async function untilEffective({ running, token, agent }) {
  const name = "bench-many-0";
  const entries = [{ packages: name, range: oldVersion(name), reason: "denied by the bench" }];
  const start = performance.now();
  await sendJson(`${running.url.replace("/npm/", "/api/v1/registries/")}/policy/rules/deny-list`, {
    method: "PUT",
    headers: { authorization: `Bearer ${token}` },
    json: { mode: "enforce", options: { entries } },
  });
  while (performance.now() - start < WAIT_MS_MAX) {
    const { status } = await send(`${running.url}/${name}/${oldVersion(name)}`, { agent });
    if (status === 403) return performance.now() - start;
  }
  throw new Error("the rule never came into force");
}
