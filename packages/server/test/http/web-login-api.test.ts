import { ADMIN_PASSWORD, startTestApp, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let app: TestApp;

beforeEach(async () => {
  app = await startTestApp({ file: "trustedProxies: [loopback]\nloginTokens: registry\n" });
});
afterEach(() => app.close());

interface Begun {
  /** Where the API has the login. */
  url: string;
  /** Path of the page that the client opens. */
  page: string;
  collect(): Promise<TestResponse>;
}

async function begin(address = "127.0.0.1"): Promise<Begun> {
  const headers = { "user-agent": "npm/11", "x-forwarded-for": address };
  const { json } = await app.request("/npm/default/-/v1/login", { method: "POST", headers, body: {} });
  const page = String(json["loginUrl"]).slice(app.url.length);
  const done = String(json["doneUrl"]).slice(app.url.length);
  return {
    url: `/api/v1/web-logins/default/${page.split("/").at(-1)}`,
    page,
    collect: () => app.request(done),
  };
}

async function browser(): Promise<Record<string, string>> {
  const body = { user: "admin", password: ADMIN_PASSWORD };
  const { headers, json } = await app.request("/api/v1/session", { method: "POST", body });
  const cookie = String(headers["set-cookie"]).split(";")[0] ?? "";
  return { cookie, "x-entrepot-csrf": String(json["csrf"]) };
}

describe("a login by browser, in the API", () => {
  it("tells who asks, from where and for what", async () => {
    const headers = await browser();
    expect((await app.request((await begin()).url, { headers })).json).toEqual({
      client: "npm/11",
      address: "127.0.0.1",
      isOtherAddress: false,
      registry: "default",
      reach: "registry",
    });
    const { url } = await begin("192.0.2.7");
    expect((await app.request(url, { headers })).json).toMatchObject({
      address: "192.0.2.7",
      isOtherAddress: true,
    });
  });

  it("is approved by a session, once", async () => {
    const { url, collect } = await begin();
    const headers = await browser();
    expect((await collect()).status).toBe(202);
    expect((await app.request(url, { method: "POST", headers })).status).toBe(204);
    expect((await app.request(url, { method: "POST", headers })).status).toBe(404);
    expect((await app.request(url, { headers })).status).toBe(404);
    const { status, json } = await collect();
    expect([status, typeof json["token"]]).toEqual([200, "string"]);
  });

  it("is not approved by a token, which may be limited, nor without what another site cannot know", async () => {
    const { url, collect } = await begin();
    expect((await app.admin.request(url, { method: "POST" })).status).toBe(403);
    const whole = await app.request("/api/v1/login", {
      method: "POST",
      body: { user: "admin", password: ADMIN_PASSWORD },
    });
    const headers = { authorization: `Bearer ${String(whole.json["token"])}` };
    expect((await app.request(url, { method: "POST", headers })).json["message"]).toContain(
      "session of a browser",
    );
    const { cookie = "" } = await browser();
    expect((await app.request(url, { method: "POST", headers: { cookie } })).status).toBe(403);
    expect((await app.request(url, { method: "POST" })).status).toBe(401);
    expect((await app.request(url)).status).toBe(401);
    expect((await collect()).status).toBe(202);
  });

  it("says of a registry that is not there what it says of a login that is over", async () => {
    const headers = await browser();
    const { url } = await begin();
    const over = await app.request("/api/v1/web-logins/default/nothing", { headers });
    const nowhere = await app.request(url.replace("/default/", "/nowhere/"), { headers });
    expect([nowhere.status, nowhere.json["message"]]).toEqual([over.status, over.json["message"]]);
    expect(over.status).toBe(404);
  });

  it("leads browsers from the client's page to the console's, and leaves the plain one to others", async () => {
    const { page } = await begin();
    const headers = { accept: "text/html" };
    const led = await app.request(page, { headers });
    const id = page.split("/").at(-1) ?? "";
    expect([led.status, led.headers["location"]]).toEqual([303, `${app.url}/login/default/${id}`]);
    expect((await app.request(`${page}?plain`, { headers })).text).toContain("asks to be logged in");
    expect((await app.request(page)).text).toContain("asks to be logged in");
  });
});
