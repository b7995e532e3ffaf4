import { Agent } from "node:http";

import { peakResidentMib, residentMib } from "../harness/process-facts.mjs";
import { FULL, send } from "../load/http.mjs";
import { cellOf, failedCell } from "../report/rows.mjs";

const WALL_MS_MAX = 180_000;
const SETTLE_MS = 2_000;

/** Whether memory stays bounded while a crawler walks by. @type {import("./index.mjs").Scenario} */
export const distinctReads = {
  id: "distinct-reads",
  about: "--documents different documents one after the other: resident memory afterwards and at most",
  usesShared: false,
  unavailable: () => null,
  async run(context) {
    const cells = { rest: {}, peak: {}, each: {} };
    for (const { id } of context.peers.filter(({ isRegistry }) => isRegistry)) {
      context.progress(`${context.options.documents} different documents through ${id}`);
      try {
        const result = await readAll(context, id);
        cells.rest[id] = cellOf(result.restMib, result.notes, { idleMib: result.idleMib });
        cells.peak[id] = cellOf(result.peakMib, result.notes);
        cells.each[id] = cellOf(result.eachMs, result.notes);
      } catch (error) {
        cells.rest[id] = failedCell(error);
      }
    }
    const what = `${context.options.documents} different documents`;
    return [
      {
        id: "distinct-reads.rest",
        label: `${what}: resident memory afterwards`,
        unit: "MiB",
        cells: cells.rest,
      },
      { id: "distinct-reads.peak", label: "  highest resident memory", unit: "MiB", cells: cells.peak },
      { id: "distinct-reads.each", label: "  time for one, cold", unit: "ms", cells: cells.each },
    ];
  },
};

async function readAll(context, id) {
  const running = await context.start(id);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const idleMib = residentMib(running.pid);
    const count = context.options.documents;
    const start = performance.now();
    let read = 0;
    while (read < count && performance.now() - start < WALL_MS_MAX) {
      const { status } = await send(`${running.url}/bench-many-${read}`, {
        headers: { accept: FULL },
        agent,
      });
      if (status !== 200) throw new Error(`document ${read} answered ${status}`);
      read += 1;
    }
    const eachMs = (performance.now() - start) / read;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    return {
      idleMib,
      eachMs,
      restMib: residentMib(running.pid),
      peakMib: peakResidentMib(running.pid),
      notes: read < count ? [`stopped after ${read} documents (${WALL_MS_MAX / 1000} s)`] : [],
    };
  } finally {
    agent.destroy();
    await running.stop();
  }
}
