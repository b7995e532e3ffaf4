import { waitUntilIdle } from "../harness/process-facts.mjs";
import { inTurn } from "../harness/rounds.mjs";
import { percentile } from "../harness/statistics.mjs";
import { burst, burstAgent, expectAll } from "../load/burst.mjs";
import { FULL } from "../load/http.mjs";
import { cellOf } from "../report/rows.mjs";
import { MEASURED, oldVersion } from "../upstream/catalog.mjs";

const CLIENTS = 20;
const HEADERS = { accept: FULL };

/**
 * Twenty clients, one large document that is filtered where a firewall exists.
 *
 * @type {import("./index.mjs").Scenario}
 */
export const largeDocument = {
  id: "large-document",
  about:
    "20 clients at once, a 9.8 MB document with a blocked version, warm and cold: p99, event loop's delay",
  usesShared: true,
  unavailable: () => null,
  async run(context) {
    const competitors = await competitorsOf(context);
    context.progress(`${CLIENTS} clients, one 9.8 MB document, warm`);
    const warm = await measure(context, competitors, warmBursts);
    context.progress(`${CLIENTS} clients, one 9.8 MB document, cold`);
    const cold = await measure(
      context,
      competitors.filter(({ isRegistry }) => isRegistry),
      coldBurst,
    );
    return [
      {
        id: "large-document.warm",
        label: `${CLIENTS} at once, 9.8 MB, warm: p99`,
        unit: "ms",
        cells: warm.latency,
      },
      {
        id: "large-document.warm-loop",
        label: "  event loop's delay meanwhile: p99",
        unit: "ms",
        cells: warm.loop,
      },
      {
        id: "large-document.cold",
        label: `${CLIENTS} at once, 9.8 MB, cold: p99`,
        unit: "ms",
        cells: cold.latency,
      },
      {
        id: "large-document.cold-loop",
        label: "  event loop's delay meanwhile: p99",
        unit: "ms",
        cells: cold.loop,
      },
    ];
  },
};

async function competitorsOf(context) {
  const competitors = [];
  for (const [column, running] of await context.shared()) {
    const isRegistry = running.login !== undefined;
    const filtered = column === "entrepot" ? await context.firewalled() : null;
    const note = filtered === null && isRegistry ? ["nothing filtered"] : [];
    competitors.push({ column, isRegistry, note, running: filtered ?? running });
  }
  return competitors;
}

async function measure(context, competitors, once) {
  const loop = {};
  const latency = await inTurn(competitors, context.options.rounds, async (competitor, round) => {
    const { running, note, column } = competitor;
    await waitUntilIdle(running.pid);
    // The look resets the server's own window, so that the next one tells of this measurement only.
    await running.eventLoopDelay?.();
    const latencies = await once(context, running, round);
    const delay = (await running.eventLoopDelay?.()) ?? null;
    if (delay !== null) loop[column] = cellOf(Math.max(delay, loop[column]?.value ?? 0), ["worst round"]);
    await waitUntilIdle(running.pid);
    return { value: percentile(latencies, 99), notes: note, facts: { p50Ms: percentile(latencies, 50) } };
  });
  return { latency, loop };
}

async function warmBursts({ options }, running) {
  const url = `${running.url}/${MEASURED.typescript}`;
  const agent = burstAgent();
  const latencies = [];
  try {
    expectAll(await burst({ url, headers: HEADERS, count: CLIENTS, agent }), 200);
    const end = performance.now() + options.seconds * 1000;
    while (performance.now() < end || latencies.length === 0) {
      const answers = await burst({ url, headers: HEADERS, count: CLIENTS, agent });
      expectAll(answers, 200);
      latencies.push(...answers.map(({ ms }) => ms));
    }
  } finally {
    agent.destroy();
  }
  return latencies;
}

/** Each round asks for a package that no server has seen; every registry gets the same one. */
async function coldBurst({ standIn }, running, round) {
  const name = `bench-large-${round}`;
  await standIn.prepare([name]);
  if (running.block !== undefined && running.token !== undefined) {
    await running.block(running.token, { name, version: oldVersion(name) });
  }
  const answers = await burst({ url: `${running.url}/${name}`, headers: HEADERS, count: CLIENTS });
  expectAll(answers, 200);
  return answers.map(({ ms }) => ms);
}
