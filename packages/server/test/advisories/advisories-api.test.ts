import { buffer } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  createFakeFeed,
  startTestApp,
  type FakeFeed,
  type TestApp,
  type TestAppOptions,
} from "@entrepot/testkit";

const FINGERPRINT = /signed by the key ([0-9a-f]{64})/;

async function start(options: TestAppOptions = {}): Promise<TestApp> {
  const app = await startTestApp(options);
  onTestFinished(() => app.close());
  return app;
}

/** A server that has fetched its feed after its start. */
async function startWithFeed(): Promise<{ app: TestApp; feed: FakeFeed }> {
  const feed = await createFakeFeed();
  onTestFinished(() => feed.close());
  feed.put(
    { id: "GHSA-1", affects: { left: ["1.0.0"] }, aliases: ["CVE-2026-0001"] },
    { id: "MAL-1", affects: { right: null } },
  );
  const file = `advisories: [{ name: test, url: "${feed.url}" }]\n`;
  const app = await start({ file, env: { ENTREPOT_ADVISORIES: "" } });
  await expect.poll(async () => (await app.admin.request("/api/v1/advisories/status")).json["epoch"]).toBe(1);
  return { app, feed };
}

describe("the API of advisories", () => {
  it("tells what is known, where from, and how old it is", async () => {
    const { app, feed } = await startWithFeed();
    const ada = await app.as("ada", "read-only");
    const status = await ada.request("/api/v1/advisories/status");
    expect(status.json).toMatchObject({
      epoch: 1,
      advisories: 2,
      packages: 2,
      alarms: [],
      feeds: [{ name: "test", kind: "osv", records: 2, url: null, failure: null }],
    });
    const asAdmin = await app.admin.request("/api/v1/advisories/status");
    expect(asAdmin.json).toMatchObject({ feeds: [{ url: feed.url }] });

    const list = async (query: string): Promise<unknown[]> => {
      const { json } = await ada.request(`/api/v1/advisories?${query}`);
      return (json["items"] as { id: string }[]).map(({ id }) => id);
    };
    expect(await list("package=left")).toEqual(["GHSA-1"]);
    expect(await list("package=left&version=1.0.0")).toEqual(["GHSA-1"]);
    expect(await list("package=left&version=1.0.1")).toEqual([]);
    expect(await list("package=right&version=7.0.0")).toEqual(["MAL-1"]);
    const found = await ada.request("/api/v1/advisories/CVE-2026-0001");
    expect(found.json).toMatchObject({ items: [{ id: "GHSA-1", packages: [{ name: "left" }] }] });
    expect((await ada.request("/api/v1/advisories/CVE-9")).status).toBe(404);
    expect((await ada.request("/api/v1/advisories")).status).toBe(400);
    expect((await ada.request("/api/v1/advisories?package=left&at=never")).status).toBe(400);
    expect((await ada.request("/api/v1/advisories?package=left&at=2020-01-01")).status).toBe(404);
    expect(await list(`package=left&at=${new Date().toISOString()}`)).toEqual(["GHSA-1"]);
  });

  it("adds, alters and takes away advisories of one's own", async () => {
    const app = await start();
    const body = { package: "left", range: "<2.0.0", summary: "It sends secrets home", malware: true };
    const added = await app.admin.request("/api/v1/advisories/own", { method: "POST", body });
    expect(added.status).toBe(201);
    const { id } = added.json as { id: string };
    const known = async (): Promise<unknown> =>
      (await app.admin.request("/api/v1/advisories?package=left")).json["items"];
    expect(await known()).toMatchObject([{ id, kind: "malware", feed: "own" }]);
    const path = `/api/v1/advisories/own/${id}`;
    const altered = await app.admin.request(path, { method: "PUT", body: { ...body, summary: "Less bad" } });
    expect(altered.status).toBe(200);
    expect(await known()).toMatchObject([{ id, summary: "Less bad" }]);
    const listed = await app.admin.request("/api/v1/advisories/own");
    expect(listed.json).toMatchObject({ items: [{ id, createdBy: "admin" }] });
    expect((await app.admin.request(path, { method: "DELETE" })).status).toBe(204);
    expect(await known()).toEqual([]);
    expect((await app.admin.request(path, { method: "DELETE" })).status).toBe(404);
    const odd = await app.admin.request("/api/v1/advisories/own", {
      method: "POST",
      body: { ...body, range: "soon" },
    });
    expect(odd.status).toBe(400);
    expect(odd.json["error"]).toContain('"soon" is not a range');
    const osv = {
      id: "X-1",
      modified: "2026-01-01T00:00:00Z",
      affected: [{ package: { ecosystem: "npm", name: "a" }, versions: ["1.0.0"] }],
    };
    expect(
      (await app.admin.request("/api/v1/advisories/own", { method: "POST", body: { osv } })).status,
    ).toBe(201);
  });

  it("carries data to another server, and refuses what it cannot trust", async () => {
    const { app } = await startWithFeed();
    const sent = await fetch(`${app.url}/api/v1/advisories/bundle`, {
      headers: { authorization: `Bearer ${app.admin.token}` },
    });
    expect(sent.headers.get("content-type")).toBe("application/octet-stream");
    const bundle = await buffer(sent.body as unknown as AsyncIterable<Uint8Array>);
    const closed = await start();
    const take = async (
      query: string,
      body: Buffer,
    ): Promise<{ status: number; json: Record<string, unknown> }> => {
      const response = await fetch(`${closed.url}/api/v1/advisories/bundle${query}`, {
        method: "POST",
        body: new Uint8Array(body),
        headers: {
          "authorization": `Bearer ${closed.admin.token}`,
          "content-type": "application/octet-stream",
        },
      });
      return { status: response.status, json: (await response.json()) as Record<string, unknown> };
    };
    const unknown = await take("", bundle);
    expect(unknown.status).toBe(403);
    const fingerprint = FINGERPRINT.exec(String(unknown.json["error"]))?.[1];
    expect((await take(`?trust=${fingerprint}`, bundle.subarray(0, 200))).status).toBe(400);
    expect(await take(`?trust=${fingerprint}`, bundle)).toMatchObject({
      status: 200,
      json: { advisories: 2, fingerprint },
    });
    const known = await closed.admin.request("/api/v1/advisories?package=right");
    expect(known.json).toMatchObject({ items: [{ id: "MAL-1", feed: "test" }] });
    const asJson = await closed.admin.request("/api/v1/advisories/bundle", { method: "POST", body: {} });
    expect(asJson.status).toBe(400);
    expect((await closed.admin.request("/api/v1/advisories/sync", { method: "POST", body: {} })).status).toBe(
      404,
    );
  });

  it("syncs by hand, tells of its epochs and goes back", async () => {
    const { app, feed } = await startWithFeed();
    feed.put({ id: "MAL-2", affects: { lodash: null }, modified: "2026-02-01T00:00:00Z" });
    const asked = await app.admin.request("/api/v1/advisories/sync", {
      method: "POST",
      body: { full: true },
    });
    expect(asked.status).toBe(202);
    await expect
      .poll(async () => (await app.admin.request("/api/v1/advisories/status")).json["epoch"])
      .toBe(2);
    // A job's lines are written in batches.
    await expect
      .poll(async () => (await app.admin.request(`/api/v1/jobs/${String(asked.json["id"])}/lines`)).text)
      .toContain("test: 3 records, 2 before");
    const epochs = await app.admin.request("/api/v1/advisories/epochs");
    expect(epochs.json).toMatchObject({ items: [{ epoch: 2, origin: "sync" }, { epoch: 1 }] });
    const back = await app.admin.request("/api/v1/advisories/rollback", {
      method: "POST",
      body: { epoch: 1 },
    });
    expect(back.json).toMatchObject({ epoch: 3, origin: "rollback", createdBy: "admin", advisories: 2 });
    const status = await app.admin.request("/api/v1/advisories/status");
    expect(status.json).toMatchObject({ heldAtEpoch: 1, alarms: [expect.stringContaining("went back")] });
    const metrics = await app.request("/metrics");
    expect(metrics.text).toContain('entrepot_advisories{feed="test"} 3');
    expect((await app.request("/health/json")).json).toMatchObject({ advisories: { epoch: 3, alarms: 1 } });
    const trail = await app.admin.request("/api/v1/audit?kind=advisories-changed");
    expect(JSON.stringify(trail.json)).toContain("rollback");
  });
});
