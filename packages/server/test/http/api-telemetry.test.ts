import { startTestApp, type TestApp } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AccessFields } from "../../src/telemetry/index.ts";

const lines: AccessFields[] = [];
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({
    file: "trustedProxies: [loopback]\n",
    accessLog: {
      line: (fields) => void lines.push(fields),
      droppedLines: 0,
      flush: () => Promise.resolve(),
      flushSync: () => undefined,
      close: () => Promise.resolve(),
    },
  });
});
afterAll(() => app.close());

async function countOf(route: string, status: string): Promise<number> {
  const { text } = await app.request("/metrics");
  const line = `entrepot_http_requests_total{route="${route}",status="${status}"} `;
  return Number(
    text
      .split("\n")
      .find((one) => one.startsWith(line))
      ?.slice(line.length) ?? 0,
  );
}

describe("a request to the API", () => {
  it.each([
    { what: "success", route: "list-users", path: "users", status: 200 },
    { what: "no content", route: "delete-upstream", method: "DELETE", path: "upstreams/made", status: 204 },
    {
      what: "a bad body",
      route: "create-user",
      method: "POST",
      path: "users",
      body: { name: 7 },
      status: 400,
    },
    { what: "no such name", route: "delete-upstream", method: "DELETE", path: "upstreams/none", status: 404 },
    { what: "no such URL", route: "other", path: "nothing", status: 404 },
  ])("is counted with its status: $what", async ({ route, path, status, ...request }) => {
    const made = { name: "made", url: "https://upstream.example/" };
    await app.admin.request("/api/v1/upstreams", { method: "POST", body: made });
    const label = `${Math.floor(status / 100)}xx`;
    const id = route === "other" ? route : `api-${route}`;
    const before = await countOf(id, label);
    const answer = await app.admin.request(`/api/v1/${path}`, request);
    expect(answer.status).toBe(status);
    await expect.poll(async () => (await countOf(id, label)) - before).toBeGreaterThanOrEqual(1);
  });

  it("is counted when its credential is refused", async () => {
    expect((await app.request("/api/v1/users")).status).toBe(401);
    await expect.poll(() => countOf("api-list-users", "4xx")).toBe(1);
  });

  it("is logged with the client's address, whatever becomes of it", async () => {
    for (const path of ["users", "nothing"]) {
      lines.splice(0);
      await app.admin.request(`/api/v1/${path}`, { headers: { "x-forwarded-for": "203.0.113.7" } });
      await expect.poll(() => lines.map(({ address }) => address)).toEqual(["203.0.113.7"]);
    }
  });
});

describe("a request that is not for the API", () => {
  it.each([
    { what: "operations", path: "/health", status: 200 },
    { what: "the front page", path: "/", status: 200 },
    { what: "a URL with nothing at it", path: "/nothing", status: 404 },
    { what: "a registry", path: "/npm/default/left", status: 401 },
    { what: "no host", path: "/", headers: { host: "two hosts" }, status: 400 },
  ])("is logged with the client's address: $what", async ({ path, status, headers }) => {
    lines.splice(0);
    const forwarded = { "x-forwarded-for": "203.0.113.7", ...headers };
    expect((await app.request(path, { headers: forwarded })).status).toBe(status);
    await expect.poll(() => lines.map(({ address }) => address)).toEqual(["203.0.113.7"]);
  });
});
