import { setTimeout as delay } from "node:timers/promises";
import { createFakeUpstream, hashesOf, httpRequest, type FakeUpstream } from "@entrepot/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seededRandom, type SeededRandom } from "./seeded-random.ts";
import { makeFolder, removeFolder, startServer, type RunningServer } from "./server-process.ts";

const ROUNDS = 3;
const PACKAGES_PER_ROUND = 150;
const CLIENTS = 16;
const TARBALL_BYTES_MAX = 120_000;
/** Keeps the burst going until the kill. */
const UPSTREAM_MS = 80;
/**
 * What was served is written down behind the answer. An answer this much older than the kill must be found again;
 * a younger one may have to be fetched anew.
 */
const SETTLED_MS = 1000;

let data: string;
let upstream: FakeUpstream;
let server: RunningServer;

beforeEach(async () => {
  data = await makeFolder();
  upstream = await createFakeUpstream();
});

afterEach(async () => {
  await server.kill();
  await upstream.close();
  await removeFolder(data);
});

interface Item {
  name: string;
  integrity: string;
  /** When its tarball was served whole. */
  servedAt: number | null;
  /** Served so long before a kill that it must be found again. */
  isSettled: boolean;
}

test("kill -9 while the cache fills leaves nothing torn, and what was complete is served offline", async () => {
  const random = seededRandom("kill -9 while the cache fills");
  const items: Item[] = [];
  upstream.fault("*", { kind: "delay", milliseconds: UPSTREAM_MS });
  for (let round = 0; round < ROUNDS; round += 1) {
    const fresh = publishMany(random, `r${round}`);
    items.push(...fresh);
    server = await startServer({ data, upstream: upstream.url, env: { ENTREPOT_ANONYMOUS_READ: "true" } });
    const burst = install(server.url, fresh);
    await delay(random.between(SETTLED_MS + 300, SETTLED_MS + 1200));
    const killedAt = performance.now();
    await server.kill();
    await burst;
    for (const item of fresh) {
      item.isSettled = item.servedAt !== null && item.servedAt < killedAt - SETTLED_MS;
    }
    const served = fresh.filter(({ servedAt }) => servedAt !== null);
    const settled = fresh.filter(({ isSettled }) => isSettled);
    process.stdout.write(
      `round ${round}: of ${fresh.length} served ${served.length}, a while before the kill ${settled.length}\n`,
    );
    await assertServedOffline(items);
  }
  // With the upstream back, everything is served, whatever the kills left behind.
  server = await startServer({ data, upstream: upstream.url });
  await forEach(items, async (item) => {
    const { document, tarball } = await read(server.url, item);
    expect([document.status, tarball.status]).toEqual([200, 200]);
    expect(hashesOf(tarball.bytes).integrity).toBe(item.integrity);
  });
});

/** Runs `work` for every item, as many at once as there are clients. */
async function forEach(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  async function client(): Promise<void> {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  }
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

function publishMany(random: SeededRandom, prefix: string): Item[] {
  return Array.from({ length: PACKAGES_PER_ROUND }, (_, index) => {
    const name = `${prefix}-package-${index}`;
    const files = { "blob.bin": random.bytes(random.between(200, TARBALL_BYTES_MAX)) };
    const { integrity } = upstream.publish({ name, version: "1.0.0", files });
    return { name, integrity, servedAt: null, isSettled: false };
  });
}

/** What an install does: documents, then their tarballs, many at once. Ends when the server is gone. */
async function install(url: string, items: readonly Item[]): Promise<void> {
  let isGone = false;
  await forEach(items, async (item) => {
    if (isGone) return;
    const answer = await read(url, item).catch((error: unknown) => assertCutOff(error));
    if (answer === undefined) {
      isGone = true;
      return;
    }
    expect(answer.tarball.status).toBe(200);
    expect(hashesOf(answer.tarball.bytes).integrity).toBe(item.integrity);
    item.servedAt = performance.now();
  });
}

function assertCutOff(error: unknown): void {
  const { code } = error as { code?: string };
  if (!["ECONNRESET", "ECONNREFUSED", "EPIPE", "HPE_INVALID_EOF_STATE"].includes(code ?? "")) throw error;
}

async function read(
  url: string,
  { name }: Item,
): Promise<Record<"document" | "tarball", Awaited<ReturnType<typeof httpRequest>>>> {
  const document = await httpRequest(url, `/npm/default/${name}`, { headers: { "accept-encoding": "gzip" } });
  const tarball = await httpRequest(url, `/npm/default/${name}/-/${name}-1.0.0.tgz`);
  return { document, tarball };
}

async function assertServedOffline(items: readonly Item[]): Promise<void> {
  await upstream.offline();
  server = await startServer({ data, upstream: upstream.url });
  await forEach(items, async (item) => {
    const { document, tarball } = await read(server.url, item);
    if (item.isSettled) expect([item.name, document.status, tarball.status]).toEqual([item.name, 200, 200]);
    for (const response of [document, tarball]) {
      expect([200, 502, 503, 504]).toContain(response.status);
      if (response.status !== 200) expect(response.headers["retry-after"]).toBeDefined();
    }
    if (document.status === 200) expect(JSON.parse(document.text)).toMatchObject({ name: item.name });
    if (tarball.status === 200) expect(hashesOf(tarball.bytes).integrity).toBe(item.integrity);
  });
  await server.kill();
  await upstream.online();
}
