import { setTimeout as delay } from "node:timers/promises";
import {
  createFakeUpstream,
  makePublishDocument,
  startTestApp,
  type FakeUpstream,
  type TestApp,
} from "@entrepot/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const READERS = 8;
const PAUSE_MS = 10;

let app: TestApp;
let upstream: FakeUpstream;

beforeEach(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url });
});
afterEach(async () => {
  await app.close();
  await upstream.close();
});

interface Reading {
  /** Answers other than 200 after the first publish was acknowledged. */
  failed: string[];
  /** Versions that were missing although their publish had been acknowledged before the request. */
  lost: string[];
  reads: number;
}

/** Reads packument and tarball over and over until it is told to stop. */
async function read(
  acknowledged: readonly string[],
  accept: string,
  isOver: () => boolean,
): Promise<Reading> {
  const reading: Reading = { failed: [], lost: [], reads: 0 };
  while (!isOver()) {
    const expected = [...acknowledged];
    const packument = await app.admin.request("/npm/default/busy", {
      headers: { accept, "accept-encoding": "gzip" },
    });
    reading.reads += 1;
    // Readers that leave the server no time at all would only make the test longer.
    await delay(PAUSE_MS);
    if (expected.length === 0) continue;
    if (packument.status !== 200) {
      reading.failed.push(`${packument.status} ${packument.text}`);
      continue;
    }
    const shown = Object.keys(packument.json["versions"] as object);
    reading.lost.push(...expected.filter((version) => !shown.includes(version)));
    const newest = expected.at(-1) as string;
    const tarball = await app.admin.request(`/npm/default/busy/-/busy-${newest}.tgz`);
    if (tarball.status !== 200) reading.failed.push(`${newest}: ${tarball.status} ${tarball.text}`);
  }
  return reading;
}

async function publishAll(count: number, acknowledged: string[]): Promise<number[]> {
  const statuses: number[] = [];
  for (let patch = 0; patch < count; patch += 1) {
    const version = `1.0.${patch}`;
    const { body } = makePublishDocument({ name: "busy", version });
    const { status } = await app.admin.request("/npm/default/busy", { method: "PUT", body });
    statuses.push(status);
    if (status === 201) acknowledged.push(version);
  }
  return statuses;
}

describe("publishing while eight clients read", () => {
  beforeEach(async () => {
    const change = { method: "PATCH", body: { timeoutMs: 500 } };
    expect((await app.admin.request("/api/v1/upstreams/public", change)).status).toBe(200);
  });

  it.each([
    [120, "answers 404", () => undefined],
    [30, "answers 500", () => upstream.fault("*", { kind: "status", status: 500 })],
    [30, "resets connections", () => upstream.fault("*", { kind: "reset" })],
    [30, "hangs", () => upstream.fault("*", { kind: "hang" })],
  ])("%i versions loses none and fails none when the upstream %s", async (count, _what, breakUpstream) => {
    breakUpstream();
    const acknowledged: string[] = [];
    let isOver = false;
    const readers = Array.from({ length: READERS }, (_, index) =>
      read(acknowledged, index % 2 === 0 ? "application/vnd.npm.install-v1+json" : "*/*", () => isOver),
    );
    const statuses = await publishAll(count, acknowledged);
    isOver = true;
    const readings = await Promise.all(readers);
    expect(statuses.filter((status) => status !== 201)).toEqual([]);
    expect(readings.flatMap(({ failed }) => failed)).toEqual([]);
    expect(readings.flatMap(({ lost }) => lost)).toEqual([]);
    expect(readings.every(({ reads }) => reads > 0)).toBe(true);
    const { json } = await app.admin.request("/npm/default/busy");
    expect(Object.keys(json["versions"] as object)).toHaveLength(count);
    expect(json["dist-tags"]).toEqual({ latest: `1.0.${count - 1}` });
  });
});

describe("publishing at once", () => {
  it("100 versions of one package are all there", async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, patch) =>
        app.admin.publish({ name: "burst", version: `1.0.${patch}` }),
      ),
    );
    expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
    const { json } = await app.admin.request("/npm/default/burst");
    expect(Object.keys(json["versions"] as object)).toHaveLength(100);
    expect(json["_rev"]).toMatch(/^100-/);
  });

  it("200 packages by 16 clients are all there", async () => {
    const names = Array.from({ length: 200 }, (_, index) => `many-${index}`);
    const queue = [...names];
    const statuses: number[] = [];
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
          statuses.push((await app.admin.publish({ name, version: "1.0.0" })).status);
        }
      }),
    );
    expect(statuses).toEqual(names.map(() => 201));
    for (const name of names) expect((await app.admin.request(`/npm/default/${name}`)).status).toBe(200);
  });
});
