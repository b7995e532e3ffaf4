import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

/** What happens behind an answer may take its time on a busy machine. */
const WAIT_MS = 10_000;

const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let upstream: FakeUpstream;
let clock: TestClock;
let app: TestApp;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  clock = createTestClock();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
  await rule("age", { mode: "enforce", options: { hours: 7 * 24, firstReleaseHours: 7 * 24 } });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

const at = (path: string): Promise<TestResponse> => app.admin.request(`/npm/default/${path}`);

async function rule(id: string, body: unknown): Promise<void> {
  const path = `/api/v1/registries/default/policy/rules/${id}`;
  const { status, text } = await app.admin.request(path, { method: "PUT", body });
  expect([status, text]).toEqual([200, expect.anything()]);
}

function publish(name: string, version: string, ageMs: number): void {
  upstream.publish({ name, version, time: clock.now() - ageMs });
}

async function versionsOf(name: string): Promise<string[]> {
  return Object.keys((await at(name)).json["versions"] as object);
}

describe("a version that is too young", () => {
  it("is left out, refused by name, and told of with the moment of its release", async () => {
    publish("young", "1.2.3", 100 * DAY);
    publish("young", "1.3.0", DAY);
    const view = await at("young");
    expect(await versionsOf("young")).toEqual(["1.2.3"]);
    expect(view.json["dist-tags"]).toEqual({ latest: "1.2.3" });
    expect(view.headers["npm-notice"]).toContain("young@1.3.0 is kept back until 2026-11-26T");
    expect((await at("young/^1")).json["version"]).toBe("1.2.3");
    const until = clock.now() + 6 * DAY;
    for (const path of ["young/1.3.0", "young/-/young-1.3.0.tgz"]) {
      const { status, json } = await at(path);
      expect([status, json["rule"], json["until"]]).toEqual([403, "age", until]);
      expect(json.error).toContain(`held until ${new Date(until).toISOString()}`);
      expect(json.error).toContain("Use 1.2.3");
      expect(json["exceptionUrl"]).toBe(`${app.url}/-/request?registry=default&package=young&version=1.3.0`);
    }
  });

  it("is the same for a hundred requests across an expiry of caches and a clock that is put right", async () => {
    publish("steady", "1.0.0", 100 * DAY);
    publish("steady", "1.1.0", 6 * DAY);
    for (let count = 0; count < 100; count += 1) {
      expect(await versionsOf("steady")).toEqual(["1.0.0"]);
      if (count % 10 === 9) clock.advance(2 * MINUTE);
      if (count === 50) clock.advance(-MINUTE);
    }
  });

  it("is there at the very moment at which it is old enough, and stays when the clock is put back a little", async () => {
    publish("ripe", "1.0.0", 100 * DAY);
    publish("ripe", "1.1.0", 7 * DAY - HOUR);
    expect(await versionsOf("ripe")).toEqual(["1.0.0"]);
    clock.advance(HOUR - 1);
    expect(await versionsOf("ripe")).toEqual(["1.0.0"]);
    expect((await at("ripe/-/ripe-1.1.0.tgz")).status).toBe(403);
    clock.advance(1);
    expect(await versionsOf("ripe")).toEqual(["1.0.0", "1.1.0"]);
    expect((await at("ripe/-/ripe-1.1.0.tgz")).status).toBe(200);
    clock.advance(-10 * MINUTE);
    expect(await versionsOf("ripe")).toEqual(["1.0.0", "1.1.0"]);
    expect((await at("ripe")).headers["npm-notice"]).toBeUndefined();
    clock.advance(10 * MINUTE);
  });

  it("is held again when the clock was days ahead and is put right", async () => {
    for (const name of ["ahead", "ahead-tarball"]) {
      publish(name, "1.0.0", 100 * DAY);
      publish(name, "1.1.0", DAY);
    }
    clock.advance(30 * DAY);
    expect(await versionsOf("ahead")).toEqual(["1.0.0", "1.1.0"]);
    expect((await at("ahead/1.1.0")).status).toBe(200);
    expect((await at("ahead-tarball/-/ahead-tarball-1.1.0.tgz")).status).toBe(200);
    clock.advance(-30 * DAY);
    expect(await versionsOf("ahead")).toEqual(["1.0.0"]);
    expect((await at("ahead/1.1.0")).status).toBe(403);
    expect((await at("ahead-tarball/-/ahead-tarball-1.1.0.tgz")).status).toBe(403);
  });

  it("does not hide what upstream does from a clock that was a month ahead", async () => {
    publish("month", "1.0.0", 100 * DAY);
    clock.advance(30 * DAY);
    expect(await versionsOf("month")).toEqual(["1.0.0"]);
    clock.advance(-30 * DAY);
    publish("month", "1.1.0", 50 * DAY);
    clock.advance(2 * MINUTE);
    expect(await versionsOf("month")).toEqual(["1.0.0", "1.1.0"]);
  });

  it("goes on to be served to who had it before the rule came, and is chosen by nobody", async () => {
    await rule("age", { mode: "off" });
    publish("had", "1.0.0", 100 * DAY);
    publish("had", "1.1.0", DAY);
    expect((await at("had/-/had-1.1.0.tgz")).status).toBe(200);
    // That it was is written down behind the answer.
    await vi.waitFor(async () => {
      const { json } = await app.admin.request("/api/v1/registries/default/versions?text=had");
      expect(json["items"]).toHaveLength(1);
    }, WAIT_MS);
    clock.advance(2 * MINUTE);
    await rule("age", { mode: "enforce", options: { hours: 7 * 24 } });
    expect(await versionsOf("had")).toEqual(["1.0.0"]);
    expect((await at("had/-/had-1.1.0.tgz")).status).toBe(200);
    expect((await at("had/1.1.0")).status).toBe(403);
  });

  it("keeps what clients have where a change of policy does not concern it", async () => {
    publish("calm", "1.0.0", 100 * DAY);
    const before = await at("calm");
    await rule("deny-list", {
      mode: "enforce",
      options: { entries: [{ packages: "another", range: "*", reason: "no" }] },
    });
    const headers = { "if-none-match": String(before.headers.etag) };
    expect((await app.admin.request("/npm/default/calm", { headers })).status).toBe(304);
  });
});

describe("a frozen registry", () => {
  it("shows what it knew and asks nobody, until it is no longer frozen", async () => {
    publish("cold", "1.0.0", 100 * DAY);
    expect(await versionsOf("cold")).toEqual(["1.0.0"]);
    const freeze = (frozen: boolean): Promise<TestResponse> =>
      app.admin.request("/api/v1/registries/default", { method: "PATCH", body: { frozen } });
    expect((await freeze(true)).status).toBe(200);
    publish("cold", "2.0.0", 50 * DAY);
    publish("unknown", "1.0.0", 50 * DAY);
    clock.advance(HOUR);
    upstream.forget();
    expect(await versionsOf("cold")).toEqual(["1.0.0"]);
    expect((await at("cold/2.0.0")).status).toBe(404);
    expect((await at("unknown")).status).toBe(404);
    expect((await at("cold/-/cold-2.0.0.tgz")).status).toBe(404);
    expect(upstream.count()).toBe(0);
    const published = await app.admin.publish({ name: "own", version: "1.0.0" });
    expect([published.status, published.json.error]).toEqual([403, expect.stringContaining("frozen since")]);
    expect((await freeze(false)).status).toBe(200);
    expect(await versionsOf("cold")).toEqual(["1.0.0", "2.0.0"]);
  });
});
