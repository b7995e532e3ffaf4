import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  ADMIN_PASSWORD,
  createFakeUpstream,
  hashesOf,
  loginAs,
  makePublishDocument,
  type FakeUpstream,
  type Fault,
} from "@entrepot/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createClient, type Client, type Received } from "./client.ts";
import { seededRandom, type SeededRandom } from "./seeded-random.ts";
import { makeFolder, removeFolder, startServer, type RunningServer } from "./server-process.ts";
import { until } from "./wait.ts";

const CLIENTS = 20;
const UPSTREAM_TIMEOUT_MS = 600;
/** Far above what an answer from memory or disk takes, far below a wait for the upstream. */
const QUICK_MS = 5000;
/** The longest that the server leaves a failing upstream alone is ten seconds. */
const HEALED_MS = 40_000;
/** Above what a download keeps in memory, so that it goes over the disk. */
const LARGE_TARBALL_BYTES = 17 * 1024 * 1024;
const CHAOS_MS = 3000;
/** A connection of the moment, a file of the database. */
const OPEN_MORE_MAX = 3;

/** In the place of the fault of all. */
const HONEST: Fault = { kind: "delay", milliseconds: 0 };
const TROUBLES: readonly (readonly [title: string, fault: Fault])[] = [
  ["silence", { kind: "hang" }],
  ["silence after the headers", { kind: "hang-in-body" }],
  ["a cut", { kind: "cut" }],
  ["a reset", { kind: "reset" }],
  ["half as if it were whole", { kind: "truncate" }],
  ["a length that is too large", { kind: "wrong-length", moreBytes: 7 }],
  ["a length that is too small", { kind: "wrong-length", moreBytes: -7 }],
  ["other bytes", { kind: "flip" }],
  ["a page", { kind: "html" }],
  ["JSON that stops", { kind: "not-json" }],
  ["500", { kind: "status", status: 500 }],
  ["503", { kind: "status", status: 503, headers: { "retry-after": "1" } }],
  ["429", { kind: "status", status: 429, headers: { "retry-after": "1" } }],
];

let data: string;
let upstream: FakeUpstream;
let server: RunningServer;
let client: Client;
let random: SeededRandom;
/** What the server had open before anything was asked of it. */
let before: string[];

beforeEach(async () => {
  random = seededRandom("an upstream in trouble");
  data = await makeFolder();
  upstream = await createFakeUpstream();
  await start();
  before = await openDescriptors();
});

afterEach(async () => {
  client.close();
  await server.kill();
  await upstream.close();
  await removeFolder(data);
});

async function start(): Promise<void> {
  const env = { ENTREPOT_ANONYMOUS_READ: "true" };
  server = await startServer({ data, upstream: upstream.url, env });
  const token = await loginAs(server.url, "admin", ADMIN_PASSWORD);
  client = createClient(server.url, { token, connections: 4 });
}

/** A package, and what its tarballs must be, by version. */
interface Item {
  name: string;
  integrities: Map<string, string>;
}

function bringUpstream(name: string, tarballs: readonly Uint8Array[]): Item {
  const integrities = new Map<string, string>();
  for (const [index, tarball] of tarballs.entries()) {
    const version = `1.${index}.0`;
    integrities.set(version, upstream.publish({ name, version, tarball }).integrity);
  }
  return { name, integrities };
}

function bringMany(prefix: string, count: number): Item[] {
  return Array.from({ length: count }, (_, index) =>
    bringUpstream(`${prefix}-${index}`, [
      random.bytes(random.between(300, 40_000)),
      random.bytes(random.between(100_000, 400_000)),
    ]),
  );
}

function tarballPath(name: string, version: string): string {
  return `${name}/-/${name}-${version}.tgz`;
}

/** The paths of an install, and whether each answer was the thing itself. Whatever is no clear error must be right. */
async function install(by: Client, { name, integrities }: Item): Promise<Map<string, boolean>> {
  const outcome = new Map<string, boolean>();
  const document = await by.request(`/npm/default/${name}`, { headers: { "accept-encoding": "gzip" } });
  outcome.set(name, isThere(name, document));
  if (document.status === 200) {
    const { versions } = document.json<{ versions: Record<string, unknown> }>();
    expect([name, Object.keys(versions)]).toEqual([name, [...integrities.keys()]]);
  }
  for (const [version, integrity] of integrities) {
    const path = tarballPath(name, version);
    const tarball = await by.request(`/npm/default/${path}`);
    outcome.set(path, isThere(path, tarball));
    if (tarball.status === 200) expect([path, hashesOf(tarball.bytes).integrity]).toEqual([path, integrity]);
  }
  return outcome;
}

/** False for an error that says whose fault it is and when to come back; it is never absence. */
function isThere(path: string, answer: Received): boolean {
  if (answer.status === 200) return true;
  expect([path, answer.status, answer.bytes.toString()]).toEqual([
    path,
    expect.toBeOneOf([502, 503, 504]),
    expect.stringContaining(`The upstream \\"public\\"`),
  ]);
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  return false;
}

/** As many clients as there are install everything at once, each in its own order. */
async function installAll(items: readonly Item[]): Promise<Map<string, boolean>[]> {
  return await Promise.all(
    Array.from({ length: CLIENTS }, async (_, index) => {
      const own = createClient(server.url, { connections: 2 });
      const outcome = new Map<string, boolean>();
      try {
        for (let at = 0; at < items.length; at += 1) {
          const item = items[(at + index) % items.length] as Item;
          for (const [path, isOk] of await install(own, item)) outcome.set(path, isOk);
        }
      } finally {
        own.close();
      }
      return outcome;
    }),
  );
}

function expectOutcomes(
  outcomes: readonly Map<string, boolean>[],
  expected: (path: string, isOk: boolean) => boolean,
): void {
  const wrong = outcomes.flatMap((outcome) =>
    [...outcome].filter(([path, isOk]) => isOk !== expected(path, isOk)),
  );
  expect(wrong).toEqual([]);
}

async function untilHealed(items: readonly Item[]): Promise<void> {
  for (const item of items) {
    await until(
      `${item.name} is served`,
      async () => [...(await install(client, item)).values()].every(Boolean),
      HEALED_MS,
    );
  }
}

/** Reads and publishes what is this server's own until the work is done, and expects each answer soon. */
async function withOwnPackages<T>(version: string, work: Promise<T>): Promise<T> {
  let isDone = false;
  const finished = work.finally(() => (isDone = true));
  // Whoever awaits it below gets its error.
  finished.catch(() => undefined);
  const { body, tarball: published } = makePublishDocument({ name: "own", version });
  let slowestMs = 0;
  const publishedAt = performance.now();
  expect((await client.request("/npm/default/own", { method: "PUT", body })).status).toBe(201);
  expect(performance.now() - publishedAt).toBeLessThan(QUICK_MS);
  while (!isDone) {
    const startedAt = performance.now();
    const document = await client.request("/npm/default/own");
    const tarball = await client.request(`/npm/default/${tarballPath("own", version)}`);
    expect([document.status, tarball.status]).toEqual([200, 200]);
    expect(hashesOf(tarball.bytes).integrity).toBe(published.integrity);
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    await delay(20);
  }
  expect(slowestMs).toBeLessThan(QUICK_MS);
  return await finished;
}

async function configure(settings: { timeoutMs: number; freshSeconds: number }): Promise<void> {
  const changed = { method: "PATCH", body: settings };
  expect((await client.request("/api/v1/upstreams/public", changed)).status).toBe(200);
}

/** Connections that idle on purpose are closed first; what is left then was forgotten. */
async function expectNothingOpen(): Promise<void> {
  client.close();
  await upstream.offline();
  await upstream.online();
  await until("as many open descriptors as before", async () => {
    const now = await openDescriptors();
    return now.length <= before.length + OPEN_MORE_MAX;
  });
  const staged = await readdir(join(data, "staging")).catch(() => []);
  expect(staged).toEqual([]);
  expect(server.hasEnded()).toBe(false);
}

/** Sockets and files that the server holds open. */
async function openDescriptors(): Promise<string[]> {
  const folder = `/proc/${server.pid}/fd`;
  const names = await readdir(folder);
  const targets = await Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => "")));
  return targets.filter((target) => target.startsWith("socket:") || target.startsWith("/"));
}

test("an upstream whose bytes trickle is asked once for what twenty clients want", async () => {
  await configure({ timeoutMs: 10_000, freshSeconds: 3600 });
  const items = [...bringMany("slow", 4), bringUpstream("large", [random.bytes(LARGE_TARBALL_BYTES)])];
  upstream.fault("*", { kind: "trickle", pieces: 5, milliseconds: 100 });
  const outcomes = await withOwnPackages("1.0.0", installAll(items));
  expectOutcomes(outcomes, () => true);
  for (const path of outcomes[0]?.keys() ?? []) expect([path, upstream.count(path)]).toEqual([path, 1]);
  await expectNothingOpen();
});

test("whatever an upstream fails by, no wrong byte is served or kept, and all is well when it is", async () => {
  await configure({ timeoutMs: UPSTREAM_TIMEOUT_MS, freshSeconds: 0 });
  const large = random.bytes(LARGE_TARBALL_BYTES);
  const warm = bringMany("warm", 3);
  await untilHealed(warm);
  const all = [...warm];
  for (const [index, [title, fault]] of TROUBLES.entries()) {
    // Nothing of the first comes right; of the others the documents do.
    const cold = [...bringMany(`cold-${index}`, 2), bringUpstream(`large-${index}`, [large])];
    all.push(...cold);
    upstream.fault("*", fault);
    const honest = new Set(cold.slice(1).map(({ name }) => name));
    for (const name of honest) upstream.fault(name, HONEST);
    const outcomes = await withOwnPackages(`1.0.${index}`, installAll([...cold, ...warm]));
    expectOutcomes(outcomes, (path, isOk) => (honest.has(path) ? isOk : path.startsWith("warm")));
    process.stdout.write(`an upstream in trouble: ${title} is over\n`);
    upstream.fault("*", null);
    await untilHealed(cold);
  }
  await expectNothingOpen();
  // What is served without the upstream by a server that remembers nothing was kept, and kept right.
  await server.stop();
  await upstream.offline();
  await start();
  for (const item of all) expectOutcomes([await install(client, item)], () => true);
});

test("an upstream that fails in another way with every request spoils nothing", async () => {
  await configure({ timeoutMs: UPSTREAM_TIMEOUT_MS, freshSeconds: 0 });
  const items = bringMany("odd", 12);
  const paths = items.flatMap(({ name, integrities }) => [
    name,
    ...[...integrities.keys()].map((version) => tarballPath(name, version)),
  ]);
  function spoilSome(): void {
    for (let count = 0; count < 5; count += 1) {
      const [, fault] = TROUBLES[random.between(0, TROUBLES.length - 1)] as (typeof TROUBLES)[number];
      const path = paths[random.between(0, paths.length - 1)] as string;
      upstream.fault(path, { ...fault, times: random.between(1, 3) });
    }
  }
  const counts = { there: 0, failed: 0 };
  const endAt = performance.now() + CHAOS_MS;
  async function installOn(): Promise<void> {
    while (performance.now() < endAt) {
      for (const outcome of await installAll(items)) {
        for (const isOk of outcome.values()) counts[isOk ? "there" : "failed"] += 1;
      }
    }
  }
  const spoiling = setInterval(spoilSome, 50);
  try {
    await withOwnPackages("1.0.0", installOn());
  } finally {
    clearInterval(spoiling);
  }
  process.stdout.write(`an upstream in trouble: ${counts.there} answers, ${counts.failed} errors\n`);
  expect(counts.there).toBeGreaterThan(0);
  expect(counts.failed).toBeGreaterThan(0);
  for (const path of paths) upstream.fault(path, null);
  await untilHealed(items);
  await expectNothingOpen();
});

test("who asks for tarballs only gets them when the document was wrong and is not any more", async () => {
  await configure({ timeoutMs: UPSTREAM_TIMEOUT_MS, freshSeconds: 3600 });
  const wrong = bringUpstream("wrong", [random.bytes(5000)]);
  const outdated = bringUpstream("outdated", [random.bytes(5000)]);
  upstream.fault(wrong.name, { kind: "wrong-hash" });
  for (const { name } of [wrong, outdated]) {
    expect((await client.request(`/npm/default/${name}`)).status).toBe(200);
  }
  const replaced = bringUpstream(outdated.name, [random.bytes(5000)]);
  for (const { name } of [wrong, replaced]) {
    const path = tarballPath(name, "1.0.0");
    expect(isThere(path, await client.request(`/npm/default/${path}`))).toBe(false);
  }
  upstream.fault(wrong.name, null);
  for (const { name, integrities } of [wrong, replaced]) {
    const path = tarballPath(name, "1.0.0");
    await until(`${path} is served`, async () => {
      const tarball = await client.request(`/npm/default/${path}`);
      if (!isThere(path, tarball)) return false;
      expect(hashesOf(tarball.bytes).integrity).toBe(integrities.get("1.0.0"));
      return true;
    });
  }
});
