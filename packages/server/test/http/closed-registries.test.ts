import { DEEDS, READING, type Permission } from "@entrepot/core";
import {
  ADMIN_PASSWORD,
  explained,
  startTestApp,
  type TestApp,
  type TestRequest,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NPM_ROUTES } from "../../src/http/index.ts";
import { exchange, statusesIn } from "./raw-socket.ts";
import { BUNDLE, requestFor } from "./route-requests.ts";

const CHALLENGE = 'Bearer realm="Entrepot", Basic realm="Entrepot"';
/** Whoever showed a wrong password is asked for another. */
const PASSWORD_CHALLENGE = 'Basic realm="Entrepot"';
const TARGET = { name: "@acme/left", spelling: "@acme%2fleft", version: "1.0.0" };

/** What anyone may ask of a closed registry, and what an anonymous client is told. */
const OPEN: Readonly<Record<string, number>> = {
  "ping": 200,
  // Its credential is in the body, and it is wrong.
  "login": 401,
  "login-again": 401,
};
/** Routes whose answer depends on who asks, not on the registry. */
const ABOUT_ONESELF: ReadonlySet<string> = new Set([
  "profile",
  "set-profile",
  "whoami",
  "get-user",
  "logout",
  "list-tokens",
  "create-token",
  "revoke-token",
]);
/** Routes that ask, on their own, about what their body or the user in their path names. */
const ASK_THEMSELVES: ReadonlySet<string> = new Set([
  "grant-team-package",
  "revoke-team-package",
  "list-user-packages",
]);
/** Say the same to everybody: a login must not fail for a credential that ended. */
const INDIFFERENT: ReadonlySet<string> = new Set([
  "web-login",
  "web-login-done",
  "web-login-page",
  "web-login-approve",
  "help",
]);
/** What who may read gets: nothing here is signed by an upstream, so there are no keys. */
function foundStatus(id: string): number {
  return id === "keys" ? 404 : 200;
}

const ROUTE_IDS = NPM_ROUTES.map(({ id }) => id).filter((id) => !INDIFFERENT.has(id));

let app: TestApp;
let damaged: string;
let revoked: string;

beforeAll(async () => {
  app = await startTestApp();
  await app.admin.publish({ ...TARGET, bundle: BUNDLE });
  await app.admin.request("/api/v1/registries", {
    method: "POST",
    body: { name: "open", anonymousRead: true },
  });
  await app.admin.publish({ ...TARGET, registry: "open", bundle: BUNDLE });
  // Nobody is asked about a package of our own, so that audits are answered without any advisory data.
  for (const registry of ["default", "open"]) {
    const body = { audit: "forward", auditUrl: "http://127.0.0.1:9/" };
    await app.admin.request(`/api/v1/registries/${registry}`, { method: "PATCH", body });
  }
  damaged = `${app.admin.token.slice(0, -1)}${app.admin.token.endsWith("A") ? "B" : "A"}`;
  const { token } = (await app.admin.request("/api/v1/tokens", { method: "POST", body: { name: "gone" } }))
    .json;
  revoked = String(token);
  const gone = await app.admin.request(`/npm/default/-/user/token/${revoked}`, { method: "DELETE" });
  expect(gone.status).toBe(200);
});
afterAll(() => app.close());

async function ask(
  routeId: string,
  headers: Record<string, string>,
  registry = "default",
): Promise<TestResponse> {
  const { path, ...request } = requestFor(routeId, TARGET);
  return await app.request(`/npm/${registry}${path}`, { ...(request as TestRequest), headers });
}

const basic = (pair: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(pair).toString("base64")}`,
});

function expectRefused(response: TestResponse): void {
  expect(response.status).toBe(401);
  const isPasswordWrong = response.json["helpCode"] === "password-wrong";
  expect(response.headers["www-authenticate"]).toBe(isPasswordWrong ? PASSWORD_CHALLENGE : CHALLENGE);
  expect(typeof response.json.error).toBe("string");
  expect(response.text).not.toContain("1.0.0");
}

describe.each(ROUTE_IDS)("%s of a closed registry", (id) => {
  it("refuses who shows no credential, unless anyone may ask", async () => {
    const response = await ask(id, {});
    const open = OPEN[id];
    if (open === undefined) expectRefused(response);
    else expect(response.status).toBe(open);
  });

  it.each([
    ["a token that is none", () => ({ authorization: "Bearer not-a-token" })],
    ["a damaged token", () => ({ authorization: `Bearer ${damaged}` })],
    ["a revoked token", () => ({ authorization: `Bearer ${revoked}` })],
    ["a damaged token as the password of api", () => basic(`api:${damaged}`)],
    ["a token under another user's name", () => basic(`ada:${app.admin.token}`)],
    ["a pair that is none", () => ({ authorization: "Basic bm9jb2xvbg==" })],
    ["no base64", () => ({ authorization: "Basic !!!" })],
    ["a scheme alone", () => ({ authorization: "Bearer" })],
    ["an empty header", () => ({ authorization: "" })],
    ["an unknown scheme", () => ({ authorization: "Digest username=admin" })],
    ["an endless header", () => ({ authorization: `Bearer ${"x".repeat(4000)}` })],
  ])("refuses %s, even where anyone may ask", async (_what, headers) => {
    expectRefused(await ask(id, headers()));
  });

  it("refuses two credentials at once, the right one among them", async () => {
    const { path, method, body } = requestFor(id, TARGET);
    const text = body === undefined ? "" : JSON.stringify(body);
    const answer = await exchange(
      app.url,
      `${method} /npm/default${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n` +
        `Authorization: Bearer ${app.admin.token}\r\nAuthorization: Bearer ${app.admin.token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    );
    expect(statusesIn(answer)).toEqual([401]);
    const challenge = id.startsWith("login") ? PASSWORD_CHALLENGE : CHALLENGE;
    expect(answer.toLowerCase()).toContain(`www-authenticate: ${challenge.toLowerCase()}\r\n`);
  });
});

describe("a credential that has ended", () => {
  const stale = { authorization: "Bearer ent_no-longer-a-token" };

  it("does not stand in the way of a login with the right password", async () => {
    const { status, json } = await app.request("/npm/default/-/user/org.couchdb.user:admin", {
      method: "PUT",
      headers: stale,
      body: { name: "admin", password: ADMIN_PASSWORD, type: "user" },
    });
    expect(status).toBe(201);
    expect(typeof json["token"]).toBe("string");
  });

  it("is forgotten by its client's logout", async () => {
    const headers = { authorization: `Bearer ${revoked}` };
    const path = `/npm/default/-/user/token/${revoked}`;
    expect((await app.request(path, { method: "DELETE", headers })).status).toBe(200);
    expect((await app.request("/npm/default/-/whoami", { headers })).status).toBe(401);
  });
});

describe("a wrong password", () => {
  // The limit on guesses would answer 429 soon, so every route is asked about a user of its own.
  it.each(ROUTE_IDS)("is 401 on %s", async (id) => {
    expectRefused(await ask(id, basic(`user-of-${id}:wrong password`)));
  });
});

describe("somebody who may only read", () => {
  const needed = (id: string): Permission => {
    const permission = NPM_ROUTES.find((route) => route.id === id)?.permission ?? "none";
    return (typeof permission === "string" ? permission : permission[0]) as Permission;
  };
  const guarded = NPM_ROUTES.filter(({ permission }) => permission !== "none").map(({ id }) => id);
  const writes = guarded.filter((id) => !READING.has(needed(id)));

  it.each([...writes, "get-tarball"])("is refused %s by role, with a text", async (id) => {
    const reader = await app.as("reader", "read-only");
    const response = await ask(id, { authorization: `Bearer ${reader.token}` });
    expect([response.status, response.json.error]).toEqual([
      403,
      explained(`reader is read-only and may not ${DEEDS[needed(id)]}; ask an administrator.`),
    ]);
  });

  it.each(writes)("is refused %s by token, with a text", async (id) => {
    const made = await app.admin.request("/api/v1/tokens", {
      method: "POST",
      body: { name: "ci", readonly: true },
    });
    const response = await ask(id, { authorization: `Bearer ${String(made.json["token"])}` });
    expect([response.status, response.json.error]).toEqual([
      403,
      explained(`This token is read-only; to ${DEEDS[needed(id)]} use one that is not.`),
    ]);
  });

  it("changed nothing", async () => {
    const { json } = await app.admin.request("/npm/default/@acme%2fleft");
    expect(json).toMatchObject({ "_rev": expect.stringMatching(/^1-/), "dist-tags": { latest: "1.0.0" } });
  });

  it.each(guarded.filter((id) => needed(id) === "view"))("may see %s", async (id) => {
    const reader = await app.as("reader", "read-only");
    expect((await ask(id, { authorization: `Bearer ${reader.token}` })).status).toBe(foundStatus(id));
  });
});

describe.each(ROUTE_IDS)("%s of a registry that anyone may read", (id) => {
  it("is open for reading only", async () => {
    const response = await ask(id, {}, "open");
    const { permission } = NPM_ROUTES.find((route) => route.id === id) ?? {};
    if (permission === "view" || permission === "download") expect(response.status).toBe(foundStatus(id));
    else if (OPEN[id] !== undefined) expect(response.status).toBe(OPEN[id]);
    else {
      expect(permission === "none").toBe(ABOUT_ONESELF.has(id) || ASK_THEMSELVES.has(id));
      expectRefused(response);
    }
  });

  it("refuses a wrong credential all the same", async () => {
    expectRefused(await ask(id, { authorization: `Bearer ${damaged}` }, "open"));
  });
});

describe("every form of the right credential", () => {
  it.each([
    ["Bearer", () => ({ authorization: `Bearer ${app.admin.token}` })],
    ["bearer in another case, with spaces", () => ({ authorization: `bEARER   ${app.admin.token} ` })],
    ["a token as the password of api", () => basic(`api:${app.admin.token}`)],
    ["a token as the password of API", () => basic(`API:${app.admin.token}`)],
    ["a token as its user's password", () => basic(`admin:${app.admin.token}`)],
    ["user and password", () => basic("admin:correct horse battery staple")],
    ["user in another case and password", () => basic("ADMIN:correct horse battery staple")],
  ])("%s", async (_what, headers) => {
    const views = NPM_ROUTES.filter(({ permission }) => permission === "view");
    for (const { id } of views) {
      expect([id, (await ask(id, headers())).status]).toEqual([id, foundStatus(id)]);
    }
    expect((await ask("whoami", headers())).json).toEqual({ username: "admin" });
  });
});

describe("an unknown URL of a closed registry", () => {
  it("says nothing to who shows no credential", async () => {
    for (const path of ["/-/nothing", "/nothing", "/nothing/1.0.0", "/a/b/c/d", "/-/package/x/nothing"]) {
      expectRefused(await app.request(`/npm/default${path}`));
    }
    for (const method of ["POST", "PATCH", "DELETE", "OPTIONS"]) {
      expectRefused(await app.request("/npm/default/left", { method }));
    }
    expectRefused(await app.request("/npm/default/.hidden"));
  });
});
