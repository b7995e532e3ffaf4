import {
  ADMIN_PASSWORD,
  createTestClock,
  startTestApp,
  type TestApp,
  type TestClock,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const DAY_MS = 24 * 60 * 60 * 1000;
const PASSWORD = "a password of my own";

const logIn = (app: TestApp, name: string, body: Record<string, unknown>): Promise<TestResponse> =>
  app.request(`/npm/default/-/user/org.couchdb.user:${name}`, { method: "PUT", body: { name, ...body } });
const signUp = (app: TestApp, body: Record<string, unknown>): Promise<TestResponse> =>
  app.request("/api/v1/sign-up", { method: "POST", body: { password: PASSWORD, ...body } });
const invite = (app: TestApp, body: Record<string, unknown> = {}): Promise<TestResponse> =>
  app.admin.request("/api/v1/invitations", { method: "POST", body });

describe("where sign-up is closed", () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startTestApp()));
  afterAll(() => app.close());

  it("nobody becomes a user, and adduser says of everybody that name or password is wrong", async () => {
    const unknown = await logIn(app, "newcomer", { password: PASSWORD, email: "new@example.test" });
    const known = await logIn(app, "admin", { password: PASSWORD, email: "new@example.test" });
    expect([unknown.status, unknown.json.error]).toEqual([401, known.json.error]);
    expect((await signUp(app, { name: "newcomer" })).status).toBe(403);
    expect((await invite(app)).status).toBe(403);
    expect((await app.request("/-/invitation?code=x")).status).toBe(403);
    const { json } = await app.admin.request("/api/v1/users");
    expect(json["items"]).toHaveLength(1);
  });

  it("the old way of logging in once more still ends in a token", async () => {
    const basic = { authorization: `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString("base64")}` };
    const path = "/npm/default/-/user/org.couchdb.user:admin";
    const { json: found } = await app.request(`${path}?write=true`, { headers: basic });
    expect(found).toMatchObject({ _id: "org.couchdb.user:admin", name: "admin", roles: [] });
    const { status, json } = await app.request(`${path}/-rev/${String(found["_rev"])}`, {
      method: "PUT",
      headers: basic,
      body: { ...found, password: ADMIN_PASSWORD },
    });
    expect([status, json]).toEqual([
      201,
      { ok: true, id: found["_id"], rev: found["_rev"], token: expect.any(String) },
    ]);
  });

  it("adduser of somebody who is there is a login, as often as it likes", async () => {
    for (let time = 0; time < 2; time += 1) {
      const { status, json } = await logIn(app, "admin", {
        password: ADMIN_PASSWORD,
        email: "a@example.test",
      });
      expect([status, typeof json["token"]]).toEqual([201, "string"]);
    }
  });
});

describe("where sign-up is open", () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startTestApp({ file: "signUp: open\n" })));
  afterAll(() => app.close());

  it("adduser of a name that nobody has makes a developer, and a mere login does not", async () => {
    expect((await logIn(app, "ada", { password: PASSWORD })).status).toBe(401);
    const { status, json } = await logIn(app, "Ada", { password: PASSWORD, email: "ada@example.test" });
    expect(status).toBe(201);
    const headers = { authorization: `Bearer ${String(json["token"])}` };
    expect((await app.request("/npm/default/-/whoami", { headers })).json).toEqual({ username: "ada" });
    const { items } = (await app.admin.request("/api/v1/users")).json as { items: unknown[] };
    expect(items).toContainEqual(
      expect.objectContaining({
        name: "ada",
        displayName: "Ada",
        role: "developer",
        email: "ada@example.test",
      }),
    );
    // From then on it is a login, and a wrong password is one.
    const wrong = await logIn(app, "ada", { password: "something else", email: "eve@example.test" });
    expect([wrong.status, wrong.json["helpCode"]]).toEqual([401, "password-wrong"]);
  });

  it.each([
    ["a password that is none", "grace", { password: "short" }, 400],
    ["a name that means something else", "anonymous", { password: PASSWORD }, 400],
    ["an address that is none", "grace", { password: PASSWORD, email: "grace" }, 400],
  ])("refuses %s with a text", async (...[, name, body, expected]) => {
    const { status, json } = await logIn(app, name, { email: "x@example.test", ...body });
    expect([status, typeof json.error]).toEqual([expected, "string"]);
  });

  it("takes 60 in a minute from one address, by either way", async () => {
    const one = await startTestApp({ file: "signUp: open\n" });
    const statuses: number[] = [];
    for (let count = 0; count < 62 && statuses.at(-1) !== 429; count += 1) {
      statuses.push((await signUp(one, { name: `user-${count}`, password: "short" })).status);
    }
    const login = await logIn(one, "another", { password: PASSWORD, email: "x@example.test" });
    await one.close();
    expect([statuses.at(-1), login.status]).toEqual([429, 429]);
  });
});

describe("an invitation", () => {
  let app: TestApp;
  let clock: TestClock;
  beforeAll(async () => {
    clock = createTestClock();
    app = await startTestApp({ file: "signUp: invitation\n", now: clock.now });
  });
  afterAll(() => app.close());

  it("makes one user of its role and address", async () => {
    const { status, json } = await invite(app, { email: "linus@example.test", role: "read-only" });
    expect([status, json["url"]]).toEqual([201, `${app.url}/-/invitation?code=${String(json["code"])}`]);
    const made = await signUp(app, { code: json["code"], name: "linus" });
    expect([made.status, made.json]).toEqual([201, { user: "linus", role: "read-only" }]);
    expect((await logIn(app, "linus", { password: PASSWORD })).status).toBe(201);
    const again = await signUp(app, { code: json["code"], name: "second" });
    expect([again.status, again.json.error]).toEqual([403, expect.stringContaining("was used already")]);
    const { items } = (await app.admin.request("/api/v1/invitations")).json as { items: unknown[] };
    expect(items).toContainEqual(expect.objectContaining({ state: "accepted", acceptedBy: "linus" }));
    expect(JSON.stringify(items)).not.toContain(String(json["code"]));
  });

  it("is not used up by a name that is taken, a bad password, or a race", async () => {
    const { code } = (await invite(app)).json;
    expect((await signUp(app, { code, name: "admin" })).status).toBe(409);
    expect((await signUp(app, { code, name: "fresh", password: "short" })).status).toBe(400);
    const names = ["one", "two", "three"];
    const answers = await Promise.all(names.map((name) => signUp(app, { code, name })));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      201, 403, 403,
    ]);
  });

  it("expires after five days, counted anew when it is sent again", async () => {
    const { id, code } = (await invite(app)).json;
    clock.advance(5 * DAY_MS);
    const late = await signUp(app, { code, name: "late" });
    expect([late.status, late.json.error]).toEqual([403, expect.stringContaining("expired")]);
    const sent = await app.admin.request(`/api/v1/invitations/${String(id)}/resend`, { method: "POST" });
    clock.advance(5 * DAY_MS - 1);
    expect((await signUp(app, { code, name: "late" })).status).toBe(404);
    expect((await signUp(app, { code: sent.json["code"], name: "late" })).status).toBe(201);
  });

  it("can be revoked, and is then neither used nor sent again", async () => {
    const { id, code } = (await invite(app)).json;
    const path = `/api/v1/invitations/${String(id)}`;
    expect((await app.admin.request(path, { method: "DELETE" })).status).toBe(204);
    expect((await signUp(app, { code, name: "nobody-yet" })).status).toBe(403);
    expect((await app.admin.request(`${path}/resend`, { method: "POST" })).status).toBe(404);
    expect((await app.admin.request(path, { method: "DELETE" })).status).toBe(404);
  });

  it("is good only as long as who sent it may invite", async () => {
    const inviter = await app.as("an-inviter", "admin");
    const { json } = await inviter.request("/api/v1/invitations", { method: "POST", body: {} });
    const change = async (name: string, body: unknown): Promise<void> => {
      const changed = await app.admin.request(`/api/v1/users/${name}`, { method: "PATCH", body });
      expect(changed.status).toBe(200);
    };
    for (const [taken, given] of [
      [{ disabled: true }, { disabled: false }],
      [{ role: "developer" }, { role: "admin" }],
    ]) {
      await change("an-inviter", taken);
      const refused = await signUp(app, { code: json["code"], name: "trusting" });
      expect([refused.status, refused.json.error]).toEqual([
        403,
        expect.stringContaining("may not invite any more"),
      ]);
      const page = await app.request(`/-/invitation?code=${String(json["code"])}`);
      expect([page.status, page.text.includes("may not invite any more")]).toEqual([403, true]);
      await change("an-inviter", given);
    }
    expect((await signUp(app, { code: json["code"], name: "trusting" })).status).toBe(201);
    const trail = await app.admin.request("/api/v1/audit?kind=invitation-changed&limit=1");
    expect(trail.json["items"]).toEqual([
      expect.objectContaining({
        actor: "trusting",
        detail: expect.objectContaining({
          what: "accepted",
          userName: "trusting",
          invitedBy: "an-inviter",
          invitationId: json["id"],
        }),
      }),
    ]);
  });

  it("is not sent by who administers by a rule alone, for it would be refused when it is used", async () => {
    const dora = await app.as("dora");
    const rule = { subject: "user", name: "dora", permissions: ["administer"] };
    await app.admin.request("/api/v1/access-rules", { method: "POST", body: rule });
    const { status, json } = await dora.request("/api/v1/invitations", { method: "POST", body: {} });
    expect([status, json.error]).toEqual([403, expect.stringContaining("dora is developer")]);
    const { json: sent } = await invite(app);
    const again = `/api/v1/invitations/${String(sent["id"])}/resend`;
    expect((await dora.request(again, { method: "POST" })).status).toBe(403);
    expect((await app.admin.request(again, { method: "POST" })).status).toBe(200);
  });

  it("is guessed no faster than a password", async () => {
    const one = await startTestApp({ file: "signUp: invitation\n" });
    const { code } = (await invite(one)).json;
    expect((await signUp(one, { code, name: "invited" })).status).toBe(201);
    const statuses: number[] = [];
    for (let count = 0; count < 62 && statuses.at(-1) !== 429; count += 1) {
      statuses.push((await signUp(one, { code: "guess", name: `user-${count}` })).status);
    }
    await one.close();
    // Whoever was invited costs the address nothing.
    expect([statuses.length, statuses[0], statuses.at(-1)]).toEqual([61, 404, 429]);
  });

  it("is the only way in", async () => {
    expect((await signUp(app, { name: "uninvited" })).status).toBe(403);
    expect((await signUp(app, { name: "uninvited", code: "guess" })).status).toBe(404);
    const added = await logIn(app, "uninvited", { password: PASSWORD, email: "u@example.test" });
    expect(added.status).toBe(401);
  });

  it("to be an owner comes from owners only", async () => {
    const admin = await app.as("an-admin", "admin");
    const body = { role: "owner" };
    const request = { method: "POST", body };
    expect((await admin.request("/api/v1/invitations", request)).status).toBe(403);
    const { json, status } = await invite(app, body);
    expect(status).toBe(201);
    const resend = `/api/v1/invitations/${String(json["id"])}/resend`;
    expect((await admin.request(resend, { method: "POST" })).status).toBe(403);
  });

  it("is accepted on its page, which says what is wrong", async () => {
    const { code, url } = (await invite(app)).json;
    const path = String(url).slice(app.url.length);
    const page = await app.request(path);
    expect([page.status, page.text.includes("<strong>developer</strong>")]).toEqual([200, true]);
    expect(page.headers["content-security-policy"]).toMatch(/^default-src 'none';/);
    const send = (fields: Record<string, string>): Promise<TestResponse> =>
      app.request("/-/invitation", {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({
          code: String(code),
          name: "barbara",
          again: PASSWORD,
          ...fields,
        }).toString(),
      });
    const differing = await send({ password: "something else" });
    expect([differing.status, differing.text.includes("The passwords differ")]).toEqual([400, true]);
    const taken = await send({ password: PASSWORD, name: "admin" });
    expect([taken.status, taken.text.includes("There is a user &quot;admin&quot; already")]).toEqual([
      409,
      true,
    ]);
    expect((await send({ password: PASSWORD })).text).toContain("<strong>barbara</strong>");
    const over = await send({ password: PASSWORD, name: "somebody" });
    expect([over.status, over.text.includes("was used already")]).toEqual([403, true]);
    expect((await app.request("/-/invitation")).status).toBe(404);
  });
});

it("only an owner makes somebody an owner, or changes one", async () => {
  const app = await startTestApp();
  const admin = await app.as("an-admin", "admin");
  await app.as("dev");
  const change = (name: string, body: unknown): Promise<TestResponse> =>
    admin.request(`/api/v1/users/${name}`, { method: "PATCH", body });
  const refused = [
    await change("an-admin", { role: "owner" }),
    await change("dev", { role: "owner" }),
    await change("admin", { password: "a password of mine" }),
    await change("admin", { disabled: true }),
    await change("ADMIN", { role: "developer" }),
    await admin.request("/api/v1/users", { method: "POST", body: { name: "two", role: "owner" } }),
  ];
  const owned = await app.admin.request("/api/v1/users/dev", { method: "PATCH", body: { role: "owner" } });
  await app.close();
  expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403));
  expect([owned.status, owned.json["role"]]).toEqual([200, "owner"]);
});
