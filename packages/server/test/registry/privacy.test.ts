import {
  ADMIN_PASSWORD,
  createFakeUpstream,
  createTestClock,
  makePublishDocument,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
} from "@entrepot/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { NPM_ROUTES } from "../../src/http/index.ts";
import { BUNDLE, requestFor } from "../http/route-requests.ts";

const PRIVATE_NAMES = ["secret-tool", "@acme/secret-lib", "@acme/secret-next", "claimed-secret"];
const PUBLIC = ["left", "@pub/right"];

let app: TestApp;
let clock: TestClock;
let upstream: FakeUpstream;

beforeEach(async () => {
  clock = createTestClock();
  upstream = await createFakeUpstream({ authorization: "Bearer of-the-upstream" });
  app = await startTestApp({
    now: clock.now,
    file: `
upstreams:
  - { name: guarded, url: ${upstream.url}, token: of-the-upstream }
registries:
  - { name: team, upstreams: [guarded], claims: ["claimed-*"] }
`,
  });
});
afterEach(async () => {
  await app.close();
  await upstream.close();
});

/** What clients send along, none of which concerns an upstream. */
function clientHeaders(token: string): Record<string, string> {
  return {
    "authorization": `Bearer ${token}`,
    "cookie": "session=cookie-of-the-client",
    "npm-otp": "123456",
    "npm-auth-type": "web",
    "npm-session": "session-of-the-client",
    "npm-scope": "@acme",
    "user-agent": "npm/11.19.1 client-of-ours",
    "referer": "install @acme/secret-lib",
    "pacote-pkg-id": "registry:@acme/secret-lib@1.0.0",
    "x-forwarded-for": "192.0.2.77",
    "forwarded": "for=192.0.2.77",
    "x-secret": "header-of-the-client",
    "accept-language": "language-of-the-client",
    "origin": "https://origin-of-the-client.example",
  };
}

async function publishAndChange(headers: Record<string, string>): Promise<void> {
  for (const name of PRIVATE_NAMES) {
    const path = `/npm/team/${name.replace("/", "%2f")}`;
    // As npm does: a look first, then the publish.
    await app.request(path, { headers: { ...headers, "npm-command": "publish" } });
    for (const version of ["1.0.0", "1.1.0"]) {
      const { body } = makePublishDocument({ name, version, bundle: BUNDLE });
      expect((await app.request(path, { method: "PUT", headers, body })).status).toBe(201);
    }
    const document = (await app.request(`${path}?write=true`, { headers })).json;
    expect((await app.request(path, { method: "PUT", headers, body: document })).status).toBe(201);
  }
}

/** Asks every route about a package, with the credential and without; what is not ours is only read. */
async function walkRoutes(name: string, headers: Record<string, string>): Promise<void> {
  const { authorization: _authorization, ...anonymous } = headers;
  const routes = NPM_ROUTES.filter(({ method }) => method === "GET" || !PUBLIC.includes(name));
  for (const { id } of routes) {
    for (const spelling of [name, name.replace("/", "%2f")]) {
      const { path, ...request } = requestFor(id, { name, spelling, version: "1.0.0" });
      await app.request(`/npm/team${path}`, { ...request, headers });
      await app.request(`/npm/team${path}`, { ...request, headers: anonymous });
    }
  }
}

it("tells an upstream nothing but which public packages are wanted", async () => {
  for (const name of PUBLIC) {
    upstream.publish({ name, version: "1.0.0", manifest: { dependencies: { "secret-tool": "1" } } });
  }
  const grace = await app.as("grace-hopper");
  const headers = clientHeaders(grace.token);
  await publishAndChange(headers);
  for (let round = 0; round < 2; round += 1) {
    for (const name of [...PRIVATE_NAMES, ...PUBLIC]) await walkRoutes(name, headers);
    await app.request("/npm/team/left", {
      headers: { authorization: `Basic ${btoa(`admin:${ADMIN_PASSWORD}`)}` },
    });
    await app.request("/npm/team/left", {
      headers: { authorization: `Basic ${btoa(`api:${grace.token}`)}` },
    });
    await app.request("/npm/team/left?write=true&token=query-of-the-client", { headers });
    await app.request("/npm/team/left/-/left-1.0.0.tgz?auth=query-of-the-client", { headers });
    for (const path of [
      "/api/v1/registries/team/versions?text=secret",
      "/api/v1/statuses",
      "/api/v1/upstreams",
    ]) {
      await app.admin.request(path);
    }
    // Everything is looked up again.
    clock.advance(60 * 60_000);
  }
  const { _rev: rev } = (await app.request("/npm/team/secret-tool?write=true", { headers })).json;
  await app.request(`/npm/team/secret-tool/-rev/${String(rev)}`, { method: "DELETE", headers });
  await walkRoutes("secret-tool", headers);

  expect(upstream.count()).toBeGreaterThan(PUBLIC.length);
  expect(upstream.writes()).toBe(0);
  const paths = new Set(upstream.requests.map(({ path }) => path));
  expect([...paths].sort()).toEqual([
    "/-/npm/v1/keys",
    "/-/v1/search?text=%40pub%2Fright&size=50",
    "/-/v1/search?text=left&size=50",
    "/@pub%2fright",
    "/@pub/right/-/right-1.0.0.tgz",
    "/left",
    "/left/-/left-1.0.0.tgz",
  ]);
  const names = new Set(upstream.requests.flatMap((request) => Object.keys(request.headers)));
  expect([...names].sort()).toEqual(
    [
      "accept",
      "accept-encoding",
      "authorization",
      "connection",
      "host",
      "if-modified-since",
      "if-none-match",
      "user-agent",
      "via",
    ].sort(),
  );
  for (const request of upstream.requests) {
    expect(request.headers).toMatchObject({
      "authorization": "Bearer of-the-upstream",
      "user-agent": expect.stringMatching(/^entrepot\//),
      "host": new URL(upstream.url).host,
    });
    const everything = JSON.stringify([request.path, request.headers]);
    for (const secret of [
      "secret",
      "of-the-client",
      "client-of-ours",
      "grace-hopper",
      "192.0.2.77",
      "123456",
      ADMIN_PASSWORD,
      grace.token,
      app.admin.token,
    ]) {
      expect(everything).not.toContain(secret);
    }
  }
});

it("never shows an upstream's credential to anyone", async () => {
  upstream.publish({ name: "left", version: "1.0.0" });
  await app.admin.request("/npm/team/left/-/left-1.0.0.tgz");
  upstream.fault("right", {
    kind: "status",
    status: 401,
    body: '{"error":"Bearer of-the-upstream is wrong"}',
  });
  const answers = [
    await app.admin.request("/api/v1/upstreams"),
    await app.admin.request("/api/v1/upstreams/guarded"),
    await app.admin.request("/api/v1/registries/team"),
    await app.admin.request("/npm/team/left"),
    await app.admin.request("/npm/team/right"),
    await app.admin.request("/metrics"),
    await app.admin.request("/health/json"),
  ];
  for (const { text, headers } of answers) {
    expect(text + JSON.stringify(headers)).not.toContain("of-the-upstream");
  }
});
