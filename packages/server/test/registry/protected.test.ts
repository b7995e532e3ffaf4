import { makePublishDocument, startTestApp, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

/** As the requests of a registry server downstream have it. */
const DOWNSTREAM = { via: "1.1 entrepot-0123456789ab" };

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
  await api("POST", "/registries", { name: "prod", protected: true });
  await api("POST", "/registries", { name: "dev" });
});
afterAll(async () => {
  await app.close();
});

async function api(method: string, path: string, body?: unknown): Promise<TestResponse> {
  return await app.admin.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

async function push(
  registry: string,
  version: string,
  headers: Record<string, string>,
): Promise<TestResponse> {
  const { body } = makePublishDocument({ name: "left", version });
  return await app.admin.request(`/npm/${registry}/left`, { method: "PUT", body, headers });
}

it("a protected registry takes nothing from downstream, and everything from who publishes to it", async () => {
  const pushed = await push("prod", "1.0.0", DOWNSTREAM);
  expect([pushed.status, pushed.json.error]).toEqual([
    403,
    expect.stringMatching(/^The registry prod is protected: it takes nothing from registries downstream/),
  ]);
  expect((await app.admin.request("/npm/prod/left")).status).toBe(404);
  expect((await push("prod", "1.0.0", {})).status).toBe(201);
  // What another proxy says of itself is no push.
  expect((await push("prod", "1.0.1", { via: "1.1 varnish, HTTP/2 edge" })).status).toBe(201);
  const tag = await app.admin.request("/npm/prod/-/package/left/dist-tags/next", {
    method: "PUT",
    body: "1.0.0",
    headers: { ...DOWNSTREAM, "content-type": "application/json" },
  });
  expect(tag.status).toBe(403);
  // Registries downstream read from it as before.
  expect((await app.admin.request("/npm/prod/left", { headers: DOWNSTREAM })).status).toBe(200);
});

it("others take it, and so does this one when it is protected no longer", async () => {
  expect((await push("dev", "1.0.0", DOWNSTREAM)).status).toBe(201);
  const { json } = await api("PATCH", "/registries/prod", { protected: false });
  expect(json["protected"]).toBe(false);
  expect((await push("prod", "1.0.2", DOWNSTREAM)).status).toBe(201);
});
