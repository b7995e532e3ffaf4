import { ADMIN_PASSWORD, explained, startTestApp, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const login = (name: string, body: unknown, headers: Record<string, string> = {}): Promise<TestResponse> =>
  app.request(`/npm/default/-/user/org.couchdb.user:${encodeURIComponent(name)}`, {
    method: "PUT",
    body,
    headers,
  });

const whoami = async (token: string): Promise<[number, unknown]> => {
  const { status, json } = await app.request("/npm/default/-/whoami", {
    headers: { authorization: `Bearer ${token}` },
  });
  return [status, json["username"]];
};

describe("a login with user name and password", () => {
  it("answers with a token that works, as every client reads it", async () => {
    const { status, json } = await login("admin", {
      _id: "org.couchdb.user:admin",
      name: "admin",
      password: ADMIN_PASSWORD,
      type: "user",
      roles: [],
      date: new Date().toISOString(),
    });
    expect(status).toBe(201);
    expect(json).toEqual({
      ok: true,
      id: "org.couchdb.user:admin",
      rev: expect.any(String),
      token: expect.any(String),
    });
    expect(await whoami(String(json["token"]))).toEqual([200, "admin"]);
  });

  it("takes yarn's Basic header beside the body, and other case for the same user", async () => {
    const basic = `Basic ${Buffer.from(`Admin:${ADMIN_PASSWORD}`).toString("base64")}`;
    const { status, json } = await login(
      "Admin",
      { name: "Admin", password: ADMIN_PASSWORD },
      { authorization: basic },
    );
    expect([status, json["id"]]).toEqual([201, "org.couchdb.user:admin"]);
  });

  it("is not kept from a client that still sends its old token", async () => {
    const old = { authorization: "Bearer token-of-last-year" };
    expect((await login("admin", { name: "admin", password: ADMIN_PASSWORD }, old)).status).toBe(201);
  });

  it.each([
    ["a wrong password", { name: "admin", password: "wrong" }, 401],
    ["no password", { name: "admin" }, 400],
    ["another name than the URL's", { name: "other", password: "x" }, 400],
    ["no object", [], 400],
    ["no JSON", "{", 400],
    ["a password that is none", { name: "admin", password: { $gt: "" } }, 400],
  ])("refuses %s", async (_what, body, expected) => {
    const { status, json } = await login("admin", body);
    expect([status, typeof json.error]).toEqual([expected, "string"]);
    expect(json).not.toHaveProperty("token");
  });

  it("challenges for a password after a wrong one, and says so where npm shows it", async () => {
    const answers = [
      await login("admin", { name: "admin", password: "wrong" }),
      await app.request("/npm/default/-/whoami", {
        headers: { authorization: `Basic ${Buffer.from("admin:wrong").toString("base64")}` },
      }),
    ];
    for (const { status, headers } of answers) {
      expect([status, headers["www-authenticate"], headers["npm-notice"]]).toEqual([
        401,
        'Basic realm="Entrepot"',
        explained("The user name or password is wrong."),
      ]);
    }
  });

  it("says of a user who is not there what it says of a wrong password", async () => {
    const wrong = await login("admin", { name: "admin", password: "wrong again" });
    const unknown = await login("nobody", { name: "nobody", password: "wrong again" });
    expect([unknown.status, unknown.json.error]).toEqual([wrong.status, wrong.json.error]);
  });
});

describe("whoami and ping", () => {
  it("tell who asks, in any form of credential, and 401 to who is nobody", async () => {
    expect(await whoami(app.admin.token)).toEqual([200, "admin"]);
    const { status, json, headers } = await app.request("/npm/default/-/whoami");
    expect([status, typeof json.error, typeof headers["www-authenticate"]]).toEqual([
      401,
      "string",
      "string",
    ]);
  });

  it("answer a ping with an object, also to nobody and with ?write=true", async () => {
    for (const path of ["/npm/default/-/ping", "/npm/default/-/ping?write=true"]) {
      expect((await app.request(path)).json).toEqual({});
      expect((await app.admin.request(path)).json).toEqual({});
    }
  });
});

describe("a logout", () => {
  it("revokes the token at once, and no other", async () => {
    const ada = await app.as("ada");
    const second = String(
      (await login("ada", { name: "ada", password: "the password of ada" })).json["token"],
    );
    expect(await whoami(second)).toEqual([200, "ada"]);
    const path = `/npm/default/-/user/token/${encodeURIComponent(second)}`;
    const out = await app.request(path, { method: "DELETE", headers: { authorization: `Bearer ${second}` } });
    expect([out.status, out.json]).toEqual([200, { ok: true }]);
    expect((await whoami(second))[0]).toBe(401);
    expect(await whoami(ada.token)).toEqual([200, "ada"]);
  });

  it("needs the token's secret, and a credential", async () => {
    const ada = await app.as("ada");
    const { items } = (await app.admin.request("/api/v1/tokens")).json as { items: { id: string }[] };
    for (const token of [items[0]?.id ?? "", "not-a-token", `${app.admin.token}x`]) {
      const { status } = await ada.request(`/npm/default/-/user/token/${token}`, { method: "DELETE" });
      expect([400, 401, 403, 404]).toContain(status);
    }
    const anonymous = await app.request(`/npm/default/-/user/token/${app.admin.token}`, { method: "DELETE" });
    expect(anonymous.status).toBe(401);
    expect(await whoami(app.admin.token)).toEqual([200, "admin"]);
  });
});

describe("a look at a user", () => {
  it("shows the public fields only", async () => {
    await app.as("grace");
    await app.admin.request("/api/v1/users/grace", {
      method: "PATCH",
      body: { email: "grace@example.test" },
    });
    const { status, json } = await app.admin.request("/npm/default/-/user/org.couchdb.user:grace");
    expect(status).toBe(200);
    expect(json).toEqual({
      _id: "org.couchdb.user:grace",
      _rev: "1-0",
      name: "grace",
      email: "grace@example.test",
      type: "user",
      roles: [],
    });
  });

  it("is 404 for who is not there", async () => {
    const { status, json } = await app.admin.request("/npm/default/-/user/org.couchdb.user:nobody");
    expect([status, json.error]).toEqual([404, 'There is no user "nobody".']);
  });
});

describe("the API's login", () => {
  it("is not stopped by a credential that has ended", async () => {
    const { status, json } = await app.request("/api/v1/login", {
      method: "POST",
      headers: { authorization: "Bearer ent_no-longer-a-token" },
      body: { user: "admin", password: ADMIN_PASSWORD },
    });
    expect([status, typeof json["token"]]).toEqual([200, "string"]);
  });
});

it("a request that names the type of a body and brings none is one without a body", async () => {
  await app.admin.request("/api/v1/registries", { method: "POST", body: { name: "passing" } });
  const { status } = await app.admin.request("/api/v1/registries/passing", {
    method: "DELETE",
    headers: { "content-type": "application/json" },
  });
  expect(status).toBe(204);
});
