import { createHash } from "node:crypto";
import {
  ADMIN_PASSWORD,
  httpRequest,
  startTestApp,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let app: TestApp;
let fresh: TestApp;
let oneTime: string;

beforeAll(async () => {
  app = await startTestApp();
  fresh = await startFresh();
});
afterAll(async () => {
  await app.close();
  await fresh.close();
});

/** A server whose administrator has a one-time password still. */
async function startFresh(): Promise<TestApp> {
  const started = await startTestApp({ hasOneTimePassword: true });
  oneTime = started.app.firstAdmin?.oneTimePassword ?? "";
  return started;
}

const logIn = (where: TestApp, name: string, password: string): Promise<TestResponse> =>
  where.request(`/npm/default/-/user/org.couchdb.user:${name}`, { method: "PUT", body: { name, password } });

const change = (where: TestApp, body: unknown): Promise<TestResponse> =>
  where.request("/api/v1/password", { method: "POST", body });

const send = (
  where: TestApp,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<TestResponse> =>
  httpRequest(where.url, "/-/password", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(fields).toString(),
  });

describe("a one-time password", () => {
  it("opens no login, and the refusal names the way out", async () => {
    expect(oneTime).not.toBe("");
    const answers = [
      await logIn(fresh, "admin", oneTime),
      await fresh.request("/api/v1/login", { method: "POST", body: { user: "admin", password: oneTime } }),
    ];
    const way = `Do so at ${fresh.url}/-/password or with: entrepot password --server ${fresh.url}`;
    for (const { status, json } of answers) {
      expect([status, json["helpCode"]]).toEqual([403, "password-must-change"]);
      expect(json.error).toContain(way);
    }
  });

  it("opens nothing as a Basic credential either", async () => {
    const headers = { authorization: `Basic ${Buffer.from(`admin:${oneTime}`).toString("base64")}` };
    for (const path of ["/npm/default/left", "/api/v1/tokens", "/api/v1/users"]) {
      const { status, json } = await fresh.request(path, { headers });
      expect([path, status, json["helpCode"]]).toEqual([path, 403, "password-must-change"]);
    }
  });

  it("is replaced on the page, and then the new one logs in and the old one does not", async () => {
    const page = await fresh.request("/-/password?user=admin");
    expect([page.status, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.text).toContain('name="user" type="text" autocomplete="username" value="admin"');
    const own = "a password of my own";
    const fields = { user: "Admin", password: oneTime, newPassword: own, again: own };
    const done = await send(fresh, fields);
    expect([done.status, done.text.includes("<strong>admin</strong>")]).toEqual([200, true]);
    expect((await logIn(fresh, "admin", own)).status).toBe(201);
    expect((await logIn(fresh, "admin", oneTime)).status).toBe(401);
  });
});

describe("the page", () => {
  it("runs nothing, loads nothing, and is framed by nobody", async () => {
    const { headers, text } = await app.request("/-/password");
    expect(headers["content-security-policy"]).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    const style = /<style>([^]*)<\/style>/.exec(text)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(headers["content-security-policy"]).toContain(`style-src 'sha256-${hash}';`);
    expect(headers["cache-control"]).toBe("private, no-store");
    expect(text).not.toMatch(/<script|<link|<img|https?:\/\//);
  });

  it("shows what somebody put into its URL as text", async () => {
    const { text } = await app.request('/-/password?user="><script>alert(1)</script>');
    expect(text).not.toContain("<script>");
  });

  it.each([
    ["a wrong password", { password: "wrong" }, 403, "The user name or password is wrong."],
    ["two different new ones", { again: "something else" }, 400, "The new passwords differ"],
    ["the same password again", { newPassword: ADMIN_PASSWORD, again: ADMIN_PASSWORD }, 400, "must differ"],
    ["a short one", { newPassword: "short", again: "short" }, 400, "at least 8 characters"],
    ["the user's name", { newPassword: "Admin", again: "Admin" }, 400, "at least 8 characters"],
  ])("says what is wrong: %s", async (...[, fields, status, text]) => {
    const good = {
      user: "admin",
      password: ADMIN_PASSWORD,
      newPassword: "another one",
      again: "another one",
    };
    const answer = await send(app, { ...good, ...fields });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
    expect(answer.text).not.toContain(ADMIN_PASSWORD);
    expect(answer.headers["www-authenticate"]).toBeUndefined();
  });

  it("takes no form that another site sent, and nothing but forms", async () => {
    const fields = {
      user: "admin",
      password: ADMIN_PASSWORD,
      newPassword: "another one",
      again: "another one",
    };
    expect((await send(app, fields, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    for (const origin of ["http://other.example", "null"]) {
      expect((await send(app, fields, { origin })).status).toBe(403);
    }
    // Of a page that says "no-referrer", browsers would send the origin "null".
    expect((await app.request("/-/password")).headers["referrer-policy"]).toBe("same-origin");
    const own = await send(app, { ...fields, password: "wrong" }, { origin: app.url });
    expect(own.text).toContain("The user name or password is wrong.");
    expect((await send(app, fields, { "content-type": "application/json" })).status).toBe(400);
    expect((await app.request("/-/password", { method: "DELETE" })).status).toBe(405);
    expect((await logIn(app, "admin", ADMIN_PASSWORD)).status).toBe(201);
  });
});

describe("a change by API", () => {
  it("needs the old password and leaves tokens alone", async () => {
    const ada = await app.as("ada");
    const wrong = await change(app, { user: "ada", password: "wrong", newPassword: "a new password" });
    expect([wrong.status, wrong.json["helpCode"]]).toEqual([401, "password-wrong"]);
    const right = { user: "Ada", password: "the password of ada", newPassword: "a new password" };
    const changed = await change(app, right);
    expect([changed.status, changed.json]).toEqual([200, { user: "ada" }]);
    expect((await ada.request("/npm/default/-/whoami")).json).toEqual({ username: "ada" });
    expect((await logIn(app, "ada", right.password)).status).toBe(401);
    expect((await logIn(app, "ada", right.newPassword)).status).toBe(201);
  });

  it("counts wrong ones like a login does", async () => {
    await app.as("guessed");
    const guess = (count: number): Promise<TestResponse> =>
      change(app, { user: "guessed", password: `wrong ${count}`, newPassword: "a new password" });
    const statuses: number[] = [];
    for (let count = 0; count < 12; count += 1) statuses.push((await guess(count)).status);
    expect(statuses.at(-1)).toBe(429);
    const login = await logIn(app, "guessed", "another guess");
    expect(login.status).toBe(429);
    const page = await send(app, { user: "guessed", password: "x", newPassword: "y", again: "y" });
    expect([page.status, Number(page.headers["retry-after"]) >= 1]).toEqual([429, true]);
  });
});

it("Admin with the password Admin can never be used", async () => {
  await expect(startTestApp({ env: { ENTREPOT_ADMIN_PASSWORD: "Admin" } })).rejects.toMatchObject({
    code: "request-invalid",
  });
  for (const password of ["Admin", "admin"]) {
    const user = await app.admin.request("/api/v1/users/admin", { method: "PATCH", body: { password } });
    expect(user.status).toBe(400);
    expect(
      (await change(app, { user: "admin", password: ADMIN_PASSWORD, newPassword: password })).status,
    ).toBe(400);
    expect((await logIn(app, "Admin", password)).status).toBe(401);
  }
});
