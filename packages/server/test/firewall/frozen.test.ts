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

/*
 * Two registries ask one upstream, and share what it said. One of them is frozen: what the other learns later must not
 * show through it.
 */

const HOUR = 60 * 60 * 1000;

let upstream: FakeUpstream;
let clock: TestClock;
let app: TestApp;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  clock = createTestClock();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
  await api("POST /registries", { name: "other" });
  await api("PUT /registries/other/upstreams", { upstreams: ["public"] });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

async function api(wanted: string, body: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  const response = await app.admin.request(`/api/v1${path}`, { method, body });
  expect([response.status < 300, response.text]).toEqual([true, expect.anything()]);
  return response;
}

const at = (path: string, registry = "default"): Promise<TestResponse> =>
  app.admin.request(`/npm/${registry}/${path}`);

async function versionsOf(name: string, registry?: string): Promise<string[]> {
  return Object.keys((await at(name, registry)).json["versions"] as object);
}

async function seenElsewhere(name: string, versions: readonly string[]): Promise<void> {
  await vi.waitFor(async () => {
    clock.advance(HOUR);
    expect(await versionsOf(name, "other")).toEqual(versions);
  });
}

it("what an upstream publishes after a freeze is not shown and not served, until the freeze ends", async () => {
  upstream.publish({ name: "left", version: "1.0.0", time: clock.now() - HOUR });
  upstream.publish({ name: "left", version: "2.0.0-rc.1", time: clock.now() - HOUR, tag: "next" });
  expect(await versionsOf("left")).toEqual(["1.0.0", "2.0.0-rc.1"]);
  await api("PATCH /registries/default", { frozen: true });
  const frozenAt = clock.now();
  clock.advance(HOUR);
  upstream.publish({ name: "left", version: "2.0.0", time: clock.now() });
  upstream.publish({ name: "left", version: "3.0.0-rc.1", time: clock.now(), tag: "next" });
  const all = ["1.0.0", "2.0.0-rc.1", "2.0.0", "3.0.0-rc.1"];
  await seenElsewhere("left", all);
  const view = await at("left");
  expect(Object.keys(view.json["versions"] as object)).toEqual(["1.0.0", "2.0.0-rc.1"]);
  expect(view.json["dist-tags"]).toEqual({ latest: "1.0.0" });
  for (const path of ["left/2.0.0", "left/-/left-2.0.0.tgz", "left/-/left-3.0.0-rc.1.tgz"]) {
    const { status, json } = await at(path);
    expect([status, json["rule"], json.error]).toEqual([
      403,
      "operator-status",
      expect.stringContaining(
        `read-only (frozen since ${new Date(frozenAt).toISOString().slice(0, 16).replace("T", " ")} UTC)`,
      ),
    ]);
    expect((await at(path, "other")).status).toBe(200);
  }
  expect((await at("left/-/left-1.0.0.tgz")).status).toBe(200);
  await api("PATCH /registries/default", { frozen: false });
  expect(await versionsOf("left")).toEqual(all);
  expect((await at("left/-/left-2.0.0.tgz")).status).toBe(200);
});

it("a version without a publish time counts from its first sight", async () => {
  upstream.publish({ name: "timeless", version: "1.0.0", time: 0 });
  expect(await versionsOf("timeless")).toEqual(["1.0.0"]);
  clock.advance(HOUR);
  await api("PATCH /registries/default", { frozen: true });
  clock.advance(HOUR);
  upstream.publish({ name: "timeless", version: "1.1.0", time: 0 });
  await seenElsewhere("timeless", ["1.0.0", "1.1.0"]);
  expect(await versionsOf("timeless")).toEqual(["1.0.0"]);
  expect((await at("timeless/-/timeless-1.1.0.tgz")).json.error).toContain("first seen after that");
  await api("PATCH /registries/default", { frozen: false });
  expect(await versionsOf("timeless")).toEqual(["1.0.0", "1.1.0"]);
});
