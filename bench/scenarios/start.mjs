import { residentMib } from "../harness/process-facts.mjs";
import { inTurn } from "../harness/rounds.mjs";
import { median } from "../harness/statistics.mjs";
import { fillStore } from "../load/publish.mjs";

const SETTLE_MS = 2_000;

/**
 * From the start of the process to the first answer, and memory at rest.
 *
 * @type {import("./index.mjs").Scenario}
 */
export const start = {
  id: "start",
  about: "start to the first answer, with an empty store and with --packages; resident memory at rest",
  usesShared: false,
  unavailable: () => null,
  async run(context) {
    const registries = context.peers.filter(({ isRegistry }) => isRegistry).map(({ id }) => ({ column: id }));
    context.progress("starting with an empty store");
    const empty = await measureStarts(context, registries);
    const count = context.options.packages;
    context.progress(`publishing ${count} packages, then starting with them`);
    const filled = await measureStarts(context, await fillAll(context, registries));
    return [
      { id: "start.empty", label: "start to the first answer, empty", unit: "ms", cells: empty.startedMs },
      { id: "start.empty-memory", label: "  resident memory at rest", unit: "MiB", cells: empty.residentMib },
      {
        id: "start.filled",
        label: `start to the first answer, ${count} packages`,
        unit: "ms",
        cells: filled.startedMs,
      },
      {
        id: "start.filled-memory",
        label: "  resident memory at rest",
        unit: "MiB",
        cells: filled.residentMib,
      },
    ];
  },
};

/** One start that is not counted (it makes the folder's files), then the rounds. */
async function measureStarts(context, registries) {
  const folders = new Map();
  for (const { column, dataFolder } of registries) {
    folders.set(column, dataFolder ?? context.workshop.folder(`start-${column}`));
    await (await context.start(column, { dataFolder: folders.get(column) })).stop();
  }
  const memory = new Map(registries.map(({ column }) => [column, []]));
  const startedMs = await inTurn(registries, context.options.rounds + 2, async ({ column }, round) => {
    const running = await context.start(column, { dataFolder: folders.get(column) });
    if (round < context.options.rounds) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      memory.get(column).push(residentMib(running.pid));
    }
    await running.stop();
    return { value: running.startedMs };
  });
  const cells = [...memory].map(([column, samples]) => [
    column,
    { value: median(samples), samples, notes: [], facts: {} },
  ]);
  return { startedMs, residentMib: Object.fromEntries(cells) };
}

async function fillAll(context, registries) {
  const filled = [];
  for (const { column } of registries) {
    const dataFolder = context.workshop.folder(`filled-${column}`);
    const running = await context.start(column, { dataFolder });
    try {
      const token = await running.login();
      await fillStore({ url: running.url, token, from: 0, to: context.options.packages });
      filled.push({ column, dataFolder });
    } catch (error) {
      context.progress(`${column} left out: ${error.message}`);
    } finally {
      await running.stop();
    }
  }
  return filled;
}
