import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

/** How long entries are held back from who goes on where they ended. */
const SETTLED = 11_000;

let app: TestApp;
let upstream: FakeUpstream;
let clock: TestClock;

interface Entry {
  seq: number;
  package: string;
  outcome: string;
}

async function next(after: number): Promise<Entry[]> {
  const { text, status } = await app.admin.request(`/api/v1/decisions/export?after=${after}`);
  expect(status, text).toBe(200);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Entry);
}

async function install(name: string): Promise<number> {
  return (await app.admin.request(`/npm/default/${name}/-/${name}-1.0.0.tgz`)).status;
}

beforeAll(async () => {
  upstream = await createFakeUpstream();
  for (const name of ["one", "two", "three"]) upstream.publish({ name, version: "1.0.0" });
  clock = createTestClock();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

it("who follows the log goes on where they ended, and gets every entry once", async () => {
  await app.admin.request("/api/v1/registries/*/packages/two/versions/1.0.0/status", {
    method: "PUT",
    body: { status: "blocked", reason: "no" },
  });
  expect([await install("one"), await install("two")]).toEqual([200, 403]);
  // Another process may write an older entry yet.
  expect(await next(0)).toEqual([]);
  clock.advance(SETTLED);
  const first = await next(0);
  expect(first.map((entry) => [entry.package, entry.outcome])).toEqual([
    ["one", "served"],
    ["two", "refused"],
  ]);
  const last = first.at(-1)?.seq ?? 0;
  expect(await next(last)).toEqual([]);
  expect(await install("three")).toBe(200);
  clock.advance(SETTLED);
  const second = await next(last);
  expect(second.map((entry) => [entry.package, entry.outcome])).toEqual([["three", "served"]]);
  expect(second[0]?.seq).toBeGreaterThan(last);
});

it("what is no number of an entry is refused", async () => {
  expect((await app.admin.request("/api/v1/decisions/export?after=x")).status).toBe(400);
});
