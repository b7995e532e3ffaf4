import { inTurn } from "../harness/rounds.mjs";
import { sendJson } from "../load/http.mjs";
import { fillStore, OWN_PREFIX, publishAll, publishRequests } from "../load/publish.mjs";
import { failedCell } from "../report/rows.mjs";

const VERSIONS = 100;
const PACKAGES = 200;
const PUBLISHERS = 16;
const WARM_UP_PACKAGES = 50;

/** Publishing under concurrency. @type {import("./index.mjs").Scenario} */
export const publish = {
  id: "publish",
  about: "100 versions of one package published at once; 200 packages by 16 publishers",
  usesShared: false,
  unavailable: () => null,
  async run(context) {
    const { competitors, failed } = await startRegistries(context);
    const rounds = context.options.rounds;
    context.progress(`${VERSIONS} versions of one package at once`);
    const versions = await inTurn(competitors, rounds, (each, round) => versionsAtOnce(each, round));
    context.progress(`${PACKAGES} packages by ${PUBLISHERS}`);
    const packages = await inTurn(competitors, rounds, (each, round) => packagesByMany(each, round));
    await Promise.all(competitors.map(({ running }) => running.stop()));
    return [
      {
        id: "publish.versions",
        label: `${VERSIONS} versions of one package at once`,
        unit: "ms",
        cells: { ...versions, ...failed },
      },
      {
        id: "publish.packages",
        label: `${PACKAGES} packages by ${PUBLISHERS}`,
        unit: "packages/s",
        cells: { ...packages, ...failed },
      },
    ];
  },
};

async function startRegistries(context) {
  const competitors = [];
  const failed = {};
  for (const { id } of context.peers.filter(({ isRegistry }) => isRegistry)) {
    const running = await context.start(id);
    try {
      const token = await running.login();
      await fillStore({ url: running.url, token, from: 0, to: WARM_UP_PACKAGES });
      competitors.push({ column: id, running, token });
    } catch (error) {
      failed[id] = failedCell(error);
      await running.stop();
    }
  }
  return { competitors, failed };
}

/** The package exists before: creating it by a hundred at once is another question. */
async function versionsAtOnce({ running: { url }, token }, round) {
  const name = `${OWN_PREFIX}versions-${round}`;
  const [first, ...requests] = publishRequests(
    Array.from({ length: VERSIONS + 1 }, (_, index) => ({ name, version: `1.0.${index}` })),
  );
  const created = await publishAll({ url, token, requests: [first], inFlightMax: 1 });
  if (created.failures.length > 0) throw new Error(created.failures[0]);
  const { wallMs, failures } = await publishAll({ url, token, requests, inFlightMax: VERSIONS });
  const document = await sendJson(`${url}/${name}`);
  const visible = Object.keys(document.versions).length - 1;
  const notes = [];
  if (visible < VERSIONS) notes.push(`${visible} of ${VERSIONS} visible afterwards`);
  if (failures.length > 0) notes.push(`${failures.length} refused, first ${failures[0]}`);
  return { value: wallMs, notes, facts: { visible, refused: failures.length } };
}

async function packagesByMany({ running: { url }, token }, round) {
  const names = Array.from({ length: PACKAGES }, (_, index) => ({
    name: `${OWN_PREFIX}many-${round}-${index}`,
    version: "1.0.0",
  }));
  const requests = publishRequests(names);
  const { wallMs, failures } = await publishAll({ url, token, requests, inFlightMax: PUBLISHERS });
  if (failures.length > 0) throw new Error(`${failures.length} of ${PACKAGES} refused: ${failures[0]}`);
  return { value: (PACKAGES * 1000) / wallMs };
}
