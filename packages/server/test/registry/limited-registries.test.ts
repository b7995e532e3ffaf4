import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const clock = createTestClock();
let app: TestApp;
let upstream: FakeUpstream;
let tarballPath: string;

beforeEach(async () => {
  upstream = await createFakeUpstream();
  ({ tarballPath } = upstream.publish({ name: "left", version: "1.0.0" }));
  upstream.publish({ name: "@corp/x", version: "1.0.0" });
  upstream.publish({ name: "@corp/old-x", version: "1.0.0" });
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
});
afterEach(async () => {
  await app.close();
  await upstream.close();
});

async function call(wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  return await app.admin.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

async function npm(path: string): Promise<[number, unknown]> {
  const { status, headers, text } = await app.admin.request(`/npm/default${path}`);
  const isJson = String(headers["content-type"]).includes("json");
  return [status, isJson ? (JSON.parse(text) as { error?: string }).error : undefined];
}

const filter = (body: unknown): Promise<TestResponse> =>
  call("PUT /registries/default/upstreams/public/filter", body);

describe("a registry that asks an upstream for some names only", () => {
  it("asks for every name by default, and for those that are allowed once any are", async () => {
    expect(await npm("/left")).toEqual([200, undefined]);
    const set = await filter({ allow: ["@corp/*"], block: ["@corp/old-*"] });
    expect(set.json["filters"]).toEqual([{ upstream: "public", allow: ["@corp/*"], block: ["@corp/old-*"] }]);
    upstream.forget();
    const text =
      'The registry "default" does not ask for "left" at its upstream "public": its filter allows only @corp/*.';
    // What was asked for and kept before is not served either.
    for (const path of ["/left", "/left/1.0.0", "/left/-/left-1.0.0.tgz"]) {
      expect(await npm(path)).toEqual([404, text]);
    }
    expect(await npm("/@corp%2fold-x")).toEqual([
      404,
      expect.stringContaining("its filter blocks @corp/old-*"),
    ]);
    expect(upstream.count()).toBe(0);
    expect(await npm("/@corp%2fx")).toEqual([200, undefined]);
    await filter({});
    expect([await npm("/left"), await npm("/left/-/left-1.0.0.tgz")]).toEqual([
      [200, undefined],
      [200, undefined],
    ]);
    expect(upstream.count(tarballPath)).toBe(1);
  });

  it("asks the next upstream for what the filter of the first keeps from it", async () => {
    const other = await createFakeUpstream();
    other.publish({ name: "left", version: "2.0.0" });
    await call("POST /upstreams", { name: "other", url: other.url });
    await call("PUT /registries/default/upstreams", { upstreams: ["public", "other"] });
    expect((await app.admin.request("/npm/default/left")).json["dist-tags"]).toEqual({ latest: "1.0.0" });
    await filter({ block: ["left"] });
    expect((await app.admin.request("/npm/default/left")).json["dist-tags"]).toEqual({ latest: "2.0.0" });
    // The filter belongs to the upstream, and stays when others come and go.
    await call("PUT /registries/default/upstreams", { upstreams: ["public"] });
    expect((await npm("/left"))[0]).toBe(404);
    await other.close();
  });

  it("names what its filter keeps back in no forwarded audit", async () => {
    await call("PATCH /registries/default", { audit: "forward", auditUpstream: "public" });
    await filter({ allow: ["@corp/*"] });
    const body = { "left": ["1.0.0"], "@corp/x": ["1.0.0"] };
    const path = "/npm/default/-/npm/v1/security/advisories/bulk";
    expect((await app.admin.request(path, { method: "POST", body })).status).toBe(200);
    expect(JSON.stringify(upstream.audited)).toContain("@corp/x");
    expect(JSON.stringify(upstream.audited)).not.toContain("left");
  });

  it.each([
    [{ allow: ["*"] }, 400],
    [{ allow: ["@corp"] }, 400],
    [{ allow: "left" }, 400],
  ])("refuses the filter %j", async (body, status) => {
    expect((await filter(body)).status).toBe(status);
  });

  it("refuses a filter of an upstream that it does not ask", async () => {
    expect((await call("PUT /registries/default/upstreams/absent/filter", {})).status).toBe(404);
  });
});

describe("a frozen registry", () => {
  it("lets nothing be written, says since when, and opens again", async () => {
    await app.admin.publish({ name: "own", version: "1.0.0" });
    const { json } = await call("PATCH /registries/default", { frozen: true });
    const since = new Date(clock.now()).toISOString();
    expect(json).toMatchObject({ frozen: true, frozenSince: since });
    clock.advance(60_000);
    await call("PATCH /registries/default", { frozen: true, description: "closed for the audit" });

    const text = `The registry default is read-only (frozen since ${since}).`;
    const published = await app.admin.publish({ name: "own", version: "1.0.1" });
    expect([published.status, published.json.error]).toEqual([403, expect.stringContaining(text)]);
    const writes: [string, string, unknown][] = [
      ["PUT", "/-/package/own/dist-tags/beta", JSON.stringify("1.0.0")],
      ["DELETE", "/-/package/own/dist-tags/latest", undefined],
      ["PUT", "/own", { _id: "own", name: "own", versions: { "1.0.0": { deprecated: "x" } } }],
      ["DELETE", "/own/-rev/1-x", undefined],
      ["DELETE", "/own/-/own-1.0.0.tgz/-rev/1-x", undefined],
    ];
    for (const [method, path, body] of writes) {
      const sent = { method, ...(body === undefined ? {} : { body }) };
      const answer = await app.admin.request(`/npm/default${path}`, sent);
      expect([path, answer.status, answer.json.error]).toEqual([path, 403, expect.stringContaining(text)]);
    }
    expect(await npm("/own/1.0.0")).toEqual([200, undefined]);

    await call("PATCH /registries/default", { frozen: false });
    expect((await app.admin.publish({ name: "own", version: "1.0.1" })).status).toBe(201);
  });
});
