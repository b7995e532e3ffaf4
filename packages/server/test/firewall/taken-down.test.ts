import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

const HOUR = 3_600_000;

let app: TestApp;
let upstream: FakeUpstream;
const clock = createTestClock();

type Json = Record<string, unknown>;

const call = (method: string, path: string, body?: object): Promise<TestResponse> =>
  app.admin.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });

const status = async (path: string): Promise<number> =>
  (await app.admin.request(`/npm/default/${path}`)).status;

const reanalyse = (name: string): Promise<TestResponse> =>
  call("POST", `/registries/default/packages/${name}/reanalyse`);

async function advise(name: string): Promise<void> {
  const advisory = { id: `OWN-${name}`, package: name, range: "<2", summary: "wrong", severity: "high" };
  expect((await call("POST", "/advisories/own", advisory)).status).toBeLessThan(300);
}

async function open(name: string): Promise<unknown[]> {
  const { json } = await call("GET", `/findings?package=${name}&rule=vulnerability`);
  return (json["items"] as Json[]).map(({ version, presence }) => `${String(version)} ${String(presence)}`);
}

async function takeDown(name: string): Promise<void> {
  upstream.remove(name);
  await vi.waitFor(
    async () => {
      // The upstream is asked again when its word has become old.
      clock.advance(HOUR);
      expect(await status(name)).toBe(404);
    },
    { timeout: 10_000, interval: 200 },
  );
}

beforeAll(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
  for (const name of ["kept", "seen", "withdrawn"]) {
    upstream.publish({ name, version: "1.0.0", time: clock.now() - 2400 * HOUR });
  }
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

it("what is kept of a package that its upstream took down is judged like the rest", async () => {
  expect(await status("kept/-/kept-1.0.0.tgz")).toBe(200);
  // Kept versions are recorded behind the answer.
  await vi.waitFor(async () => expect((await reanalyse("kept")).status).toBe(200), { timeout: 10_000 });
  await takeDown("kept");
  await advise("kept");
  expect((await reanalyse("kept")).status).toBe(200);
  expect(await open("kept")).toEqual(["1.0.0 stored"]);
  await call("DELETE", "/advisories/own/OWN-kept");
  await reanalyse("kept");
  expect(await open("kept")).toEqual([]);
});

it("what was only looked at needs nobody any more when its upstream took it down", async () => {
  expect(await status("seen")).toBe(200);
  await advise("seen");
  expect((await reanalyse("seen")).status).toBe(200);
  expect(await open("seen")).toEqual(["1.0.0 reachable"]);
  await takeDown("seen");
  expect((await reanalyse("seen")).status).toBe(404);
  expect(await open("seen")).toEqual([]);
});

it("what was only looked at needs nobody any more when the advisory is taken back", async () => {
  expect(await status("withdrawn")).toBe(200);
  await advise("withdrawn");
  await reanalyse("withdrawn");
  expect(await open("withdrawn")).toEqual(["1.0.0 reachable"]);
  await call("DELETE", "/advisories/own/OWN-withdrawn");
  await reanalyse("withdrawn");
  expect(await open("withdrawn")).toEqual([]);
});
