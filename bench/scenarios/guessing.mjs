import { request as httpRequest } from "node:http";

import { median, percentile } from "../harness/statistics.mjs";
import { pingDuring } from "../load/ping.mjs";
import { cellOf } from "../report/rows.mjs";

const PER_SECOND = 100;
const SECONDS = 10;
const QUIET = "quiet";
const GUESSED_AT = "guessed at";
/** From how many addresses of this machine the guesses come. */
const PLACES = { one: 1, many: 250 };

/** What others feel while somebody guesses passwords. @type {import("./index.mjs").Scenario} */
export const guessing = {
  id: "guessing",
  about: `${PER_SECOND} wrong passwords a second for ${SECONDS} s: /-/ping meanwhile, against a quiet server`,
  usesShared: false,
  unavailable: () => null,
  async run(context) {
    if (!context.peers.some(({ id }) => id === "entrepot")) return [];
    const running = await context.start("entrepot");
    try {
      await running.login();
      const rows = [];
      for (const [what, addresses] of Object.entries(PLACES)) {
        rows.push(await rowFor(context, running, { what, addresses }));
      }
      return rows;
    } finally {
      await running.stop();
    }
  },
};

async function rowFor(context, { url }, { what, addresses }) {
  const [quiet, busy] = [[], []];
  let answers = {};
  for (let round = 0; round < Math.min(2, context.options.rounds); round += 1) {
    context.progress(`guessing passwords from ${addresses} address(es)`);
    const idle = await pingDuring(url, new Promise((resolve) => setTimeout(resolve, SECONDS * 500)));
    const guessed = await pingDuring(url, guess(url, { addresses, round }));
    quiet.push(percentile(idle.latencies, 99));
    busy.push(percentile(guessed.latencies, 99));
    answers = guessed.result;
  }
  return {
    id: `guessing.${what}`,
    label: `/-/ping while ${PER_SECOND} passwords a second are guessed from ${addresses} address(es): p99`,
    unit: "ms",
    cells: {
      [QUIET]: cellOf(median(quiet)),
      [GUESSED_AT]: { ...cellOf(median(busy)), facts: { answers } },
    },
    subject: GUESSED_AT,
    against: QUIET,
  };
}

/** Counts what the guesses were answered, by status. */
async function guess(url, { addresses, round }) {
  const counts = {};
  const running = [];
  for (let index = 0; index < PER_SECOND * SECONDS; index += 1) {
    const localAddress = `127.0.${1 + round}.${1 + (index % addresses)}`;
    const sent = wrongLogin(url, { localAddress, index }).then((status) => {
      counts[status] = (counts[status] ?? 0) + 1;
    });
    running.push(sent);
    await new Promise((resolve) => setTimeout(resolve, 1000 / PER_SECOND));
  }
  await Promise.all(running);
  return counts;
}

function wrongLogin(url, { localAddress, index }) {
  const name = `user-${index % 50}`;
  const body = JSON.stringify({ name, password: `guess ${index}` });
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/-/user/org.couchdb.user:${name}`, {
      method: "PUT",
      localAddress,
      agent: false,
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
    });
    request.once("error", reject);
    request.once("response", (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode));
    });
    request.end(body);
  });
}
