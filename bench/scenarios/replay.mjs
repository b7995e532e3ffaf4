import { inTurn } from "../harness/rounds.mjs";
import { median } from "../harness/statistics.mjs";
import { replay } from "../load/replay.mjs";
import { readWorkload } from "../upstream/catalog.mjs";
import { workloadFile } from "../upstream/start.mjs";

/** How long the recorded upstream took to answer. */
const LATENCY_MS = 15;

/** A recorded install, cold and warm. @type {import("./index.mjs").Scenario} */
export const replayed = {
  id: "replay",
  about:
    "a recorded npm install without lockfile, through an empty cache and again, against the upstream itself",
  usesShared: false,
  unavailable: () =>
    workloadFile() === null ? "bench-workload.json is not at hand (ENTREPOT_BENCH_WORKLOAD names it)" : null,
  async run(context) {
    const { standIn, options, peers } = context;
    const workload = readWorkload(workloadFile(), options.workload);
    context.progress(`preparing the recorded packages (${options.workload})`);
    await standIn.prepareWorkload(workloadFile(), options.workload);
    await standIn.setLatency(LATENCY_MS);
    const columns = ["direct", ...peers.filter(({ isRegistry }) => isRegistry).map(({ id }) => id)];
    const warm = new Map(columns.map((column) => [column, []]));
    context.progress(`replaying ${workload.requests.length} requests, ${workload.inFlightMax} at a time`);
    try {
      const cold = await inTurn(
        columns.map((column) => ({ column })),
        options.rounds,
        ({ column }) => onePass(context, workload, { column, warm }),
      );
      return rowsOf(workload, cold, warm);
    } finally {
      await standIn.setLatency(0);
    }
  },
};

/** One cold run and, on what it left, one warm run. */
async function onePass(context, workload, { column, warm }) {
  if (column === "direct") {
    const first = await replay(context.standIn.url, workload);
    warm.get(column).push(first);
    return sampleOf(first);
  }
  const running = await context.start(column);
  try {
    const first = await replay(running.url, workload);
    warm.get(column).push(await replay(running.url, workload));
    return sampleOf(first);
  } finally {
    await running.stop();
  }
}

function sampleOf({ wallMs, failures, ...facts }) {
  return { value: wallMs, notes: failureNotes(failures), facts };
}

function failureNotes(failures) {
  return failures.length === 0 ? [] : [`${failures.length} failed, first ${failures[0]}`];
}

function rowsOf(workload, cold, warm) {
  const cells = (pick) =>
    Object.fromEntries(
      [...warm].map(([column, runs]) => [
        column,
        {
          value: median(runs.map(pick)),
          samples: runs.map(pick),
          notes: runs.flatMap(({ failures }) => failureNotes(failures)),
          facts: {},
        },
      ]),
    );
  const what = `replay of ${workload.requests.length} requests`;
  const coldP99 = Object.fromEntries(
    Object.entries(cold).map(([column, cell]) => [
      column,
      { ...cell, value: cell.facts.p99 ?? Number.NaN, samples: [] },
    ]),
  );
  return [
    { id: "replay.cold", label: `${what}, cold`, unit: "ms", cells: cold, against: "direct" },
    {
      id: "replay.cold-p99",
      label: "  one answer: p99 (last round)",
      unit: "ms",
      cells: coldP99,
      against: "direct",
    },
    {
      id: "replay.warm",
      label: `${what}, warm`,
      unit: "ms",
      cells: cells(({ wallMs }) => wallMs),
      against: "direct",
    },
    {
      id: "replay.warm-p99",
      label: "  one answer: p99",
      unit: "ms",
      cells: cells(({ p99 }) => p99),
      against: "direct",
    },
  ];
}
