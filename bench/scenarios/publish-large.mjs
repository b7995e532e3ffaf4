import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { peakResidentMib, residentMib } from "../harness/process-facts.mjs";
import { inTurn } from "../harness/rounds.mjs";
import { median, percentile } from "../harness/statistics.mjs";
import { pingDuring } from "../load/ping.mjs";
import { OWN_PREFIX } from "../load/publish.mjs";

const UPLOADER = fileURLToPath(new URL("../load/upload-main.mjs", import.meta.url));
const SIZE_BYTES = 100 * 1024 * 1024;

/** One huge publish: memory, and what others feel. @type {import("./index.mjs").Scenario} */
export const publishLarge = {
  id: "publish-large",
  about: "publishing a 100 MB tarball: the server's highest resident memory, and /-/ping meanwhile",
  usesShared: false,
  unavailable: () => null,
  async run(context) {
    const registries = context.peers.filter(({ isRegistry }) => isRegistry).map(({ id }) => ({ column: id }));
    const others = { ping: new Map(), wall: new Map() };
    context.progress("publishing a 100 MB tarball");
    const peak = await inTurn(registries, Math.min(2, context.options.rounds), ({ column }) =>
      onePublish(context, column, others),
    );
    const cells = (collected) =>
      Object.fromEntries(
        [...collected].map(([column, samples]) => [
          column,
          { value: median(samples), samples, notes: [], facts: {} },
        ]),
      );
    return [
      {
        id: "publish-large.peak",
        label: "publishing 100 MB: highest resident memory",
        unit: "MiB",
        cells: peak,
      },
      { id: "publish-large.ping", label: "  /-/ping meanwhile: p99", unit: "ms", cells: cells(others.ping) },
      { id: "publish-large.wall", label: "  time of the publish", unit: "ms", cells: cells(others.wall) },
    ];
  },
};

async function onePublish(context, column, { ping, wall }) {
  const running = await context.start(column);
  try {
    const token = await running.login();
    const idleMib = residentMib(running.pid);
    const upload = await prepareUpload(context.workshop, { url: running.url, token });
    const { result, latencies } = await pingDuring(running.url, upload.go());
    if (result.status !== 200 && result.status !== 201) {
      throw new Error(`the publish answered ${result.status} ${result.error ?? ""}`);
    }
    ping.set(column, [...(ping.get(column) ?? []), percentile(latencies, 99)]);
    wall.set(column, [...(wall.get(column) ?? []), result.ms]);
    return { value: peakResidentMib(running.pid), facts: { idleMib, pings: latencies.length } };
  } finally {
    await running.stop();
  }
}

async function prepareUpload(workshop, { url, token }) {
  const { child, logTail } = workshop.launch({
    label: "uploader",
    command: process.execPath,
    args: [UPLOADER],
    core: "client",
    ipc: true,
  });
  const ended = once(child, "exit").then(() => {
    throw new Error(`the uploader ended: ${logTail()}`);
  });
  // Only of interest while one of the two races below is open.
  ended.catch(() => {});
  child.send({ url, token, name: `${OWN_PREFIX}huge`, version: "1.0.0", sizeBytes: SIZE_BYTES });
  await Promise.race([once(child, "message"), ended]);
  return {
    async go() {
      child.send("go");
      const [message] = await Promise.race([once(child, "message"), ended]);
      return message;
    },
  };
}
