import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import {
  ADMIN_PASSWORD,
  createFakeUpstream,
  httpRequest,
  loginAs,
  type FakeUpstream,
} from "@entrepot/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seededRandom, type SeededRandom } from "./seeded-random.ts";
import {
  launchServer,
  makeFolder,
  removeFolder,
  startServer,
  type LaunchOptions,
  type ServerProcess,
} from "./server-process.ts";
import { until } from "./wait.ts";

const FOLDERS = 6;
const KILLS_PER_FOLDER = 3;

let folders: string[];
let servers: ServerProcess[];
let upstream: FakeUpstream;

beforeEach(async () => {
  folders = [];
  servers = [];
  upstream = await createFakeUpstream();
  upstream.publish({ name: "left-pad", version: "1.0.0" });
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  await upstream.close();
  await Promise.all(folders.map(removeFolder));
});

async function freshFolder(): Promise<string> {
  const folder = await makeFolder();
  folders.push(folder);
  return folder;
}

async function start(options: LaunchOptions): Promise<ServerProcess & { url: string }> {
  const server = await startServer(options);
  servers.push(server);
  return server;
}

/** How long a first start takes here: to the database file, and from there to listening. Milliseconds. */
async function measure(): Promise<{ toDatabase: number; toListening: number }> {
  const data = await freshFolder();
  const startedAt = performance.now();
  const server = launchServer({ data, upstream: upstream.url });
  servers.push(server);
  await until("the database's file", () => existsSync(join(data, "entrepot.db")));
  const databaseAt = performance.now();
  await server.listening();
  await server.kill();
  return { toDatabase: databaseAt - startedAt, toListening: performance.now() - databaseAt };
}

/** Kills a start: most of them between the making of the database and the first answer. */
async function killStart(
  options: LaunchOptions,
  random: SeededRandom,
  usual: { toDatabase: number; toListening: number },
): Promise<void> {
  const server = launchServer(options);
  servers.push(server);
  const isEarly = random.next() < 0.2;
  if (!isEarly) {
    await until(
      "the database's file",
      () => existsSync(join(options.data, "entrepot.db")) || server.hasEnded(),
    );
  }
  await delay(random.next() * (isEarly ? usual.toDatabase : usual.toListening));
  await server.kill();
}

test("kill -9 at any moment of the first start: the next one completes it", async () => {
  const random = seededRandom("kill -9 at the first start");
  const usual = await measure();
  for (let folder = 0; folder < FOLDERS; folder += 1) {
    const options = { data: await freshFolder(), upstream: upstream.url };
    for (let kill = 0; kill < KILLS_PER_FOLDER; kill += 1) await killStart(options, random, usual);
    const server = await start(options);
    const token = await loginAs(server.url, "admin", ADMIN_PASSWORD);
    const headers = { authorization: `Bearer ${token}` };
    // The registry is there with its upstream, and an upstream's credential can be sealed and opened.
    expect((await httpRequest(server.url, "/npm/default/left-pad", { headers })).status).toBe(200);
    const sealed = await httpRequest(server.url, "/api/v1/upstreams/public", {
      method: "PATCH",
      headers,
      body: { token: "secret" },
    });
    expect([sealed.status, sealed.json["hasCredential"]]).toEqual([200, true]);
    await server.kill();
  }
});

test("a one-time password that nobody saw locks nobody out", async () => {
  const options = { data: await freshFolder(), env: { ENTREPOT_ADMIN_PASSWORD: "" } };
  const killed = launchServer(options);
  servers.push(killed);
  // Nobody reads what it prints; whether it got to print it makes no difference to what is kept.
  await killed.listening();
  await killed.kill();

  const server = await start(options);
  // Whoever runs it learns what to do, and does it while it serves.
  const hint = /^\s+(node \S+ admin password admin .*)$/m;
  const [, command = ""] = await until("the hint", () => hint.exec(server.output()));
  // As a shell far away from the server would run it, with nothing of the server's environment.
  const { stdout } = await promisify(execFile)("sh", ["-c", command], { env: { PATH: process.env["PATH"] } });
  const password = /^password: (\S+)$/m.exec(stdout)?.[1] ?? "";
  expect(await loginAs(server.url, "admin", password)).toBeTypeOf("string");
  await server.kill();

  // Once somebody has logged in, no start speaks of it again.
  const again = await start(options);
  await again.stop();
  expect(again.output()).not.toContain("admin password admin");
});
