import {
  ADMIN_PASSWORD,
  createFakeUpstream,
  hasPostgres,
  hashesOf,
  loginAs,
  makePublishDocument,
  startPostgres,
  type FakeUpstream,
  type TestPostgres,
} from "@entrepot/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createClient, type Client, type Received } from "./client.ts";
import { makeFolder, removeFolder, startServer, type RunningServer } from "./server-process.ts";
import { until } from "./wait.ts";

/** An error that takes longer than this is no quick one. */
const QUICK_MS = 5000;

describe.skipIf(!hasPostgres("npm"))("while PostgreSQL is gone", () => {
  let data: string;
  let database: TestPostgres;
  let upstream: FakeUpstream;
  let server: RunningServer;
  let client: Client;

  beforeEach(async () => {
    data = await makeFolder();
    upstream = await createFakeUpstream();
    database = await startPostgres({ flavour: "npm" });
    server = await startServer({
      data,
      upstream: upstream.url,
      env: { ENTREPOT_DATABASE_URL: database.url },
    });
    const token = await loginAs(server.url, "admin", ADMIN_PASSWORD);
    client = createClient(server.url, { token, connections: 4 });
  });

  afterEach(async () => {
    client.close();
    await server.kill();
    await database.stop();
    await upstream.close();
    await removeFolder(data);
  });

  async function start(env: Record<string, string>): Promise<void> {
    const all = { ENTREPOT_DATABASE_URL: database.url, ...env };
    server = await startServer({ data, upstream: upstream.url, env: all });
  }

  async function publish(name: string): Promise<Received> {
    const { body } = makePublishDocument({ name, version: "1.0.0" });
    return await client.request(`/npm/default/${name}`, { method: "PUT", body });
  }

  async function expectRefusedQuickly(ask: () => Promise<Received>): Promise<void> {
    const startedAt = performance.now();
    const answer = await ask();
    expect(answer.status).toBe(503);
    expect(answer.json<{ error: string; code: string }>()).toMatchObject({
      error: expect.stringMatching(/database/i),
      code: "storage-unavailable",
    });
    expect(performance.now() - startedAt).toBeLessThan(QUICK_MS);
  }

  test("warm reads go on, the rest is a clear 503 at once, and all is well when it is back", async () => {
    const { bytes, integrity } = upstream.publish({ name: "left-pad", version: "1.0.0" });
    upstream.publish({ name: "is-odd", version: "1.0.0" });
    expect((await publish("own")).status).toBe(201);
    const warm = [
      "/npm/default/own",
      "/npm/default/own/-/own-1.0.0.tgz",
      "/npm/default/left-pad",
      "/npm/default/left-pad/-/left-pad-1.0.0.tgz",
    ];
    for (const path of warm) expect([path, (await client.request(path)).status]).toEqual([path, 200]);
    expect((await client.request("/health/ready")).status).toBe(200);

    await database.crash();
    for (const path of warm) {
      // More than one connection of the pool has to find out.
      for (let again = 0; again < 5; again += 1) {
        expect([path, (await client.request(path)).status]).toEqual([path, 200]);
      }
    }
    const served = await client.request("/npm/default/left-pad/-/left-pad-1.0.0.tgz");
    expect(hashesOf(served.bytes).integrity).toBe(integrity);
    expect(served.bytes).toHaveLength(bytes.length);
    await expectRefusedQuickly(() => publish("other"));
    await expectRefusedQuickly(() => client.request("/npm/default/is-odd"));
    await expectRefusedQuickly(() =>
      client.request("/npm/default/-/package/own/dist-tags/next", { method: "PUT", body: `"1.0.0"` }),
    );
    await expectRefusedQuickly(() =>
      client.request("/api/v1/registries", { method: "POST", body: { name: "team" } }),
    );
    const ready = await client.request("/health/ready");
    expect([ready.status, ready.bytes.toString()]).toEqual([503, expect.stringMatching(/database/i)]);
    // The process itself is well: restarting it would help nobody.
    expect((await client.request("/health/live")).status).toBe(200);
    expect((await client.request("/npm/default/-/ping")).status).toBe(200);

    await database.resume();
    await until("/health/ready", async () => (await client.request("/health/ready")).status === 200);
    expect((await publish("other")).status).toBe(201);
    for (const path of [...warm, "/npm/default/other", "/npm/default/is-odd"]) {
      expect([path, (await client.request(path)).status]).toEqual([path, 200]);
    }
    // It hears of changes again, too.
    const second = await startServer({
      data,
      upstream: upstream.url,
      env: { ENTREPOT_DATABASE_URL: database.url },
    });
    try {
      const token = await loginAs(second.url, "admin", ADMIN_PASSWORD);
      const elsewhere = createClient(second.url, { token });
      const tagged = { method: "PUT", body: `"1.0.0"` };
      const path = "/npm/default/-/package/own/dist-tags/next";
      expect((await elsewhere.request(path, tagged)).status).toBe(201);
      elsewhere.close();
      await until("the tag", async () => {
        const { "dist-tags": tags } = (await client.request("/npm/default/own")).json<{
          "dist-tags": Record<string, string>;
        }>();
        return tags["next"] === "1.0.0";
      });
    } finally {
      await second.kill();
    }
  });

  test("a login while it is gone is 503 and not a wrong password, and SIGTERM still ends with 0", async () => {
    expect((await client.request("/npm/default/-/whoami")).status).toBe(200);
    await database.crash();
    const body = { name: "admin", password: ADMIN_PASSWORD };
    await expectRefusedQuickly(() =>
      client.request("/npm/default/-/user/org.couchdb.user:admin", { method: "PUT", body }),
    );
    expect((await client.request("/npm/default/-/whoami")).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await database.resume();
  });

  test("a document that should be asked for anew is served as it was", async () => {
    await server.stop();
    await start({ ENTREPOT_UPSTREAM_FRESH_SECONDS: "0" });
    client.close();
    client = createClient(server.url, { token: await loginAs(server.url, "admin", ADMIN_PASSWORD) });
    upstream.publish({ name: "left-pad", version: "1.0.0" });
    const paths = ["/npm/default/left-pad", "/npm/default/left-pad/-/left-pad-1.0.0.tgz"];
    for (const path of paths) expect([path, (await client.request(path)).status]).toEqual([path, 200]);
    await database.crash();
    for (const path of paths) expect([path, (await client.request(path)).status]).toEqual([path, 200]);
    await database.resume();
    upstream.publish({ name: "left-pad", version: "1.0.1" });
    await until("the new version", async () => {
      const { versions } = (await client.request("/npm/default/left-pad")).json<{ versions: object }>();
      return "1.0.1" in versions;
    });
  });
});
