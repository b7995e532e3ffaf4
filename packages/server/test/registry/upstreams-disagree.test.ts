import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createSilentLog, type Fields } from "../../src/telemetry/index.ts";

/** What happens behind an answer may take its time on a busy machine. */
const WAIT_MS = 10_000;

const HOUR = 60 * 60 * 1000;
const KNOWN_METRIC = 'entrepot_security_events_total{kind="upstreams-disagree"} ';

let one: FakeUpstream;
let two: FakeUpstream;
let app: TestApp;
let clock: TestClock;
const errors: Array<[string, Fields | undefined]> = [];

beforeAll(async () => {
  [one, two] = [await createFakeUpstream(), await createFakeUpstream()];
  clock = createTestClock();
  const log = {
    ...createSilentLog(),
    error: (message: string, fields?: Fields) => void errors.push([message, fields]),
  };
  app = await startTestApp({ upstream: one.url, now: clock.now, log });
  await api("POST", "/upstreams", { name: "two", url: two.url });
  for (const [name, upstreams] of [
    ["both", ["public", "two"]],
    ["second", ["two"]],
  ] as const) {
    await api("POST", "/registries", { name });
    await api("PUT", `/registries/${name}/upstreams`, { upstreams });
  }
});
afterAll(async () => {
  await app.close();
  await one.close();
  await two.close();
});

async function api(method: string, path: string, body?: unknown): Promise<void> {
  const { status, text } = await app.admin.request(`/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
  });
  expect([status < 300, text]).toEqual([true, expect.anything()]);
}

async function take(registry: string, name: string, version = "1.0.0"): Promise<Buffer> {
  expect((await app.admin.request(`/npm/${registry}/${name}`)).status).toBe(200);
  const { status, bytes } = await app.admin.request(`/npm/${registry}/${name}/-/${name}-${version}.tgz`);
  expect(status).toBe(200);
  return bytes;
}

type Item = Record<string, unknown>;

/** Runs the job to its end and gives what is known then. */
async function compare(): Promise<Item[]> {
  const { json: job } = await app.admin.request("/api/v1/jobs/compare-upstreams/run", { method: "POST" });
  await vi.waitFor(
    async () => {
      const { json } = await app.admin.request("/api/v1/jobs?kind=compare-upstreams");
      const mine = (json["items"] as Item[]).find(({ id }) => id === job["id"]);
      expect(mine?.["state"]).toBe("done");
    },
    { timeout: 10_000 },
  );
  const { json } = await app.admin.request("/api/v1/integrity-changes");
  return json["items"] as Item[];
}

/** What somebody has to look at of x, once it was judged anew. */
async function findings(): Promise<Item[]> {
  await api("POST", "/registries/both/packages/x/reanalyse");
  const { json } = await app.admin.request("/api/v1/registries/both/findings?rule=upstreams-disagree");
  return json["items"] as Item[];
}

async function events(): Promise<number> {
  const { text } = await app.request("/metrics");
  const line = text.split("\n").find((item) => item.startsWith(KNOWN_METRIC));
  return Number(line?.slice(KNOWN_METRIC.length) ?? 0);
}

async function cachedOf(registry: string, count: number): Promise<void> {
  // Cached versions are recorded behind the answer.
  await vi.waitFor(async () => {
    const { json } = await app.admin.request(`/api/v1/registries/${registry}/versions`);
    expect(json["items"]).toHaveLength(count);
  }, WAIT_MS);
}

it("a version that two upstreams have with different content is told with both hashes, and the first's is served", async () => {
  const first = one.publish({ name: "x", version: "1.0.0", files: { "a.js": "1" } });
  const other = two.publish({ name: "x", version: "1.0.0", files: { "a.js": "2" } });
  for (const upstream of [one, two]) {
    upstream.publish({ name: "x", version: "1.1.0" });
    upstream.publish({ name: "same", version: "1.0.0" });
  }
  for (const registry of ["both", "second"]) for (const name of ["x", "same"]) await take(registry, name);
  await cachedOf("both", 2);
  expect(await compare()).toEqual([
    {
      kind: "disagrees",
      registry: "both",
      served: "public",
      upstream: "two",
      package: "x",
      version: "1.0.0",
      was: first.integrity,
      is: other.integrity,
      seenAt: expect.any(String) as unknown,
    },
  ]);
  expect((await take("both", "x")).equals(first.bytes)).toBe(true);
  expect(errors).toEqual([
    [
      "upstreams of a registry have the same versions with different content",
      {
        registry: "both",
        upstream: "public, two",
        packageName: "x",
        count: 1,
        version: `1.0.0 ${first.integrity} and ${other.integrity}`,
      },
    ],
  ]);
  expect(await events()).toBe(1);
});

it("it is reported once", async () => {
  expect(await compare()).toHaveLength(1);
  expect(errors).toHaveLength(1);
  expect(await events()).toBe(1);
});

it("somebody is to look at it", async () => {
  expect(await findings()).toEqual([
    expect.objectContaining({
      package: "x",
      version: "1.0.0",
      reason: expect.stringMatching(
        /^public has it as sha512-\S+, two as sha512-\S+; that of public is served$/,
      ),
    }),
  ]);
});

it("no upstream is asked about a name that only another one was asked about", async () => {
  one.publish({ name: "quiet", version: "1.0.0", files: { "a.js": "1" } });
  two.publish({ name: "quiet", version: "1.0.0", files: { "a.js": "2" } });
  await take("both", "quiet");
  await cachedOf("both", 3);
  const before = two.requests.length;
  expect(await compare()).toHaveLength(1);
  expect(two.requests.length).toBe(before);
});

it("it is gone when they agree again", async () => {
  two.publish({ name: "x", version: "1.0.0", files: { "a.js": "1" } });
  clock.advance(HOUR);
  // A document that is out of date is served while the new one is fetched behind the answer.
  await vi.waitFor(async () => {
    const { json } = await app.admin.request("/npm/second/x");
    expect(json).toMatchObject({ _policy: { hidden: { "1.0.0": { rule: "integrity-change" } } } });
  }, WAIT_MS);
  expect((await compare()).map(({ kind, upstream }) => [kind, upstream])).toEqual([["changed", "two"]]);
  expect(await findings()).toEqual([]);
});

it("what an upstream changed is no reason against the same version of another that answers for the name", async () => {
  const first = one.publish({ name: "y", version: "1.0.0", files: { "a.js": "1" } });
  two.publish({ name: "y", version: "1.0.0", files: { "a.js": "2" } });
  await take("second", "y");
  two.publish({ name: "y", version: "1.0.0", files: { "a.js": "3" } });
  await vi.waitFor(async () => {
    clock.advance(HOUR);
    expect((await app.admin.request("/npm/second/y")).json["rule"]).toBe("integrity-change");
  });
  expect((await take("both", "y")).equals(first.bytes)).toBe(true);
});
