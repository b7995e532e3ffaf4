import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import {
  ADMIN_PASSWORD,
  hashesOf,
  httpRequest,
  loginAs,
  makePublishDocument,
  type PublishDocument,
} from "@entrepot/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seededRandom } from "./seeded-random.ts";
import { MAIN, makeFolder, removeFolder, startServer, type RunningServer } from "./server-process.ts";

const ROUNDS = 8;
const PUBLISHERS = 8;
/** Far above what a start takes, far below any wait for a lock. */
const START_MS_MAX = 10_000;
const ATTACHMENT_BYTES_MAX = 150_000;

let data: string;
let server: RunningServer;

beforeEach(async () => {
  data = await makeFolder();
});

afterEach(async () => {
  await server.kill();
  await removeFolder(data);
});

interface Publish {
  name: string;
  version: string;
  document: PublishDocument;
}

test("kill -9 while publishing loses nothing that was acknowledged and blocks no version", async () => {
  const random = seededRandom("kill -9 while publishing");
  server = await startServer({ data });
  const token = await loginAs(server.url, "admin", ADMIN_PASSWORD);
  const acknowledged: Publish[] = [];
  let open: Publish[] = [];
  let count = 0;

  function nextPublish(): Publish {
    count += 1;
    // Every third goes to one of two packages that all publishers share.
    const name = count % 3 === 0 ? `shared-${count % 2}` : `own-${count}`;
    const version = `1.0.${count}`;
    const files = { "blob.bin": random.bytes(random.between(10, ATTACHMENT_BYTES_MAX)) };
    return { name, version, document: makePublishDocument({ name, version, files }) };
  }

  async function publishUntilKilled(target: RunningServer): Promise<void> {
    while (!target.hasEnded()) {
      const publish = nextPublish();
      open.push(publish);
      const status = await send(target.url, token, publish).catch(() => null);
      if (status === null) return;
      expect(status).toBe(201);
      open = open.filter((one) => one !== publish);
      acknowledged.push(publish);
    }
  }

  for (let round = 0; round < ROUNDS; round += 1) {
    const publishing = Array.from({ length: PUBLISHERS }, () => publishUntilKilled(server));
    await delay(random.between(20, 450));
    await server.kill();
    await Promise.all(publishing);

    const startedAt = performance.now();
    server = await startServer({ data });
    expect(performance.now() - startedAt).toBeLessThan(START_MS_MAX);
    expect(await readdir(join(data, "staging")).catch(() => [])).toEqual([]);
    // Whether or not the killed server got to write them, they can be published now.
    for (const publish of open) expect(await send(server.url, token, publish)).toBe(201);
    expect(await readdir(join(data, "blobs", "incoming")).catch(() => [])).toEqual([]);
    acknowledged.push(...open.splice(0));
  }

  process.stdout.write(`kill -9 while publishing: ${acknowledged.length} publishes over ${ROUNDS} kills\n`);
  expect(acknowledged.length).toBeGreaterThan(ROUNDS);
  await assertAllThere(server.url, token, acknowledged);
  await assertAudited(server.url, token, acknowledged);
  await expect.poll(() => verifyTrail(data)).toMatchObject({ isWhole: true, unsealed: 0 });
});

/** Each publish has its one event, and nothing has one that did not happen. */
async function assertAudited(url: string, token: string, publishes: readonly Publish[]): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const { text } = await httpRequest(url, "/api/v1/audit/export?kind=version-published", { headers });
  const lines = text.trimEnd().split("\n");
  const events = lines.map((line) => JSON.parse(line) as { package: string; detail: { version: string } });
  const published = publishes.map(({ name, version }) => `${name}@${version}`);
  const told = events.map((event) => `${event.package}@${event.detail.version}`);
  expect(told.toSorted()).toEqual(published.toSorted());
}

async function verifyTrail(folder: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    MAIN,
    "verify",
    "--json",
    "--data",
    folder,
  ]);
  return JSON.parse(stdout);
}

async function send(url: string, token: string, { name, document }: Publish): Promise<number> {
  const response = await httpRequest(url, `/npm/default/${name}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${token}` },
    body: document.body,
  });
  return response.status;
}

async function assertAllThere(url: string, token: string, publishes: readonly Publish[]): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const wrong: string[] = [];
  for (const { name, version, document } of publishes) {
    const packument = await httpRequest(url, `/npm/default/${name}`, { headers });
    const { versions, "dist-tags": tags } = packument.json as unknown as {
      "versions": Record<string, { dist: { integrity: string; tarball: string } }>;
      "dist-tags": Record<string, string>;
    };
    const dist = versions[version]?.dist;
    if (dist?.integrity !== document.tarball.integrity) wrong.push(`${name}@${version}: integrity`);
    if (versions[tags["latest"] ?? ""] === undefined) wrong.push(`${name}: latest is ${tags["latest"]}`);
    const tarball = await httpRequest(url, new URL(dist?.tarball ?? url).pathname, { headers });
    if (hashesOf(tarball.bytes).integrity !== document.tarball.integrity) {
      wrong.push(`${name}@${version}: tarball ${tarball.status}`);
    }
  }
  expect(wrong).toEqual([]);
}
