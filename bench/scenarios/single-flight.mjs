import { inTurn } from "../harness/rounds.mjs";
import { burst, expectAll } from "../load/burst.mjs";
import { FULL } from "../load/http.mjs";

const CLIENTS = 20;
const LATENCY_MS = 100;

/** What equal requests for something unknown cost the upstream. @type {import("./index.mjs").Scenario} */
export const singleFlight = {
  id: "single-flight",
  about: "20 equal cold requests at once: how many requests reach the upstream",
  usesShared: true,
  unavailable: () => null,
  async run(context) {
    const running = [...(await context.shared())].filter(([, { login }]) => login !== undefined);
    const registries = running.map(([column, { url }]) => ({ column, url }));
    context.progress(`${CLIENTS} equal cold requests`);
    await context.standIn.setLatency(LATENCY_MS);
    try {
      return [
        {
          id: "single-flight.document",
          label: `${CLIENTS} equal cold documents: upstream requests`,
          unit: "requests",
          cells: await inTurn(registries, context.options.rounds, (each, round) =>
            countUpstream(context, { url: each.url, name: `bench-flight-${round}`, suffix: "" }),
          ),
        },
        {
          id: "single-flight.tarball",
          label: `${CLIENTS} equal cold tarballs: upstream requests`,
          unit: "requests",
          cells: await inTurn(registries, context.options.rounds, (each, round) => {
            const name = `bench-flight-${1000 + round}`;
            return countUpstream(context, { url: each.url, name, suffix: `/-/${name}-3.0.0.tgz` });
          }),
        },
      ];
    } finally {
      await context.standIn.setLatency(0);
    }
  },
};

async function countUpstream({ standIn }, { url, name, suffix }) {
  await standIn.prepare([name], ["full", "abbreviated"]);
  await standIn.takeCounts();
  expectAll(await burst({ url: `${url}/${name}${suffix}`, headers: { accept: FULL }, count: CLIENTS }), 200);
  const counts = await standIn.takeCounts();
  const others = Object.entries(counts).filter(([path]) => path !== `${name}${suffix}`);
  return {
    value: counts[`${name}${suffix}`] ?? 0,
    notes: others.map(([path, count]) => `and ${count} for ${path.replaceAll(/\d+/g, "N")}`),
  };
}
