import { createFakeUpstream, startTestApp, type FakeUpstream, type TestApp } from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

let upstream: FakeUpstream;
let app: TestApp;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url });
  for (const name of ["ranged", "@pub/one", "@pub/two", "other"]) {
    for (const version of ["1.0.0", "1.1.0", "2.0.0"]) upstream.publish({ name, version });
  }
  for (const spec of ["ranged-1.0.0", "ranged-1.1.0", "ranged-2.0.0"]) {
    expect((await app.admin.request(`/npm/default/ranged/-/${spec}.tgz`)).status).toBe(200);
  }
  expect((await app.admin.request("/npm/default/@pub/one/-/one-2.0.0.tgz")).status).toBe(200);
  await approve({ packages: "whole" });
  await approve({ packages: "ranged", range: "^1.0.0" });
  await approve({ packages: "@pub/*" });
  await approve({ packages: "other", rules: ["age"] });
  // What passes through is recorded behind the answer.
  await vi.waitFor(
    async () => expect((await list("npm"))["text"]).toMatch(/one@2[^]*1\.0\.0 \|\| 1\.1\.0/),
    10_000,
  );
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

async function approve(wish: Record<string, unknown>): Promise<void> {
  const body = { registry: "default", rules: ["install-script"], reason: "read it", days: 30, ...wish };
  const { status, text } = await app.admin.request("/api/v1/exceptions", { method: "POST", body });
  expect([status, text]).toEqual([201, expect.anything()]);
}

async function list(format: string): Promise<Record<string, unknown>> {
  const path = `/api/v1/registries/default/approved-scripts?format=${format}`;
  return (await app.admin.request(path)).json;
}

it("is written for npm, names whole and the versions in use of ranges and scopes", async () => {
  const { text, file } = await list("npm");
  expect(file).toBe("package.json");
  expect(JSON.parse(String(text))).toEqual({
    allowScripts: { "@pub/one@2.0.0": true, "ranged@1.0.0 || 1.1.0": true, "whole": true },
  });
});

it("is written for pnpm", async () => {
  expect((await list("pnpm"))["text"]).toBe(
    'allowBuilds:\n  "@pub/one@2.0.0": true\n  "ranged@1.0.0 || 1.1.0": true\n  "whole": true\n',
  );
});

it("leaves out for bun what was approved for some versions only", async () => {
  const { text, leftOut } = await list("bun");
  expect(JSON.parse(String(text))).toEqual({ trustedDependencies: ["whole"] });
  expect((leftOut as { name: string }[]).map(({ name }) => name)).toEqual(["@pub/one", "ranged"]);
});

it("refuses another format", async () => {
  const path = "/api/v1/registries/default/approved-scripts?format=yarn";
  expect((await app.admin.request(path)).status).toBe(400);
});
