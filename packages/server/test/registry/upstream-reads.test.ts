import { createServer } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
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

const MINUTE = 60_000;

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

describe("a fresh server with an upstream", () => {
  it("installs from it without any set-up", async () => {
    upstream.publish({ name: "left", version: "1.0.0", manifest: { dependencies: { "@pub/deep": "^1" } } });
    upstream.publish({ name: "@pub/deep", version: "1.1.0" });
    const left = (await at("left")).json as { versions: Record<string, { dist: { tarball: string } }> };
    const tarball = new URL(left.versions["1.0.0"]?.dist.tarball ?? "").pathname;
    expect((await app.admin.request(tarball)).status).toBe(200);
    expect((await at("@pub/deep/^1")).json["version"]).toBe("1.1.0");
    expect((await at("@pub/deep/-/deep-1.1.0.tgz")).status).toBe(200);
  });

  it("records every version that passed through, with origin, time and who asked", async () => {
    const names = Array.from({ length: 6 }, (_, index) => `dep-${index}`);
    for (const name of names) upstream.publish({ name, version: "1.0.0" });
    const ada = await app.as("ada");
    for (const name of names) await ada.request(`/npm/default/${name}/-/${name}-1.0.0.tgz`);
    await app.admin.publish({ name: "own", version: "1.0.0" });
    const list = async (): Promise<unknown[]> =>
      (await app.admin.request("/api/v1/registries/default/packages")).json["items"] as unknown[];
    await expect.poll(async () => (await list()).length).toBe(7);
    const at = new Date(clock.now()).toISOString();
    const facts = {
      version: "1.0.0",
      sizeBytes: expect.any(Number),
      integrity: expect.stringMatching(/^sha512-/),
      at,
    };
    expect(await list()).toEqual([
      ...names.map((name) => ({ name, ...facts, origin: "cached", by: "ada" })),
      { name: "own", ...facts, origin: "local", by: "admin" },
    ]);
  });
});

describe("how often the upstream is asked", () => {
  it("is once for many installs within the window, and once conditionally after it", async () => {
    upstream.publish({ name: "left", version: "1.0.0" });
    for (let install = 0; install < 10; install += 1) {
      expect(
        (await at("left", { accept: install % 2 === 0 ? "*/*" : "application/vnd.npm.install-v1+json" }))
          .status,
      ).toBe(200);
      expect((await at("left/-/left-1.0.0.tgz")).status).toBe(200);
      clock.advance(MINUTE / 20);
    }
    expect([upstream.count("left"), upstream.count("left/-/left-1.0.0.tgz")]).toEqual([1, 1]);
    clock.advance(2 * MINUTE);
    expect((await at("left")).status).toBe(200);
    expect(upstream.requests.filter(({ path }) => path === "/left").map(({ status }) => status)).toEqual([
      200, 304,
    ]);
    expect(upstream.requests.at(-1)?.headers["if-none-match"]).toMatch(/^"/);
  });

  it("is once for twenty equal cold requests, in both forms", async () => {
    upstream.publish({ name: "left", version: "1.0.0" });
    upstream.fault("left", { kind: "delay", milliseconds: 100 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => at("left")));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(upstream.count("left")).toBe(1);
    const tarballs = await Promise.all(Array.from({ length: 20 }, () => at("left/-/left-1.0.0.tgz")));
    expect(tarballs.every(({ status }) => status === 200)).toBe(true);
    expect(upstream.count("left/-/left-1.0.0.tgz")).toBe(1);
  });

  it("is once for many requests of a name that is not there, until the shorter window ends", async () => {
    for (let request = 0; request < 5; request += 1) expect((await at("missing")).status).toBe(404);
    expect(upstream.count("missing")).toBe(1);
    upstream.publish({ name: "missing", version: "1.0.0" });
    clock.advance(31_000);
    await at("missing");
    await expect.poll(async () => (await at("missing")).status).toBe(200);
  });

  it("is not at all for anything that is not a package or a tarball", async () => {
    upstream.publish({ name: "left", version: "1.0.0" });
    for (const path of [
      "",
      "-/ping",
      "-/whoami",
      "-/nothing",
      "-/npm/v1/attestations/left@1.0.0",
      "-/package/left/visibility",
    ]) {
      await at(path);
    }
    expect(upstream.count()).toBe(0);
  });
});

describe("what the upstream does is followed:", () => {
  beforeEach(() => {
    for (const version of ["1.0.0", "1.1.0", "1.2.0"]) upstream.publish({ name: "left", version });
  });

  async function later(): Promise<Record<string, unknown>> {
    clock.advance(3 * MINUTE);
    return (await at("left")).json;
  }

  it("new versions and moved tags", async () => {
    await at("left");
    upstream.publish({ name: "left", version: "2.0.0", tag: "next" });
    upstream.setTag("left", "latest", "1.1.0");
    const json = await later();
    expect(Object.keys(json["versions"] as object)).toContain("2.0.0");
    expect(json["dist-tags"]).toEqual({ latest: "1.1.0", next: "2.0.0" });
  });

  it("deprecations and their end", async () => {
    await at("left");
    upstream.deprecate("left", "1.0.0", "do not use");
    expect(await later()).toMatchObject({ versions: { "1.0.0": { deprecated: "do not use" } } });
    upstream.deprecate("left", "1.0.0", "");
    const { versions } = (await later()) as { versions: Record<string, object> };
    expect(versions["1.0.0"]).not.toHaveProperty("deprecated");
  });

  it("removed versions, also when their tarball is cached", async () => {
    expect((await at("left/-/left-1.2.0.tgz")).status).toBe(200);
    upstream.remove("left", "1.2.0");
    upstream.setTag("left", "latest", "1.1.0");
    const json = await later();
    expect(Object.keys(json["versions"] as object)).toEqual(["1.0.0", "1.1.0"]);
    expect((await at("left/1.2.0")).status).toBe(404);
    expect((await at("left/-/left-1.2.0.tgz")).status).toBe(404);
  });

  it("removed packages", async () => {
    expect((await at("left/-/left-1.0.0.tgz")).status).toBe(200);
    upstream.remove("left");
    clock.advance(3 * MINUTE);
    expect((await at("left")).status).toBe(404);
    expect((await at("left/-/left-1.0.0.tgz")).status).toBe(404);
  });

  it("another tarball under an old version is never passed off as the old one", async () => {
    const before = await at("left/-/left-1.0.0.tgz");
    const { bytes } = upstream.publish({
      name: "left",
      version: "1.0.0",
      tag: null,
      files: { "index.js": "changed" },
    });
    await later();
    const after = await at("left/-/left-1.0.0.tgz", { "if-none-match": String(before.headers.etag) });
    expect([after.status, after.bytes.equals(bytes)]).toEqual([200, true]);
  });
});

describe("an upstream that is down", () => {
  it("leaves everything installable that was cached", async () => {
    upstream.publish({ name: "left", version: "1.0.0" });
    const { bytes } = await at("left/-/left-1.0.0.tgz");
    const before = await at("left");
    await upstream.offline();
    for (const minutes of [1, 10, 60 * 24 * 30]) {
      clock.advance(minutes * MINUTE);
      expect((await at("left")).text).toBe(before.text);
      expect((await at("left/latest")).status).toBe(200);
      expect((await at("left/-/left-1.0.0.tgz")).bytes.equals(bytes)).toBe(true);
    }
  });

  it("is named for what was never seen, which is never 404", async () => {
    await upstream.offline();
    for (const path of ["never", "never/1.0.0", "never/-/never-1.0.0.tgz", "-/package/never/dist-tags"]) {
      const { status, json, headers } = await at(path);
      expect([502, 503, 504]).toContain(status);
      expect(json.error).toContain('"public"');
      if (status === 503) expect(Number(headers["retry-after"] ?? 1)).toBeGreaterThanOrEqual(1);
    }
  });

  it("is asked again when it is back", async () => {
    await upstream.offline();
    expect((await at("left")).status).toBeGreaterThanOrEqual(502);
    upstream.publish({ name: "left", version: "1.0.0" });
    await upstream.online();
    clock.advance(5 * MINUTE);
    expect((await at("left")).status).toBe(200);
  });

  it("does not keep own packages from being served or published", async () => {
    await app.admin.publish({ name: "own", version: "1.0.0" });
    await upstream.offline();
    expect((await app.admin.publish({ name: "own", version: "1.1.0" })).status).toBe(201);
    expect((await app.admin.publish({ name: "new", version: "1.0.0" })).status).toBe(201);
    expect(Object.keys((await at("own")).json["versions"] as object)).toEqual(["1.0.0", "1.1.0"]);
    expect((await at("new/-/new-1.0.0.tgz")).status).toBe(200);
  });

  it.each([429, 500, 503])("by %i is an error that names it, never absence", async (status) => {
    upstream.fault("left", { kind: "status", status, headers: { "retry-after": "7" } });
    const answer = await at("left");
    expect(answer.status).toBe(503);
    expect(answer.json.error).toBe(`The upstream "public" answered ${status}.`);
    expect(answer.headers["retry-after"]).toBe("7");
  });
});

describe("an upstream that lies", () => {
  it("is never served nor kept, and heals when it heals", async () => {
    const { bytes } = upstream.publish({
      name: "left",
      version: "1.0.0",
      files: { "a.js": "a".repeat(3000) },
    });
    const path = "left/-/left-1.0.0.tgz";
    for (const kind of ["flip", "truncate", "html", "empty", "cut"] as const) {
      upstream.fault(path, { kind });
      const { status, json } = await at(path);
      expect([kind, [502, 503].includes(status), json.error?.includes('"public"')]).toEqual([
        kind,
        true,
        true,
      ]);
    }
    upstream.fault(path, null);
    clock.advance(5 * MINUTE);
    expect((await at(path)).bytes.equals(bytes)).toBe(true);
  });

  it("about the name is refused", async () => {
    upstream.publish({ name: "left", version: "1.0.0" });
    upstream.publish({ name: "right", version: "1.0.0" });
    upstream.fault("left", { kind: "other-package", name: "right" });
    const { status, json } = await at("left");
    expect([status, json.error]).toEqual([
      502,
      expect.stringContaining('The upstream "public" sent no valid document of left'),
    ]);
  });
});

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
