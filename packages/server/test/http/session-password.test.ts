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
  await app.as("ada");
});
afterAll(() => app.close());

type Ask = (path: string, request?: TestRequest) => Promise<TestResponse>;

async function browserOf(user: string, password: string): Promise<Ask> {
  const { headers, json } = await app.request("/api/v1/session", {
    method: "POST",
    body: { user, password },
  });
  const own = {
    "cookie": String(headers["set-cookie"]).split(";")[0] ?? "",
    "x-entrepot-csrf": String(json["csrf"]),
  };
  return (path, request = {}) => app.request(path, { ...request, headers: { ...own, ...request.headers } });
}

const passwordOf = async (ask: Ask): Promise<string> =>
  String((await ask("/api/v1/session/password", { method: "POST" })).json["password"]);

const logIn = (name: string, password: string, more: Record<string, unknown> = {}): Promise<TestResponse> =>
  app.request(`/npm/default/-/user/org.couchdb.user:${name}`, {
    method: "PUT",
    headers: { "user-agent": "npm/11" },
    body: { name, password, ...more },
  });

const bearer = (token: unknown): Record<string, string> => ({ authorization: `Bearer ${String(token)}` });
const whoami = async (headers: Record<string, string>): Promise<unknown> =>
  (await app.request("/npm/default/-/whoami", { headers })).json["username"];

describe("the password of a browser session", () => {
  it("logs clients in as its user, under both names and with any e-mail, to tokens that outlive it", async () => {
    const ada = await browserOf("ada", "the password of ada");
    const password = await passwordOf(ada);
    expect(await passwordOf(ada)).toBe(password);
    const tokens: unknown[] = [];
    for (const name of ["session", "bytesafe", "ByteSafe"]) {
      const { status, json } = await logIn(name, password, { email: "anybody@example.test" });
      expect([name, status]).toEqual([name, 201]);
      expect(await whoami(bearer(json["token"]))).toBe("ada");
      tokens.push(json["token"]);
    }
    const { items } = (await ada("/api/v1/tokens")).json as { items: { name: string }[] };
    expect(items.filter(({ name }) => name === "login: from session, npm/11")).toHaveLength(3);

    await ada("/api/v1/session", { method: "DELETE" });
    const ended = await logIn("session", password);
    expect([ended.status, ended.json["helpCode"]]).toEqual([401, "session-ended"]);
    expect(ended.json.error).toMatch(/session ended/i);
    expect(new Set(tokens).size).toBe(3);
    for (const token of tokens) expect(await whoami(bearer(token))).toBe("ada");
  });

  it("is no token, no Basic credential and no password of its user", async () => {
    const ada = await browserOf("ada", "the password of ada");
    const password = await passwordOf(ada);
    const pairs = [`session:${password}`, `bytesafe:${password}`, `ada:${password}`, `api:${password}`];
    const headers = [
      bearer(password),
      ...pairs.map((pair) => ({ authorization: `Basic ${Buffer.from(pair).toString("base64")}` })),
    ];
    for (const header of headers) {
      for (const path of ["/npm/default/-/whoami", "/api/v1/tokens"]) {
        expect([header, (await app.request(path, { headers: header })).status]).toEqual([header, 401]);
      }
    }
    expect((await logIn("ada", password)).status).toBe(401);
    const body = { user: "session", password };
    expect((await app.request("/api/v1/session", { method: "POST", body })).status).toBe(401);
    const change = { ...body, newPassword: "another password" };
    expect((await app.request("/api/v1/password", { method: "POST", body: change })).status).toBe(401);
  });

  it("is given to a browser only", async () => {
    const ada = await app.as("ada");
    expect((await ada.request("/api/v1/session/password", { method: "POST" })).status).toBe(400);
  });

  it("of nobody is a wrong password like any other", async () => {
    for (const [password, code] of [
      ["the password of ada", "password-wrong"],
      ["es_short", "password-wrong"],
      [`es_${"x".repeat(43)}`, "session-ended"],
    ] as const) {
      const { status, json } = await logIn("session", password);
      expect([password, status, json["helpCode"]]).toEqual([password, 401, code]);
    }
  });

  it("belongs to names that nobody can have", async () => {
    for (const name of ["session", "Bytesafe", "api"]) {
      const { status } = await app.admin.request("/api/v1/users", { method: "POST", body: { name } });
      expect([name, status]).toEqual([name, 400]);
    }
  });
});

describe("a login as api", () => {
  it("takes a token and gives another, which ends no later", async () => {
    const ada = await app.as("ada");
    const body = { name: "writes", readonly: false, expiresInDays: 1 };
    const reading = (await ada.request("/api/v1/tokens", { method: "POST", body })).json["token"];
    const { status, json } = await logIn("api", String(reading));
    expect([status, await whoami(bearer(json["token"]))]).toEqual([201, "ada"]);
    expect(json["token"]).not.toBe(reading);
    const { items } = (await ada.request("/api/v1/tokens")).json as {
      items: { kind: string; readonly: boolean; expiresAt: string | null }[];
    };
    expect(items.find((item) => item.kind === "login" && item.expiresAt !== null)).toBeDefined();
  });

  it("takes a token with limits and gives that very one, so that revoking it ends it", async () => {
    const ada = await app.as("ada");
    const made = await ada.request("/api/v1/tokens", { method: "POST", body: { name: "reads" } });
    const { status, json } = await logIn("api", String(made.json["token"]));
    expect([status, json["token"]]).toEqual([201, made.json["token"]]);
  });

  it("takes nothing else", async () => {
    expect((await logIn("api", ADMIN_PASSWORD)).status).toBe(401);
    const key = await app.admin.request("/api/v1/keys", {
      method: "POST",
      body: { kind: "feed", name: "ci", registries: ["default"] },
    });
    const { status, json } = await logIn("api", String(key.json["token"]));
    expect([status, json.error]).toEqual([403, expect.stringContaining("set it as _authToken")]);
  });
});

it("goes by the name that the configuration gives it, which no user can have", async () => {
  const named = await startTestApp({ file: "sessionLogin: gate" });
  try {
    const { headers, json } = await named.request("/api/v1/session", {
      method: "POST",
      body: { user: "admin", password: ADMIN_PASSWORD },
    });
    const shown = await named.request("/api/v1/session/password", {
      method: "POST",
      headers: {
        "cookie": String(headers["set-cookie"]).split(";")[0] ?? "",
        "x-entrepot-csrf": String(json["csrf"]),
      },
    });
    expect(shown.json["user"]).toBe("gate");
    const { password } = shown.json;
    const statuses: [string, number][] = [];
    for (const name of ["gate", "bytesafe", "session"]) {
      const { status } = await named.request(`/npm/default/-/user/org.couchdb.user:${name}`, {
        method: "PUT",
        body: { name, password },
      });
      statuses.push([name, status]);
    }
    expect(statuses).toEqual([
      ["gate", 201],
      ["bytesafe", 201],
      ["session", 401],
    ]);
    const taken = await named.admin.request("/api/v1/users", { method: "POST", body: { name: "gate" } });
    expect([taken.status, taken.json.error]).toEqual([400, expect.stringContaining("reserved")]);
  } finally {
    await named.close();
  }
});

it.each(["api", "With Space", "UPPER"])("cannot go by the name %s", async (name) => {
  await expect(startTestApp({ file: `sessionLogin: ${name}` })).rejects.toThrow("sessionLogin");
});
