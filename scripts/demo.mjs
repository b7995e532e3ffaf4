/**
 * `npm run demo`: a server on this machine, full of people, packages and history, to look around in. It goes when it is
 * stopped, unless `--data` names a folder for it. `--screenshots FOLDER` takes pictures of the console's pages and stops.
 */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fill, SIZES } from "./demo-seed.mjs";
import { build, ensureInstalled } from "./prepare.mjs";

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    port: { type: "string", default: "0" },
    seed: { type: "string", default: "1" },
    small: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    screenshots: { type: "string" },
  },
});

ensureInstalled();
await build();
// Only there once it is built.
const { ADMIN_PASSWORD, createFakeUpstream, startTestApp } = await import("@entrepot/testkit");

await main();

async function main() {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), "entrepot-demo-")));
  await assertEmpty(data);
  const startedAt = Date.now();
  const clock = { shiftMs: 0 };
  const upstream = await createFakeUpstream();
  const app = await startTestApp({
    upstream: upstream.url,
    data,
    now: () => Date.now() + clock.shiftMs,
    env: { ENTREPOT_PORT: options.port },
    file: "signUp: invitation\n",
  });
  async function stop() {
    await app.close();
    await upstream.close();
    if (options.data === undefined) await rm(data, { recursive: true, force: true });
    process.exit();
  }
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop());

  const filled = await fill({
    app,
    upstream,
    seed: Number(options.seed),
    size: options.small ? SIZES.small : SIZES.full,
    setClock: (at) => void (clock.shiftMs = at - Date.now()),
    endsAt: startedAt,
  });
  clock.shiftMs = 0;
  tell({ url: app.url, data, filled, seconds: Math.round((Date.now() - startedAt) / 1000) });
  if (options.screenshots === undefined) return;
  const { takePictures } = await import("./console-tour.mjs");
  const count = await takePictures({ url: app.url, password: ADMIN_PASSWORD, folder: options.screenshots });
  console.log(`${count} pictures are in ${options.screenshots}.`);
  await stop();
}

function tell({ url, data, filled, seconds }) {
  if (options.json) {
    console.log(JSON.stringify({ url, user: "admin", password: ADMIN_PASSWORD, data, ...filled, seconds }));
    return;
  }
  console.log(`The demo is at ${url}, filled in ${seconds} s.`);
  console.log(`Sign in as admin with the password: ${ADMIN_PASSWORD}`);
  console.log("Or as somebody who develops, such as amara, with: the password of amara");
  console.log(
    `Its data is in ${data}${options.data === undefined ? " and goes with it" : ""}. Ctrl-C stops it.`,
  );
}

async function assertEmpty(folder) {
  const found = await readdir(folder).catch(() => []);
  if (found.length === 0) return;
  console.error(`The folder ${folder} is not empty; name another one with --data, or leave it out.`);
  process.exit(1);
}
