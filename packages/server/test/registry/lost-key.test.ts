import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFakeUpstream, startTestApp, type FakeUpstream, type TestApp } from "@entrepot/testkit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSilentLog } from "../../src/telemetry/index.ts";

let data: string;
let app: TestApp;
let [guarded, open]: FakeUpstream[] = [];

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "entrepot-key-"));
  [guarded, open] = [await createFakeUpstream(), await createFakeUpstream()];
});
afterEach(async () => {
  await app.close();
  await guarded?.close();
  await open?.close();
  await rm(data, { recursive: true });
});

it("an upstream whose credential cannot be opened is out of use, and nothing else", async () => {
  app = await startTestApp({ data });
  const api = (method: string, path: string, body: unknown): Promise<{ status: number }> =>
    app.admin.request(`/api/v1${path}`, { method, body });
  await api("POST", "/upstreams", { name: "guarded", url: guarded?.url, token: "secret", freshSeconds: 0 });
  await api("POST", "/upstreams", { name: "open", url: open?.url });
  for (const name of ["guarded", "open"]) {
    await api("POST", "/registries", { name });
    await api("PUT", `/registries/${name}/upstreams`, { upstreams: [name] });
  }
  for (const upstream of [guarded, open]) upstream?.publish({ name: "seen", version: "1.0.0" });
  expect((await app.admin.request("/npm/guarded/seen")).status).toBe(200);
  await app.close();
  await writeFile(join(data, "secret.key"), `${randomBytes(32).toString("base64")}\n`);
  guarded?.forget();

  const error = vi.fn();
  app = await startTestApp({ data, log: { ...createSilentLog(), error } });
  expect((await app.admin.request("/npm/open/seen")).status).toBe(200);
  expect((await app.admin.publish({ name: "own", version: "1.0.0" })).status).toBe(201);

  const refused = await app.admin.request("/npm/guarded/other");
  expect([refused.status, refused.json.error]).toEqual([
    503,
    expect.stringMatching(
      /^The upstream "guarded" cannot be used: A stored credential cannot be read with the key/,
    ),
  ]);
  // What was read of it before is served on, and it is never asked without its credential.
  expect((await app.admin.request("/npm/guarded/seen")).status).toBe(200);
  expect(guarded?.requests).toEqual([]);
  expect(error).toHaveBeenCalledWith("upstream cannot be used", {
    upstream: "guarded",
    reason: expect.stringContaining("set the credential anew"),
  });
  const { json } = await app.admin.request("/api/v1/upstreams/guarded");
  expect(json).toMatchObject({
    hasCredential: true,
    problem: expect.stringContaining("set the credential anew"),
  });

  const patch = { method: "PATCH", body: { token: "secret" } };
  expect((await app.admin.request("/api/v1/upstreams/guarded", patch)).json["problem"]).toBeNull();
  guarded?.publish({ name: "other", version: "1.0.0" });
  await vi.waitFor(async () => expect((await app.admin.request("/npm/guarded/other")).status).toBe(200), {
    timeout: 15_000,
    interval: 200,
  });
});
