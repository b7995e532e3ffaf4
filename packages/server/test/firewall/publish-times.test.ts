import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

let upstream: FakeUpstream;
let clock: TestClock;
let app: TestApp;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  clock = createTestClock();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
  await api("PUT /registries/default/policy/rules/age", {
    mode: "enforce",
    options: { hours: 24, firstReleaseHours: 24, fastTrack: null },
  });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

async function api(wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  const response = await app.admin.request(`/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
  });
  expect([response.status < 300, response.text]).toEqual([true, expect.anything()]);
  return response;
}

const at = (path: string): Promise<TestResponse> => app.admin.request(`/npm/default/${path}`);

async function versionsOf(name: string): Promise<string[]> {
  return Object.keys((await at(name)).json["versions"] as object);
}

it("an upstream whose times are believed has its old packages given out at first sight", async () => {
  upstream.publish({ name: "old", version: "1.0.0", time: clock.now() - 6 * YEAR });
  expect(await versionsOf("old")).toEqual(["1.0.0"]);
  expect((await at("old/-/old-1.0.0.tgz")).status).toBe(200);
});

it("of one whose times are not, what is new here waits, whatever it says, and is told so", async () => {
  upstream.publish({ name: "known", version: "1.0.0", time: clock.now() - 6 * YEAR });
  expect(await versionsOf("known")).toEqual(["1.0.0"]);
  expect((await api("PATCH /upstreams/public", { trustPublishTimes: false })).json).toMatchObject({
    trustPublishTimes: false,
  });
  // What was known before the switch had its time from somebody who was believed.
  expect(await versionsOf("known")).toEqual(["1.0.0"]);
  upstream.publish({ name: "backdated", version: "1.0.0", time: clock.now() - 6 * YEAR });
  const { status, json } = await at("backdated");
  const seenAt = clock.now();
  expect([status, json["rule"], json["until"]]).toEqual([403, "age", seenAt + DAY]);
  expect(json.error).toContain("the upstream's times are not believed");
  expect((await at("backdated/-/backdated-1.0.0.tgz")).status).toBe(403);
  const { candidates } = (await api("GET /registries/default/explain?package=backdated")).json as {
    candidates: { verdict: { evidence: Record<string, unknown> } }[];
  };
  expect(candidates[0]?.verdict.evidence).toMatchObject({
    clock: "first seen",
    publishedAt: new Date(seenAt - 6 * YEAR).toISOString(),
    countedFrom: new Date(seenAt).toISOString(),
  });
  clock.advance(DAY);
  expect(await versionsOf("backdated")).toEqual(["1.0.0"]);
  expect((await at("backdated/-/backdated-1.0.0.tgz")).status).toBe(200);
  upstream.publish({ name: "backdated", version: "1.1.0", time: clock.now() - YEAR });
  await vi.waitFor(async () => {
    clock.advance(5 * 60 * 1000);
    expect((await at("backdated/1.1.0")).json["rule"]).toBe("age");
  });
  expect(await versionsOf("backdated")).toEqual(["1.0.0"]);
  clock.advance(DAY);
  expect(await versionsOf("backdated")).toEqual(["1.0.0", "1.1.0"]);
  await api("PATCH /upstreams/public", { trustPublishTimes: true });
});

it("a version without a time waits from its first sight, and not for ever", async () => {
  upstream.publish({ name: "timeless", version: "1.0.0", time: 0 });
  const { status, json } = await at("timeless");
  expect([status, json["until"]]).toEqual([403, clock.now() + DAY]);
  expect(json.error).toContain("the upstream tells no time");
  clock.advance(DAY);
  expect(await versionsOf("timeless")).toEqual(["1.0.0"]);
});
