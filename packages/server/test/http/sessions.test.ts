import {
  ADMIN_PASSWORD,
  startTestApp,
  type TestApp,
  type TestRequest,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

/** A browser that is signed in. */
interface Browser {
  cookie: string;
  csrf: string;
  id: string;
  ask(path: string, request?: TestRequest): Promise<TestResponse>;
}

const signIn = (body: unknown, headers: Record<string, string> = {}): Promise<TestResponse> =>
  app.request("/api/v1/session", { method: "POST", body, headers: { "user-agent": "Firefox", ...headers } });

async function browserOf(user: string, password = `the password of ${user}`): Promise<Browser> {
  const { status, headers, json } = await signIn({ user, password });
  expect(status).toBe(201);
  const cookie = String(headers["set-cookie"]).split(";")[0] ?? "";
  const csrf = String(json["csrf"]);
  const { id } = json["session"] as { id: string };
  return {
    cookie,
    csrf,
    id,
    ask: (path, request = {}) =>
      app.request(path, { ...request, headers: { cookie, "x-entrepot-csrf": csrf, ...request.headers } }),
  };
}

const admin = (): Promise<Browser> => browserOf("admin", ADMIN_PASSWORD);

describe("signing in", () => {
  it("sets a cookie that no script reads and no other site sends", async () => {
    const { headers, json } = await signIn({ user: "Admin", password: ADMIN_PASSWORD });
    expect(String(headers["set-cookie"])).toMatch(
      /^entrepot-session=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/,
    );
    expect(json).toMatchObject({
      user: "admin",
      role: "owner",
      via: "session",
      session: { client: "Firefox" },
    });
  });

  it("sets one of its very own where clients come by https, and reads both", async () => {
    const secure = await startTestApp({ env: { ENTREPOT_PUBLIC_URL: "https://npm.example" } });
    const body = { user: "admin", password: ADMIN_PASSWORD };
    const { headers, json } = await secure.request("/api/v1/session", { method: "POST", body });
    const cookie = String(headers["set-cookie"]).split(";")[0] ?? "";
    const plain = cookie.replace("__Host-", "");
    const ask = (cookies: string[], method = "GET"): Promise<TestResponse> =>
      secure.request("/api/v1/session", {
        method,
        headers: { "cookie": cookies.join("; "), "x-entrepot-csrf": String(json["csrf"]) },
      });
    const statuses: number[] = [];
    for (const cookies of [
      [cookie],
      [plain],
      ["entrepot-session=x", cookie],
      [`${plain}x`],
      [cookie, cookie],
    ]) {
      statuses.push((await ask(cookies)).status);
    }
    const ended = await ask([cookie], "DELETE");
    await secure.close();
    expect(String(headers["set-cookie"])).toMatch(
      /^__Host-entrepot-session=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure$/,
    );
    expect(statuses).toEqual([200, 200, 200, 401, 401]);
    expect(String(ended.headers["set-cookie"])).toMatch(/^__Host-entrepot-session=; .*Max-Age=0;.*; Secure$/);
  });

  it("is undone by a second cookie of the name, whichever is right", async () => {
    const browser = await admin();
    const own = { headers: { cookie: browser.cookie } };
    expect((await app.request("/api/v1/session", own)).status).toBe(200);
    for (const cookie of [
      `${browser.cookie}; entrepot-session=x`,
      `entrepot-session=x; ${browser.cookie}`,
      `${browser.cookie}; ${browser.cookie}`,
    ]) {
      expect((await app.request("/api/v1/session", { headers: { cookie } })).status).toBe(401);
    }
  });

  it("takes no wrong password, no token for one, and nothing that another site sends", async () => {
    expect((await signIn({ user: "admin", password: "wrong" })).status).toBe(401);
    expect((await signIn({ user: "api", password: app.admin.token })).status).toBe(401);
    const body = { user: "admin", password: ADMIN_PASSWORD };
    expect((await signIn(body, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await signIn(body, { cookie: "entrepot-session=ended" })).status).toBe(201);
  });
});

describe("by plain http, where a browser says only its page's origin", () => {
  const body = { user: "admin", password: ADMIN_PASSWORD };

  it("another origin, or none, neither signs in nor writes by cookie", async () => {
    const { port } = new URL(app.url);
    const browser = await admin();
    for (const origin of ["http://other.example", "null", `https://127.0.0.1:${port}`, "http://127.0.0.1"]) {
      expect([origin, (await signIn(body, { origin })).status]).toEqual([origin, 403]);
      const written = await browser.ask("/api/v1/sessions/x", { method: "DELETE", headers: { origin } });
      expect([origin, written.status]).toEqual([origin, 403]);
    }
    expect((await signIn(body, { origin: app.url })).status).toBe(201);
    expect((await signIn(body, { host: "localhost:99999", origin: "http://localhost" })).status).toBe(403);
    const own = { method: "DELETE", headers: { origin: app.url } };
    expect((await browser.ask("/api/v1/sessions/x", own)).status).toBe(404);
  });

  it("the origin of the public URL is this server's own", async () => {
    const proxied = await startTestApp({ env: { ENTREPOT_PUBLIC_URL: "https://npm.example/base" } });
    const statuses: number[] = [];
    for (const origin of ["https://npm.example", "http://npm.example"]) {
      const request = { method: "POST", body, headers: { origin } };
      statuses.push((await proxied.request("/api/v1/session", request)).status);
    }
    await proxied.close();
    expect(statuses).toEqual([201, 403]);
  });

  it("no form signs in", async () => {
    const form = new URLSearchParams(body).toString();
    const answer = await signIn(form, { "content-type": "application/x-www-form-urlencoded" });
    expect([answer.status, answer.headers["set-cookie"]]).toEqual([400, undefined]);
  });
});

describe("the cookie", () => {
  it("is a credential for the JSON API and tells who it is", async () => {
    const browser = await admin();
    expect((await browser.ask("/api/v1/users")).status).toBe(200);
    const { json } = await browser.ask("/api/v1/session");
    expect(json).toMatchObject({
      user: "admin",
      via: "session",
      csrf: browser.csrf,
      session: { isThisOne: true },
    });
    const made = await browser.ask("/api/v1/tokens", { method: "POST", body: { name: "by browser" } });
    expect(made.status).toBe(201);
  });

  it("changes nothing without the header that other sites cannot know", async () => {
    const browser = await admin();
    const request = { method: "POST", body: { name: "forged" } };
    for (const headers of [
      { "x-entrepot-csrf": "" },
      { "x-entrepot-csrf": (await admin()).csrf },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ]) {
      const { status, json } = await browser.ask("/api/v1/tokens", { ...request, headers });
      expect([headers, status, json["code"]]).toEqual([headers, 403, "permission-denied"]);
    }
    const headers = { "sec-fetch-site": "same-origin" };
    expect((await browser.ask("/api/v1/tokens", { ...request, headers })).status).toBe(201);
  });

  it("is no credential for npm's endpoint", async () => {
    const { cookie } = await admin();
    for (const path of ["/npm/default/-/whoami", "/npm/default/left", "/npm/default/"]) {
      expect((await app.request(path, { headers: { cookie } })).status).toBe(401);
    }
  });

  it("gives way to a credential in the header, right or wrong", async () => {
    const { cookie } = await admin();
    const ada = await app.as("ada");
    const own = await ada.request("/api/v1/session", { headers: { cookie } });
    expect(own.json).toMatchObject({ user: "ada", via: "token", csrf: null, session: null });
    const headers = { cookie, authorization: "Bearer ent_wrong" };
    expect((await app.request("/api/v1/session", { headers })).status).toBe(401);
  });

  it("says that its session ended, but stands in no way of signing in", async () => {
    const browser = await admin();
    const out = await browser.ask("/api/v1/session", { method: "DELETE" });
    expect([out.status, String(out.headers["set-cookie"])]).toEqual([
      204,
      "entrepot-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict",
    ]);
    for (const cookie of [browser.cookie, "entrepot-session=", "other=1; entrepot-session=x"]) {
      const { status, json } = await app.request("/api/v1/session", { headers: { cookie } });
      expect([cookie, status, json["helpCode"]]).toEqual([cookie, 401, "session-ended"]);
    }
    expect(
      (await signIn({ user: "admin", password: ADMIN_PASSWORD }, { cookie: browser.cookie })).status,
    ).toBe(201);
  });
});

describe("one's sessions", () => {
  it("are listed and ended one by one, and never those of others", async () => {
    await app.as("grace");
    const here = await browserOf("grace");
    const there = await browserOf("grace");
    const stranger = await admin();
    const { json } = await here.ask("/api/v1/sessions");
    const shown = (id: string, isThisOne: boolean): unknown => expect.objectContaining({ id, isThisOne });
    expect(json["items"]).toEqual([shown(here.id, true), shown(there.id, false)]);
    expect(JSON.stringify(json)).not.toContain(here.csrf);

    expect((await here.ask(`/api/v1/sessions/${stranger.id}`, { method: "DELETE" })).status).toBe(404);
    expect((await here.ask(`/api/v1/sessions/${there.id}`, { method: "DELETE" })).status).toBe(204);
    expect((await there.ask("/api/v1/session")).status).toBe(401);
    expect((await stranger.ask("/api/v1/session")).status).toBe(200);
  });

  it("end everywhere at once, with the tokens of logins when told so", async () => {
    const { token } = await app.as("alan");
    const browsers = [await browserOf("alan"), await browserOf("alan")];
    const [here] = browsers;
    const ended = await here?.ask("/api/v1/sessions/end", { method: "POST", body: { tokens: true } });
    expect(ended?.json).toEqual({ sessions: 2, tokens: 1 });
    for (const browser of browsers) expect((await browser.ask("/api/v1/session")).status).toBe(401);
    const headers = { authorization: `Bearer ${token}` };
    expect((await app.request("/npm/default/-/whoami", { headers })).status).toBe(401);
  });

  it("are ended by an administrator, by a new password and with the user", async () => {
    await app.as("edsger");
    const [one, two] = [await browserOf("edsger"), await browserOf("edsger")];
    const path = "/api/v1/users/edsger/sessions";
    const listed = (await app.admin.request(path)).json["items"];
    expect(listed).toHaveLength(2);
    expect((await app.admin.request(`${path}/${one.id}`, { method: "DELETE" })).status).toBe(204);
    expect((await one.ask("/api/v1/session")).status).toBe(401);
    const all = await app.admin.request(`${path}/end`, { method: "POST", body: {} });
    expect(all.json).toEqual({ sessions: 1, tokens: 0 });
    expect((await two.ask("/api/v1/session")).status).toBe(401);

    const three = await browserOf("edsger");
    const body = { password: "a new password" };
    await app.admin.request("/api/v1/users/edsger", { method: "PATCH", body });
    expect((await three.ask("/api/v1/session")).status).toBe(401);
    const four = await browserOf("edsger", "a new password");
    await app.admin.request("/api/v1/users/edsger", { method: "PATCH", body: { disabled: true } });
    expect((await four.ask("/api/v1/session")).status).toBe(401);
  });

  it("are no business of a limited token", async () => {
    const ada = await app.as("ada");
    const made = await ada.request("/api/v1/tokens", { method: "POST", body: { name: "reads" } });
    const headers = { authorization: `Bearer ${String(made.json["token"])}` };
    const ended = await app.request("/api/v1/sessions/end", { method: "POST", body: {}, headers });
    expect([ended.status, ended.json["helpCode"]]).toEqual([403, "token-permission"]);
  });
});
