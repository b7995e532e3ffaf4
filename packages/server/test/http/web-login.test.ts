import {
  ADMIN_PASSWORD,
  createTestClock,
  startTestApp,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const MINUTE_MS = 60_000;

let app: TestApp;
let clock: TestClock;

beforeEach(async () => {
  clock = createTestClock();
  app = await startTestApp({ now: clock.now });
});
afterEach(() => app.close());

interface Begun {
  /** Paths below the server's URL. */
  page: string;
  done: string;
}

async function begin(headers: Record<string, string> = {}, registry = "default"): Promise<Begun> {
  const { status, json } = await app.request(`/npm/${registry}/-/v1/login`, {
    method: "POST",
    headers: { "user-agent": "npm/11 <b>", ...headers },
    body: {},
  });
  expect(status).toBe(200);
  const [page, done] = [String(json["loginUrl"]), String(json["doneUrl"])];
  for (const url of [page, done]) expect(url.startsWith(`${app.url}/npm/${registry}/-/`)).toBe(true);
  return { page: page.slice(app.url.length), done: done.slice(app.url.length) };
}

const send = (
  page: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<TestResponse> =>
  app.request(page, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(fields).toString(),
  });

const approve = (page: string): Promise<TestResponse> =>
  send(page, { user: "admin", password: ADMIN_PASSWORD });

const whoami = (token: unknown): Promise<TestResponse> =>
  app.request("/npm/default/-/whoami", { headers: { authorization: `Bearer ${String(token)}` } });

describe("a login by browser", () => {
  it("waits, gives a token once when somebody approved, and is over then", async () => {
    const { page, done } = await begin();
    for (let poll = 0; poll < 2; poll += 1) {
      const { status, headers, json } = await app.request(done);
      expect([status, Number(headers["retry-after"]), json]).toEqual([202, 1, {}]);
    }
    expect((await approve(page)).status).toBe(200);
    const answers = await Promise.all([app.request(done), app.request(done), app.request(done)]);
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      200, 404, 404,
    ]);
    const token = answers.find(({ status }) => status === 200)?.json["token"];
    expect((await whoami(token)).json).toEqual({ username: "admin" });
    expect((await app.request(done)).status).toBe(404);
    expect((await app.request(page)).status).toBe(404);
    expect((await approve(page)).status).toBe(404);
    const { items } = (await app.admin.request("/api/v1/tokens")).json as { items: { name: string }[] };
    expect(items.map(({ name }) => name)).toContain("login: npm/11 <b>");
  });

  it("shows who asks, as text, on a page that runs and loads nothing", async () => {
    const { page, done } = await begin();
    const { status, headers, text } = await app.request(page);
    expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(headers["content-security-policy"]).toMatch(
      /^default-src 'none'; style-src [^;]+; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(text).toContain("<strong>npm/11 &lt;b&gt;</strong> at the address <strong>127.0.0.1</strong>");
    expect(text).toContain("<strong>default</strong>");
    expect(text).not.toMatch(/<script|<link|<img|https?:\/\//);
    // Whoever sees the page's URL must not be able to fetch the token.
    expect(done).not.toContain(page.split("/").at(-1));
    expect(text).not.toContain(done);
  });

  it("says what its token can do, and warns of no address but another one", async () => {
    const { page } = await begin();
    const { text } = await app.request(page);
    expect(text).toContain("A client that calls itself <strong>npm/11");
    expect(text).toContain("<strong>everything that you may do on this server</strong>");
    expect(text).not.toContain('role="alert"');
  });

  it("warns of an address that is not the browser's, and tells the trail of all three", async () => {
    await app.close();
    app = await startTestApp({ file: "trustedProxies: [loopback]\n", now: clock.now });
    const at = (ip: string): { headers: Record<string, string> } => ({ headers: { "x-forwarded-for": ip } });
    const { page, done } = await begin(at("192.0.2.1").headers);
    const { text } = await app.request(page, at("192.0.2.2"));
    expect(text).toContain('<p role="alert">');
    expect(text).toMatch(/begun at another address than yours:.* at 192\.0\.2\.1, .*\s+192\.0\.2\.2\./);
    const own = { ...at("192.0.2.2").headers, "user-agent": "Firefox" };
    expect((await send(page, { user: "admin", password: ADMIN_PASSWORD }, own)).status).toBe(200);
    expect((await app.request(done, at("192.0.2.3"))).status).toBe(200);
    const events = async (kind: string): Promise<Record<string, unknown>[]> =>
      (await app.admin.request(`/api/v1/audit?kind=${kind}`)).json["items"] as Record<string, unknown>[];
    await expect
      .poll(() => events("signed-in"))
      .toContainEqual(expect.objectContaining({ actor: "admin", address: "192.0.2.3" }));
    expect(await events("web-login-approved")).toEqual([
      expect.objectContaining({
        actor: "admin",
        credential: "password",
        address: "192.0.2.2",
        client: "Firefox",
        result: "done",
        detail: expect.objectContaining({ client: "npm/11 <b>", address: "192.0.2.1" }),
      }),
    ]);
  });

  it("says that a password is wrong, and counts it", async () => {
    const { page, done } = await begin();
    const wrong = await send(page, { user: "admin", password: "wrong" });
    expect([wrong.status, wrong.headers["www-authenticate"]]).toEqual([403, undefined]);
    expect(wrong.text).toContain("The user name or password is wrong.");
    const statuses: number[] = [];
    for (let count = 0; count < 11; count += 1) {
      statuses.push((await send(page, { user: "admin", password: `wrong ${count}` })).status);
    }
    expect(statuses.at(-1)).toBe(429);
    expect((await app.request(done)).status).toBe(202);
  });

  it("is over after ten minutes, approved or not", async () => {
    const [one, two] = [await begin(), await begin()];
    clock.advance(9 * MINUTE_MS);
    expect((await approve(one.page)).status).toBe(200);
    clock.advance(MINUTE_MS);
    for (const { page, done } of [one, two]) {
      expect([(await app.request(page)).status, (await app.request(done)).status]).toEqual([404, 404]);
    }
    expect((await approve(two.page)).status).toBe(404);
  });

  it("belongs to its registry", async () => {
    await app.admin.request("/api/v1/registries", { method: "POST", body: { name: "other" } });
    const { page, done } = await begin();
    const elsewhere = (path: string): string => path.replace("/default/", "/other/");
    expect((await app.request(elsewhere(page))).status).toBe(404);
    expect((await approve(elsewhere(page))).status).toBe(404);
    await approve(page);
    expect((await app.request(elsewhere(done))).status).toBe(404);
    expect((await app.request(done)).status).toBe(200);
  });

  it("is not hindered by a credential that ended, at any step", async () => {
    const stale = { authorization: "Bearer ent_wrong" };
    const { page, done } = await begin(stale);
    expect((await app.request(page, { headers: stale })).status).toBe(200);
    expect((await app.request(done, { headers: stale })).status).toBe(202);
    expect((await send(page, { user: "admin", password: ADMIN_PASSWORD }, stale)).status).toBe(200);
    expect((await app.request(done, { headers: stale })).status).toBe(200);
  });

  it("is told at the URL under which the client came", async () => {
    const proxied = await startTestApp({ env: { ENTREPOT_PUBLIC_URL: "https://npm.example/base" } });
    const { json } = await proxied.request("/npm/default/-/v1/login", { method: "POST", body: "null" });
    await proxied.close();
    expect(json).toEqual({
      loginUrl: expect.stringMatching(/^https:\/\/npm\.example\/base\/npm\/default\/-\/login\/[\w-]{43}$/),
      doneUrl: expect.stringMatching(/^https:\/\/npm\.example\/base\/npm\/default\/-\/v1\/login\/[\w-]{43}$/),
    });
  });

  it("is not offered where the operator does not want it", async () => {
    const plain = await startTestApp({ file: "webLogin: false\n" });
    const { status, json } = await plain.request("/npm/default/-/v1/login", { method: "POST", body: {} });
    await plain.close();
    expect([status, json.error]).toEqual([404, expect.stringContaining("--auth-type=legacy")]);
  });

  it("is refused to a client that wants to ask for name and password", async () => {
    const request = { method: "POST", headers: { "npm-auth-type": "legacy" }, body: {} };
    expect((await app.request("/npm/default/-/v1/login", request)).status).toBe(404);
  });

  it("keeps its token from a request that would lose it", async () => {
    const { page, done } = await begin();
    await approve(page);
    const { status, headers } = await app.request(done, { method: "HEAD" });
    expect([status, headers["allow"]]).toEqual([405, "GET"]);
    expect((await app.request(done)).status).toBe(200);
  });

  it("is one of 20 from one address; the oldest makes room, unless it is younger than a minute", async () => {
    const first = await begin();
    for (let count = 0; count < 19; count += 1) {
      clock.advance(1000);
      await begin();
    }
    const asked = { method: "POST", body: {} };
    const { status, headers } = await app.request("/npm/default/-/v1/login", asked);
    expect([status, Number(headers["retry-after"])]).toEqual([429, 41]);
    expect((await app.request(first.done)).status).toBe(202);
    clock.advance(41_000);
    const last = await begin();
    expect((await app.request(first.done)).status).toBe(404);
    expect((await app.request(last.done)).status).toBe(202);
  });

  it("leaves none of its secrets in the database", async () => {
    const { page, done } = await begin();
    await approve(page);
    const token = String((await app.request(done)).json["token"]);
    expect((await whoami(token)).status).toBe(200);
    expect((await app.request(`${done}x`)).status).toBe(404);
  });
});

describe("in a browser that is signed in", () => {
  async function signIn(): Promise<{ cookie: string; csrf: string }> {
    const body = { user: "admin", password: ADMIN_PASSWORD };
    const { headers, json } = await app.request("/api/v1/session", { method: "POST", body });
    return { cookie: String(headers["set-cookie"]).split(";")[0] ?? "", csrf: String(json["csrf"]) };
  }

  it("a button is enough", async () => {
    const { cookie, csrf } = await signIn();
    const { page, done } = await begin();
    const { text } = await app.request(page, { headers: { cookie } });
    expect(text).toContain("Log the client in as admin");
    expect(text).toContain(`value="${csrf}"`);
    expect((await send(page, { csrf }, { cookie })).status).toBe(200);
    const { json } = await app.request(done);
    expect((await whoami(json["token"])).json).toEqual({ username: "admin" });
  });

  it("its session's password does on another machine's page, and the token says where it is from", async () => {
    const { cookie, csrf } = await signIn();
    const headers = { cookie, "x-entrepot-csrf": csrf };
    const given = await app.request("/api/v1/session/password", { method: "POST", headers });
    const { page, done } = await begin();
    expect((await send(page, { user: "session", password: String(given.json["password"]) })).status).toBe(
      200,
    );
    expect((await whoami((await app.request(done)).json["token"])).json).toEqual({ username: "admin" });
    const { items } = (await app.admin.request("/api/v1/tokens")).json as { items: { name: string }[] };
    expect(items.map(({ name }) => name)).toContain("login: from session, npm/11 <b>");
  });

  it("no other site can press it, and no session that ended", async () => {
    const { cookie, csrf } = await signIn();
    const { page, done } = await begin();
    for (const [fields, headers, status] of [
      [{ csrf: "guess" }, { cookie }, 403],
      [{ csrf }, {}, 403],
      [{ csrf }, { cookie, "sec-fetch-site": "cross-site" }, 403],
      [{ csrf: "" }, { cookie }, 403],
    ] as const) {
      expect((await send(page, fields, headers)).status).toBe(status);
    }
    const headers = { cookie, "x-entrepot-csrf": csrf };
    await app.request("/api/v1/session", { method: "DELETE", headers });
    const ended = await send(page, { csrf }, { cookie });
    expect([ended.status, ended.text.includes("session of this browser ended")]).toEqual([403, true]);
    expect((await app.request(page, { headers: { cookie } })).text).not.toContain("Log the client in as");
    expect((await app.request(done)).status).toBe(202);
  });
});

it("a one-time password is sent to the page where it is replaced", async () => {
  const fresh = await startTestApp({ hasOneTimePassword: true });
  const { json } = await fresh.request("/npm/default/-/v1/login", { method: "POST", body: {} });
  const { status, text } = await fresh.request(String(json["loginUrl"]).slice(fresh.url.length), {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      user: "admin",
      password: fresh.app.firstAdmin?.oneTimePassword ?? "",
    }).toString(),
  });
  const done = await fresh.request(String(json["doneUrl"]).slice(fresh.url.length));
  await fresh.close();
  expect([status, done.status]).toEqual([403, 202]);
  expect(text).toContain(`<a href="${fresh.url}/-/password?user=admin">`);
});

describe("where tokens of logins are limited to their registry", () => {
  it("those of both kinds of login are, and no others", async () => {
    await app.close();
    app = await startTestApp({ file: "loginTokens: registry\n", now: clock.now });
    // The administrator's own token is limited too.
    const own = Buffer.from(`admin:${ADMIN_PASSWORD}`).toString("base64");
    const request = { method: "POST", headers: { authorization: `Basic ${own}` }, body: { name: "other" } };
    expect((await app.request("/api/v1/registries", request)).status).toBe(201);
    const { page, done } = await begin({}, "other");
    const { text } = await app.request(page);
    expect(text).toContain("what you may do in the registry <strong>other</strong>, and nothing elsewhere");
    expect(text).not.toContain("on this server");
    await approve(page);
    const { json } = await app.request(done);
    const headers = { authorization: `Bearer ${String(json["token"])}` };
    expect((await app.request("/npm/other/", { headers })).status).toBe(200);
    for (const refused of [
      await app.request("/npm/default/", { headers }),
      await app.admin.request("/npm/other/"),
    ]) {
      expect([refused.status, refused.json["helpCode"]]).toEqual([403, "token-registry"]);
      expect(refused.json.error).toContain("log in to that one, with a slash at the end of its URL.");
    }
  });
});
