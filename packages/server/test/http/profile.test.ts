import {
  ADMIN_PASSWORD,
  startTestApp,
  type Persona,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PROFILE = "/npm/default/-/npm/v1/user";

let app: TestApp;
let ada: Persona;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.as("ada");
});
afterAll(() => app.close());

const set = (body: unknown, who: Persona = ada): Promise<TestResponse> =>
  who.request(PROFILE, { method: "POST", body });

describe("a profile", () => {
  it("is one's own, in the shape that npm reads", async () => {
    const { status, json } = await app.admin.request(PROFILE);
    expect([status, json]).toEqual([
      200,
      {
        name: "admin",
        email: "",
        email_verified: false,
        tfa: false,
        fullname: "",
        homepage: "",
        freenode: "",
        twitter: "",
        github: "",
        created: expect.stringMatching(/^\d{4}-/),
        updated: expect.stringMatching(/^\d{4}-/),
        cidr_whitelist: null,
      },
    ]);
  });

  it("takes full name and e-mail, and is written back as it was read without a change", async () => {
    const named = await set({ fullname: "Ada Lovelace", email: "ada@example.test" });
    expect([named.status, named.json]).toEqual([
      200,
      expect.objectContaining({ fullname: "Ada Lovelace", email: "ada@example.test" }),
    ]);
    expect((await set(named.json)).json).toEqual(named.json);
    expect((await set({ email: "" })).json).toMatchObject({ fullname: "Ada Lovelace", email: "" });
    const { items } = (await app.admin.request("/api/v1/users")).json as { items: unknown[] };
    expect(items).toContainEqual(
      expect.objectContaining({ name: "ada", fullName: "Ada Lovelace", email: null }),
    );
  });

  it.each([
    ["an address that is none", { email: "ada" }, "not an email address"],
    ["a name with what cannot be seen", { fullname: "Ada\u0000" }, "A full name"],
    ["a field that is not text", { fullname: 1 }, 'The field "fullname"'],
    ["a field that is not kept", { github: "ada" }, 'no "github"'],
    ["two factors", { tfa: { mode: "auth-only", password: "x" } }, "not offered by this server yet"],
    ["a password without the old one", { password: { new: "another password" } }, "needs the old one"],
  ])("refuses %s with a text", async (_what, body, text) => {
    const { status, json } = await set(body);
    expect([status, json.error]).toEqual([400, expect.stringContaining(text)]);
  });

  it("changes the password of whoever knows it, and no other", async () => {
    const grace = await app.as("grace");
    const wrong = await set({ password: { old: "wrong", new: "a new password" } }, grace);
    expect([wrong.status, wrong.json["helpCode"]]).toEqual([401, "password-wrong"]);
    const right = { old: "the password of grace", new: "a new password" };
    expect((await set({ password: right }, grace)).status).toBe(200);
    const login = (password: string): Promise<TestResponse> =>
      app.request("/api/v1/login", { method: "POST", body: { user: "grace", password } });
    expect([(await login(right.old)).status, (await login(right.new)).status]).toEqual([401, 200]);
  });

  it.each([
    ["a field", { email: "barbara" }, {}, 400],
    ["the old password", {}, { old: "wrong" }, 401],
    ["the new password", {}, { new: "short" }, 400],
  ])("is changed in nothing where %s is refused", async (...[, fields, passwords, status]) => {
    const barbara = await app.as("barbara");
    const right = { old: "the password of barbara", new: "a new password" };
    const body = { fullname: "B. Liskov", ...fields, password: { ...right, ...passwords } };
    expect((await set(body, barbara)).status).toBe(status);
    expect((await barbara.request(PROFILE)).json).toMatchObject({ fullname: "", email: "" });
    const login = { user: "barbara", password: right.old };
    expect((await app.request("/api/v1/login", { method: "POST", body: login })).status).toBe(200);
  });

  it("is not changed with a limited token", async () => {
    const made = await ada.request("/api/v1/tokens", { method: "POST", body: { name: "reads" } });
    const headers = { authorization: `Bearer ${String(made.json["token"])}` };
    const { status, json } = await app.request(PROFILE, {
      method: "POST",
      headers,
      body: { fullname: "Eve" },
    });
    expect([status, json["helpCode"]]).toEqual([403, "token-permission"]);
    expect((await app.request(PROFILE, { headers })).status).toBe(200);
  });

  it("is shown to a password too", async () => {
    const pair = Buffer.from(`admin:${ADMIN_PASSWORD}`).toString("base64");
    const { json } = await app.request(PROFILE, { headers: { authorization: `Basic ${pair}` } });
    expect(json).toMatchObject({ name: "admin" });
  });
});
