import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import {
  createFakeUpstream,
  createTestClock,
  makePublishDocument,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/db/index.ts";
import { exchange, statusesIn } from "../http/raw-socket.ts";

let app: TestApp;
let clock: TestClock;
let upstream: FakeUpstream;

beforeEach(async () => {
  clock = createTestClock();
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
});
afterEach(async () => {
  await app.close();
  await upstream.close();
});

const at = (path: string, headers: Record<string, string> = {}): Promise<TestResponse> =>
  app.admin.request(`/npm/default/${path}`, { headers });

async function makeUpstream(name: string, url: string, more: object = {}): Promise<TestResponse> {
  return await app.admin.request("/api/v1/upstreams", { method: "POST", body: { name, url, ...more } });
}

async function makeRegistry(name: string, upstreams: string[]): Promise<void> {
  const made = await app.admin.request("/api/v1/registries", { method: "POST", body: { name } });
  expect(made.status).toBe(201);
  const path = `/api/v1/registries/${name}/upstreams`;
  expect((await app.admin.request(path, { method: "PUT", body: { upstreams } })).status).toBe(200);
}

describe("an upstream that redirects", () => {
  it("elsewhere is not followed, within itself it is", async () => {
    const elsewhere = await createFakeUpstream();
    elsewhere.publish({ name: "left", version: "6.6.6" });
    upstream.publish({ name: "left", version: "1.0.0" });
    upstream.fault("left", { kind: "redirect", location: `${elsewhere.url}left`, times: 1 });
    const refused = await at("left");
    expect([refused.status, refused.json.error]).toEqual([
      502,
      `The upstream "public" redirects to ${new URL(elsewhere.url).origin}, which is not among its allowed hosts.`,
    ]);
    expect(elsewhere.count()).toBe(0);
    upstream.fault("left", null);
    upstream.fault("start", { kind: "redirect", location: `${upstream.url}left`, times: 1 });
    expect((await at("left")).status).toBe(200);
    await elsewhere.close();
  });

  it("to an allowed host is followed without the credential", async () => {
    const elsewhere = await createFakeUpstream();
    elsewhere.publish({ name: "moved", version: "1.0.0" });
    const allowedHosts = [new URL(elsewhere.url).host];
    await makeUpstream("guarded", upstream.url, { token: "secret-of-guarded", allowedHosts });
    await makeRegistry("moving", ["guarded"]);
    upstream.fault("moved", { kind: "redirect", location: `${elsewhere.url}moved` });
    expect((await app.admin.request("/npm/moving/moved")).status).toBe(200);
    expect(upstream.requests.at(-1)?.headers.authorization).toBe("Bearer secret-of-guarded");
    expect(elsewhere.requests.at(-1)?.headers.authorization).toBeUndefined();
    await elsewhere.close();
  });
});

describe("two upstreams", () => {
  it("are asked in order; the first that has the name speaks for it", async () => {
    const second = await createFakeUpstream();
    upstream.publish({ name: "both", version: "1.0.0" });
    second.publish({ name: "both", version: "9.0.0" });
    second.publish({ name: "second-only", version: "1.0.0" });
    await makeUpstream("second", second.url);
    await makeRegistry("two", ["public", "second"]);
    expect(Object.keys((await app.admin.request("/npm/two/both")).json["versions"] as object)).toEqual([
      "1.0.0",
    ]);
    expect((await app.admin.request("/npm/two/both/9.0.0")).status).toBe(404);
    expect((await app.admin.request("/npm/two/both/-/both-9.0.0.tgz")).status).toBe(404);
    expect(second.count("both") + second.count("both/-/both-9.0.0.tgz")).toBe(0);
    expect((await app.admin.request("/npm/two/second-only/-/second-only-1.0.0.tgz")).status).toBe(200);
    await second.close();
  });

  it("when the first is down: an error, never the second's package of the name", async () => {
    const second = await createFakeUpstream();
    second.publish({ name: "left", version: "6.6.6" });
    await makeUpstream("second", second.url);
    await makeRegistry("two", ["public", "second"]);
    await upstream.offline();
    for (const path of ["left", "left/latest", "left/6.6.6", "left/-/left-6.6.6.tgz"]) {
      const { status, json } = await app.admin.request(`/npm/two/${path}`);
      expect([path, [502, 503, 504].includes(status)]).toEqual([path, true]);
      expect(json.error).toContain('"public"');
    }
    expect(second.count()).toBe(0);
    await second.close();
  });
});

describe("an upstream that is this server", () => {
  it("is refused when it is saved", async () => {
    const port = await freePort();
    const other = await startTestApp({
      env: { ENTREPOT_PORT: String(port), ENTREPOT_PUBLIC_URL: "https://npm.example/pkg" },
    });
    for (const url of [
      `http://127.0.0.1:${port}/npm/default/`,
      `http://localhost:${port}/r/x/`,
      "https://npm.example/pkg/npm/default/",
    ]) {
      const { status, json } = await other.admin.request("/api/v1/upstreams", {
        method: "POST",
        body: { name: "loop", url },
      });
      expect([url, status, json.error]).toEqual([
        url,
        400,
        "This URL leads back to this server; that would be a loop.",
      ]);
    }
    await other.close();
  });

  it("is 508 when it turns out to be one, and nothing turns round for ever", async () => {
    // A port forward: the address is not ours, the server behind it is.
    const { port } = new URL(app.url);
    const forward = createServer((socket) => {
      const target = socket.pipe(new (socket.constructor as new () => typeof socket)());
      target.connect(Number(port), "127.0.0.1");
      target.pipe(socket);
      for (const one of [socket, target]) one.on("error", () => one.destroy());
    });
    forward.listen(0, "127.0.0.1");
    await once(forward, "listening");
    const url = `http://127.0.0.1:${(forward.address() as AddressInfo).port}/npm/looping/`;
    await makeUpstream("looper", url, { token: app.admin.token });
    await makeRegistry("looping", ["looper"]);
    const { status, json } = await app.admin.request("/npm/looping/left");
    expect([status, json.error]).toEqual([508, 'The upstream "looper" leads back to this server.']);
    expect((await app.admin.request("/npm/looping/left/-/left-1.0.0.tgz")).status).toBe(508);
    forward.close();
  });
});

describe("names of this registry's own", () => {
  it("are never asked upstream: published, unpublished and claimed ones", async () => {
    for (const name of ["own", "@acme/own", "gone"]) upstream.publish({ name, version: "9.9.9" });
    for (const pattern of ["@acme/*", "team-*", "exact"]) {
      const path = `/api/v1/registries/default/claims/${encodeURIComponent(pattern)}`;
      expect((await app.admin.request(path, { method: "PUT" })).status).toBe(204);
    }
    await app.admin.publish({ name: "own", version: "1.0.0" });
    await app.admin.publish({ name: "gone", version: "1.0.0" });
    const { _rev: rev } = (await at("gone")).json;
    await app.admin.request(`/npm/default/gone/-rev/${String(rev)}`, { method: "DELETE" });
    for (const name of ["own", "@acme/own", "@acme/other", "team-tool", "exact", "gone"]) {
      const base = name.slice(name.indexOf("/") + 1);
      for (const path of [
        name,
        `${name}/9.9.9`,
        `${name}/-/${base}-9.9.9.tgz`,
        `-/package/${name}/dist-tags`,
        `-/npm/v1/attestations/${name}@9.9.9`,
      ]) {
        const { status } = await at(path);
        expect([path, status]).toEqual([
          path,
          path === "own" || path === "-/package/own/dist-tags" ? 200 : 404,
        ]);
      }
    }
    expect(upstream.count()).toBe(0);
  });

  it("are not told by a client that is about to publish", async () => {
    for (const headers of [
      { "npm-command": "publish" },
      { "npm-command": "stage" },
      { "npm-command": "unpublish" },
    ]) {
      expect((await at("secret-project", headers)).status).toBe(404);
    }
    for (const path of [
      "secret-project?write=true",
      "secret-project/latest?write=true",
      "-/package/secret-project/visibility",
    ]) {
      expect((await at(path)).status).toBe(404);
    }
    const { body } = makePublishDocument({ name: "secret-project", version: "1.0.0" });
    await app.admin.request("/npm/default/secret-project", { method: "PUT", body });
    expect((await at("secret-project")).status).toBe(200);
    expect(upstream.count()).toBe(0);
  });

  it("are found by a reader who asks at the same moment as one about to publish", async () => {
    upstream.publish({ name: "left", version: "1.0.0" });
    const head = `HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${app.admin.token}\r\n`;
    await at("-/whoami");
    // In one packet, so that they are under way together.
    const answer = await exchange(
      app.url,
      `GET /npm/default/left?write=true ${head}\r\nGET /npm/default/left ${head}Connection: close\r\n\r\n`,
    );
    expect(statusesIn(answer)).toEqual([404, 200]);
  });

  it("may not take over what people already get from upstream, unless claimed", async () => {
    upstream.publish({ name: "popular", version: "1.0.0" });
    expect((await at("popular/-/popular-1.0.0.tgz")).status).toBe(200);
    const db = await openDatabase({ url: `sqlite:${app.data}/entrepot.db` });
    await expect.poll(() => db.read.selectFrom("cached_versions").selectAll().execute()).toHaveLength(1);
    await db.close();
    const refused = await app.admin.publish({ name: "popular", version: "9.0.0" });
    expect([refused.status, refused.json.error]).toEqual([
      403,
      expect.stringContaining("claim the name first"),
    ]);
    expect(Object.keys((await at("popular")).json["versions"] as object)).toEqual(["1.0.0"]);
    await app.admin.request("/api/v1/registries/default/claims/popular", { method: "PUT" });
    expect((await app.admin.publish({ name: "popular", version: "9.0.0" })).status).toBe(201);
    expect(Object.keys((await at("popular")).json["versions"] as object)).toEqual(["9.0.0"]);
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
