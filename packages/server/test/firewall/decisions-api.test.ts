import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createFakeUpstream,
  startTestApp,
  type FakeUpstream,
  type Persona,
  type TestApp,
  type TestRequest,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUNDLE } from "../http/route-requests.ts";

interface Decision {
  seq: number;
  at: string;
  registry: string;
  package: string;
  version: string;
  outcome: string;
  purpose: string;
  rule: string | null;
  reason: string | null;
  principal: string;
  credential: string | null;
  address: string;
  client: string;
  project: string | null;
  count: number;
}

let upstream: FakeUpstream;
let app: TestApp;
let ada: Persona;
let bob: Persona;

const tarball = (name: string, version: string, registry = "default"): string =>
  `/npm/${registry}/${name}/-/${name.slice(name.indexOf("/") + 1)}-${version}.tgz`;

async function decisions(query = "", path = "/decisions"): Promise<Decision[]> {
  const { json, status, text } = await app.admin.request(`/api/v1${path}?limit=500${query}`);
  expect(status, text).toBe(200);
  return (json["items"] as Decision[]).reverse();
}

const sumOf = (found: readonly Decision[]): number => found.reduce((sum, { count }) => sum + count, 0);

async function block(name: string, version: string): Promise<void> {
  const path = `/api/v1/registries/*/packages/${encodeURIComponent(name)}/versions/${version}/status`;
  const body = { status: "blocked", reason: "it steals tokens" };
  expect((await app.admin.request(path, { method: "PUT", body })).status).toBe(200);
}

async function get(who: Persona, path: string, request: TestRequest = {}): Promise<TestResponse> {
  return await who.request(path, request);
}

beforeAll(async () => {
  upstream = await createFakeUpstream();
  for (const name of ["left", "right", "ranged", "hot", "etag", "@acme/scoped"]) {
    upstream.publish({ name, version: "1.0.0" });
    upstream.publish({ name, version: "1.1.0" });
  }
  app = await startTestApp({ upstream: upstream.url, env: { ENTREPOT_ANONYMOUS_READ: "true" } });
  ada = await app.as("ada");
  bob = await app.as("bob");
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

describe("the log of decisions", () => {
  it("has a row for an install that was allowed and one for an install that was blocked", async () => {
    await block("left", "1.1.0");
    const headers = { "user-agent": "npm/11.6.2 node/v20", "x-entrepot-project": "shop" };
    expect((await get(ada, tarball("left", "1.0.0"), { headers })).status).toBe(200);
    expect((await get(ada, tarball("left", "1.1.0"), { headers })).status).toBe(403);
    const found = await decisions("&package=left");
    const shared = {
      registry: "default",
      package: "left",
      purpose: "tarball",
      principal: "ada",
      address: "127.0.0.1",
      client: "npm/11.6.2 node/v20",
      project: "shop",
      count: 1,
    };
    expect(found).toMatchObject([
      { ...shared, version: "1.0.0", outcome: "served", rule: null, reason: null },
      {
        ...shared,
        version: "1.1.0",
        outcome: "refused",
        rule: "operator-status",
        reason: "it steals tokens",
      },
    ]);
    expect(found[0]?.credential).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("says who by which credential, and nobody's name for nobody", async () => {
    const basic = `Basic ${Buffer.from("bob:the password of bob").toString("base64")}`;
    await app.request(tarball("@acme/scoped", "1.0.0"), { headers: { authorization: basic } });
    await app.request(tarball("@acme/scoped", "1.0.0"));
    const body = { name: "build", kind: "feed", registries: ["default"] };
    const made = await app.admin.request("/api/v1/keys", { method: "POST", body });
    const authorization = `Bearer ${String(made.json["token"])}`;
    await app.request(tarball("@acme/scoped", "1.0.0"), { headers: { authorization } });
    const found = await decisions("&package=%40acme%2Fscoped");
    expect(found.map(({ principal, credential }) => [principal, credential])).toEqual([
      ["bob", "password"],
      ["anonymous", null],
      ["key build", made.json["id"]],
    ]);
  });

  it("counts what is served again from memory", async () => {
    for (let index = 0; index < 20; index += 1) {
      expect((await get(ada, tarball("hot", "1.0.0"))).status).toBe(200);
      expect((await get(bob, tarball("hot", "1.0.0"))).status).toBe(200);
    }
    const found = await decisions("&package=hot");
    expect(sumOf(found.filter(({ principal }) => principal === "ada"))).toBe(20);
    expect(sumOf(found.filter(({ principal }) => principal === "bob"))).toBe(20);
  });

  it("counts no look at the headers and no tarball that the client has", async () => {
    const path = tarball("etag", "1.0.0");
    const first = await get(ada, path);
    const etag = String(first.headers["etag"]);
    for (let index = 0; index < 3; index += 1) {
      expect((await get(ada, path, { method: "HEAD" })).status).toBe(200);
      expect((await get(ada, path, { headers: { "if-none-match": etag } })).status).toBe(304);
    }
    expect((await get(ada, tarball("etag", "9.9.9"))).status).toBe(404);
    expect(sumOf(await decisions("&package=etag"))).toBe(1);
  });

  it("counts a tarball that is read in parts once, wherever the first part begins", async () => {
    for (const range of ["bytes=0-9", "bytes=10-19", "bytes=20-"]) {
      expect((await get(ada, tarball("ranged", "1.0.0"), { headers: { range } })).status).toBe(206);
      expect((await get(bob, tarball("ranged", "1.0.0"), { headers: { range: "bytes=1-" } })).status).toBe(
        206,
      );
    }
    const found = await decisions("&package=ranged");
    expect(found.map(({ principal, count }) => [principal, count])).toEqual([
      ["ada", 1],
      ["bob", 1],
    ]);
  });

  it("tells of packuments that left versions out, once a minute for each who asks", async () => {
    await block("right", "1.1.0");
    for (let index = 0; index < 5; index += 1) {
      await get(ada, "/npm/default/right");
      await get(ada, "/npm/default/right", { headers: { "accept-encoding": "gzip" } });
      await get(bob, "/npm/default/right", { headers: { accept: "application/vnd.npm.install-v1+json" } });
    }
    await get(ada, "/npm/default/hot");
    const found = await decisions("&outcome=withheld");
    expect(found).toMatchObject([
      {
        package: "right",
        version: "*",
        principal: "ada",
        purpose: "metadata",
        rule: "operator-status",
        reason: "1 left out: 1.1.0 (operator-status)",
        count: 1,
      },
      { package: "right", version: "*", principal: "bob", count: 1 },
    ]);
  });

  it("tells of no packument that misses nothing but what hardly anybody asks for", async () => {
    upstream.publish({ name: "early", version: "1.0.0" });
    upstream.publish({ name: "early", version: "2.0.0-rc.1", tag: "next" });
    const path = "/api/v1/registries/default/policy/rules/prerelease";
    await app.admin.request(path, { method: "PUT", body: { mode: "enforce" } });
    expect(Object.keys((await get(ada, "/npm/default/early")).json["versions"] as object)).toEqual(["1.0.0"]);
    expect(await decisions("&package=early")).toEqual([]);
  });

  it("has refused manifests, and packages of which nothing is left", async () => {
    expect((await get(bob, "/npm/default/right/1.1.0")).status).toBe(403);
    await block("right", "1.0.0");
    expect((await get(bob, "/npm/default/right")).status).toBe(403);
    const found = await decisions("&package=right&outcome=refused&principal=bob");
    // Of a package as a whole the version is told that its latest was, which here is the same again.
    expect(found).toMatchObject([
      { version: "1.1.0", purpose: "metadata", rule: "operator-status", count: 2 },
    ]);
  });

  it("has refused attestations", async () => {
    await app.admin.publish({ name: "own", version: "1.0.0", bundle: BUNDLE });
    await block("own", "1.0.0");
    expect((await get(bob, "/npm/default/-/npm/v1/attestations/own@1.0.0")).status).toBe(403);
    expect(await decisions("&package=own")).toMatchObject([
      {
        version: "1.0.0",
        outcome: "refused",
        principal: "bob",
        purpose: "metadata",
        rule: "operator-status",
      },
    ]);
  });

  it("is exported in order, a JSON object per line", async () => {
    const answer = await app.admin.request("/api/v1/decisions/export?package=left");
    expect(answer.headers["content-type"]).toBe("application/x-ndjson");
    const lines = answer.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Decision);
    expect(lines.map(({ outcome }) => outcome)).toEqual(["served", "refused"]);
  });

  it("is for administrators, and of a registry for who manages it", async () => {
    for (const path of ["/decisions", "/decisions/export", "/registries/default/decisions"]) {
      expect((await ada.request(`/api/v1${path}`)).status).toBe(403);
      expect((await app.request(`/api/v1${path}`)).status).toBe(401);
    }
    const rule = { subject: "user", name: "ada", permissions: ["manage-registry"], registry: "default" };
    await app.admin.request("/api/v1/access-rules", { method: "POST", body: rule });
    expect((await ada.request("/api/v1/registries/default/decisions")).status).toBe(200);
    expect((await ada.request("/api/v1/decisions")).status).toBe(403);
    await app.admin.request("/api/v1/registries", { method: "POST", body: { name: "other" } });
    expect(await decisions("", "/registries/other/decisions")).toEqual([]);
  });

  it("refuses what cannot be meant", async () => {
    for (const query of ["since=yesterday", "outcome=good", "cursor=-1", "limit=0"]) {
      expect((await app.admin.request(`/api/v1/decisions?${query}`)).status).toBe(400);
    }
  });
});

it("outlives a restart, and is written when the server stops", async () => {
  const data = await mkdtemp(join(tmpdir(), "entrepot-decisions-"));
  try {
    const first = await startTestApp({ upstream: upstream.url, data });
    await first.admin.request(tarball("left", "1.0.0"));
    await first.close();
    const second = await startTestApp({ upstream: upstream.url, data });
    try {
      const { json } = await second.admin.request("/api/v1/decisions");
      expect(json["items"]).toMatchObject([{ package: "left", version: "1.0.0", principal: "admin" }]);
    } finally {
      await second.close();
    }
  } finally {
    await rm(data, { recursive: true });
  }
});
