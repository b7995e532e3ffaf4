import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type Persona,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { API_ROUTES } from "../../src/http/index.ts";

const clock = createTestClock();
let app: TestApp;
let upstream: FakeUpstream;
let ada: Persona;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
  ada = await app.as("ada");
  upstream.publish({ name: "good", version: "1.0.0" });
  upstream.publish({ name: "bad", version: "1.0.0" });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

async function api(who: Persona, wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  return await who.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

describe("the overview", () => {
  it("counts what was served and what was refused, by rule, for who may see the registry", async () => {
    await api(app.admin, "PUT /registries/default/packages/bad/versions/1.0.0/status", {
      status: "blocked",
      reason: "odd",
    });
    await ada.request("/npm/default/good/-/good-1.0.0.tgz");
    await ada.request("/npm/default/good/-/good-1.0.0.tgz");
    await ada.request("/npm/default/bad/-/bad-1.0.0.tgz");
    const counted = {
      served: 2,
      refused: 1,
      withheld: 0,
      refusedByRule: [{ rule: "operator-status", count: 1 }],
    };
    await vi.waitFor(async () => expect((await api(ada, "GET /overview")).json["day"]).toEqual(counted), {
      timeout: 10_000,
      interval: 200,
    });
    const { json } = await api(ada, "GET /overview");
    expect(json).toMatchObject({ registryCount: 1, week: counted, upstreams: null, server: null });
    const hours = json["hours"] as { served: number; refused: number }[];
    expect([hours.length, hours.at(-1)]).toEqual([24, { at: expect.any(String), served: 2, refused: 1 }]);
    const rule = {
      effect: "restrict",
      subject: "user",
      name: "ada",
      permissions: ["view"],
      registry: "default",
    };
    const made = await api(app.admin, "POST /access-rules", rule);
    expect((await api(ada, "GET /overview")).json).toMatchObject({ registryCount: 0, day: { served: 0 } });
    await api(app.admin, `DELETE /access-rules/${String(made.json["id"])}`);
  });

  it("tells administrators of upstreams, jobs, storage and health", async () => {
    await api(app.admin, "POST /jobs/measure-storage/run");
    const serverOf = async (): Promise<Record<string, unknown>> =>
      (await api(app.admin, "GET /overview")).json["server"] as Record<string, unknown>;
    await vi.waitFor(async () => expect((await serverOf())["storage"]).not.toBeNull(), {
      timeout: 20_000,
      interval: 200,
    });
    expect(await serverOf()).toMatchObject({
      isHealthy: true,
      problem: null,
      database: "sqlite",
      storage: {
        at: expect.any(String),
        cachedVersions: 1,
        cachedBytes: expect.any(Number),
        ownVersions: 0,
        databaseBytes: expect.any(Number),
      },
      jobs: { running: expect.any(Array), failedInWeek: 0 },
    });
    const { json } = await api(app.admin, "GET /overview");
    expect(json["upstreams"]).toEqual([
      expect.objectContaining({ state: "closed", meanMs: expect.any(Number) }),
    ]);
  });
});

describe("the announcement", () => {
  it("is set by administrators, read by anybody, and ends when it is to", async () => {
    const read = async (): Promise<unknown> =>
      (await app.request("/api/v1/announcement")).json["announcement"];
    expect(await read()).toBeNull();
    const until = new Date(clock.now() + 60_000).toISOString();
    const body = { text: " <b>Moving</b> at noon ", level: "warning", until };
    expect((await api(ada, "PUT /announcement", body)).status).toBe(403);
    expect((await api(app.admin, "PUT /announcement", body)).status).toBe(200);
    const said = { text: "<b>Moving</b> at noon", level: "warning", until, setAt: expect.any(String) };
    expect(await read()).toEqual(said);
    expect((await api(ada, "GET /overview")).json["announcement"]).toEqual(said);
    clock.advance(61_000);
    expect(await read()).toBeNull();
    await api(app.admin, "PUT /announcement", { text: "For good" });
    expect(await read()).toMatchObject({ text: "For good", level: "info", until: null });
    expect((await api(app.admin, "DELETE /announcement")).status).toBe(204);
    expect(await read()).toBeNull();
    for (const bad of [
      { text: "" },
      { text: "x".repeat(501) },
      { text: "x", level: "loud" },
      { text: "x", until: "soon" },
    ]) {
      expect((await api(app.admin, "PUT /announcement", bad)).status).toBe(400);
    }
  });

  it("is told of in the audit trail", async () => {
    // Events that change nothing else are written about a second later.
    await vi.waitFor(
      async () => {
        const { json } = await api(app.admin, "GET /audit?kind=announcement-changed");
        expect((json["items"] as unknown[]).length).toBeGreaterThan(0);
      },
      { timeout: 10_000, interval: 200 },
    );
  });
});

describe("the documentation", () => {
  it("has every URL with its parameters and its body", async () => {
    const { status, json } = await app.request("/api/v1/openapi.json");
    expect([status, json["openapi"]]).toEqual([200, "3.1.0"]);
    const paths = json["paths"] as Record<string, Record<string, Record<string, unknown>>>;
    const ids = Object.values(paths).flatMap((path) =>
      Object.values(path).map((one) => one["operationId"] as string),
    );
    expect([...ids].sort()).toEqual(API_ROUTES.map(({ id }) => id).sort());
    const operation = paths["/api/v1/registries/{name}/packages/{package}/tags/{tag}"]?.["put"];
    expect(operation?.["parameters"]).toEqual(
      ["name", "package", "tag"].map((name) => ({
        name,
        in: "path",
        required: true,
        schema: { type: "string" },
      })),
    );
    expect(JSON.stringify(operation?.["requestBody"])).toContain('"version"');
  });

  it("can be read in a browser, where nothing runs and nothing is loaded", async () => {
    const { status, headers, text } = await app.request("/api/docs", { headers: { accept: "text/html" } });
    expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(text).not.toMatch(/<script|<link|<img|<iframe| on\w+=| style=/i);
    for (const { id, path } of API_ROUTES) {
      expect(text).toContain(`id="${id}"`);
      expect(text).toContain(`/api/v1${path}`);
    }
  });
});
