import { processorMs } from "../harness/process-facts.mjs";
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
    const passes = { cold: new Map(), warm: new Map() };
    context.progress(`replaying ${workload.requests.length} requests, ${workload.inFlightMax} at a time`);
    try {
      const cold = await inTurn(
        columns.map((column) => ({ column })),
        options.rounds,
        ({ column }) => onePass(context, workload, { column, passes }),
      );
      return rowsOf(workload, cold, passes);
    } finally {
      await standIn.setLatency(0);
    }
  },
};

/** One cold run and, on what it left, one warm run. Asked directly there is nothing that could be warm. */
async function onePass(context, workload, { column, passes }) {
  const keep = (kind, pass) => passes[kind].set(column, [...(passes[kind].get(column) ?? []), pass]);
  if (column === "direct") {
    const pass = await replay(context.standIn.url, workload);
    keep("cold", pass);
    keep("warm", pass);
    return sampleOf(pass);
  }
  const running = await context.start(column);
  async function measured() {
    const before = processorMs(running.pid);
    const pass = await replay(running.url, workload);
    return { ...pass, serverMs: processorMs(running.pid) - before };
  }
  try {
    const first = await measured();
    keep("cold", first);
    keep("warm", await measured());
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

/** All passes of one kind of all columns, by column, as cells of the value that `pick` takes of each pass. */
function cellsOf(passes, pick) {
  const cells = {};
  for (const [column, runs] of passes) {
    const samples = runs.map(pick).filter((value) => value !== undefined);
    if (samples.length === 0) continue;
    const notes = runs.flatMap(({ failures }) => failureNotes(failures));
    cells[column] = { value: median(samples), samples, notes: [...new Set(notes)], facts: {} };
  }
  return cells;
}

function rowsOf(workload, cold, passes) {
  const what = `replay of ${workload.requests.length} requests`;
  const row = (id, label, cells) => ({ id: `replay.${id}`, label, unit: "ms", cells, against: "direct" });
  return [
    row("cold", `${what}, cold`, cold),
    row(
      "cold-p99",
      "  one answer: p99",
      cellsOf(passes.cold, ({ p99 }) => p99),
    ),
    row(
      "cold-work",
      "  the server's processor time",
      cellsOf(passes.cold, ({ serverMs }) => serverMs),
    ),
    row(
      "warm",
      `${what}, warm`,
      cellsOf(passes.warm, ({ wallMs }) => wallMs),
    ),
    row(
      "warm-p99",
      "  one answer: p99",
      cellsOf(passes.warm, ({ p99 }) => p99),
    ),
    row(
      "warm-work",
      "  the server's processor time",
      cellsOf(passes.warm, ({ serverMs }) => serverMs),
    ),
  ];
}
