import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

const DAY_MS = 24 * 60 * 60 * 1000;
const clock = createTestClock();
let app: TestApp;
let upstream: FakeUpstream;
/** Of the version 1.0.0. */
let tarballPath: string;

async function call(wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  return await app.admin.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

const at = (version: string, registry = "default"): string =>
  `/registries/${registry}/packages/left/versions/${version}`;

/** HTTP status of a version's tarball, and whether the packument lists it. */
async function seen(version: string): Promise<[number, boolean]> {
  const { status } = await app.admin.request(`/npm/default/left/-/left-${version}.tgz`);
  const { json } = await app.admin.request("/npm/default/left");
  return [status, version in ((json["versions"] as object | undefined) ?? {})];
}

beforeAll(async () => {
  upstream = await createFakeUpstream();
  ({ tarballPath } = upstream.publish({ name: "left", version: "1.0.0" }));
  for (const version of ["1.1.0", "1.2.0"]) upstream.publish({ name: "left", version });
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

it("what is held by hand is refused until it is released", async () => {
  expect(await seen("1.2.0")).toEqual([200, true]);
  await call(`PUT ${at("1.2.0")}/status`, { status: "held", reason: "to be looked at" });
  expect(await seen("1.2.0")).toEqual([403, false]);
  const { json } = await app.admin.request("/npm/default/left/1.2.0");
  expect(json.error).toMatch(/^left@1\.2\.0 is held in the registry default: to be looked at/);
  const released = await call(`POST ${at("1.2.0")}/release`);
  expect(released.json).toMatchObject({ registry: "default", released: "status" });
  expect(await seen("1.2.0")).toEqual([200, true]);
  expect((await call(`POST ${at("1.2.0")}/release`)).status).toBe(404);
});

it("what is held in every registry is released there, and what is blocked is not released", async () => {
  await call(`PUT ${at("1.1.0", "*")}/status`, { status: "held", reason: "x" });
  const here = await call(`POST ${at("1.1.0")}/release`);
  expect([here.status, here.json.error]).toEqual([
    400,
    "admin held 1.1.0 in every registry; release it there.",
  ]);
  expect((await call(`POST ${at("1.1.0", "*")}/release`)).json).toMatchObject({ registry: "*" });
  expect(await seen("1.1.0")).toEqual([200, true]);
  await call(`PUT ${at("1.1.0")}/status`, { status: "blocked", reason: "x" });
  expect((await call(`POST ${at("1.1.0")}/release`)).json.error).toContain("entrepot status clear");
  await call(`DELETE ${at("1.1.0")}/status`);
});

it("what a rule holds is released by an exception, which ends", async () => {
  const entries = [{ packages: "left", range: ">=1.1.0", reason: "not yet" }];
  await call("PUT /policy/rules/deny-list", { options: { entries } });
  expect([await seen("1.1.0"), await seen("1.0.0")]).toEqual([
    [403, false],
    [200, true],
  ]);
  const silent = await call(`POST ${at("1.1.0")}/release`);
  expect([silent.status, silent.json.error]).toEqual([
    400,
    expect.stringContaining("The rule deny-list holds it"),
  ]);
  const released = await call(`POST ${at("1.1.0")}/release`, { reason: "we need it", days: 2 });
  expect(released.json).toMatchObject({ released: "exception", rule: "deny-list", state: "approved" });
  expect([await seen("1.1.0"), await seen("1.2.0")]).toEqual([
    [200, true],
    [403, false],
  ]);
  clock.advance(2 * DAY_MS);
  expect(await seen("1.1.0")).toEqual([403, false]);
});

it("an exception that somebody asked for opens what was refused at once, and closes it when it is revoked", async () => {
  const dev = await app.as("dev");
  const body = { registry: "default", packages: "left", range: "1.2.0", reason: "the fix", days: 1 };
  const asked = await dev.request("/api/v1/exception-requests", { method: "POST", body });
  const id = String(asked.json["id"]);
  expect(await seen("1.2.0")).toEqual([403, false]);
  await call(`POST /exceptions/${id}/approve`);
  expect(await seen("1.2.0")).toEqual([200, true]);
  await call(`POST /exceptions/${id}/revoke`);
  expect(await seen("1.2.0")).toEqual([403, false]);
  await call("DELETE /policy/rules/deny-list");
  expect(await seen("1.2.0")).toEqual([200, true]);
});

it("a version that is discarded is blocked, and its tarball is fetched again only when it is allowed again", async () => {
  await app.admin.request("/npm/default/left/-/left-1.0.0.tgz");
  upstream.forget();
  const done = await call(`POST ${at("1.0.0")}/discard`, { reason: "stolen release" });
  expect(done.json).toMatchObject({ status: "blocked", discarded: true });
  expect(await seen("1.0.0")).toEqual([403, false]);
  await call(`DELETE ${at("1.0.0")}/status`);
  expect(await seen("1.0.0")).toEqual([200, true]);
  expect(upstream.count(tarballPath)).toBe(1);
  await app.admin.publish({ name: "own", version: "1.0.0" });
  const own = await call("POST /registries/default/packages/own/versions/1.0.0/discard", { reason: "x" });
  expect([own.status, own.json.error]).toEqual([400, expect.stringContaining("npm unpublish own@1.0.0")]);
});
