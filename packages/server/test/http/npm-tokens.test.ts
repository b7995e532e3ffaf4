import { ADMIN_PASSWORD, createTestClock, startTestApp, type Persona, type TestApp } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PASSWORD = "the password of dev";
const TOKENS = "/npm/default/-/npm/v1/tokens";

let app: TestApp;
let dev: Persona;
const clock = createTestClock();

beforeAll(async () => {
  app = await startTestApp({ now: clock.now });
  dev = await app.as("dev");
  for (const name of ["@acme/left", "@acme/right", "@other/left", "plain"]) {
    await app.admin.publish({ name, version: "1.0.0" });
  }
});
afterAll(() => app.close());

interface Made {
  status: number;
  json: Record<string, unknown> & { error?: string };
  notice: unknown;
  as: (path: string, request?: { method?: string; body?: unknown }) => Promise<number>;
}

async function make(body: Record<string, unknown>, who = dev): Promise<Made> {
  const { status, json, headers } = await who.request(TOKENS, {
    method: "POST",
    body: { name: "made", password: PASSWORD, ...body },
  });
  const authorization = `Bearer ${String(json["token"])}`;
  return {
    status,
    json,
    notice: headers["npm-notice"],
    as: async (path, request = {}) =>
      (await app.request(path, { ...request, headers: { authorization } })).status,
  };
}

const tag = { method: "PUT", body: '"1.0.0"' };
const tagOf = (name: string): string =>
  `/npm/default/-/package/${name.replace("/", "%2f")}/dist-tags/checked`;

describe("npm token create", () => {
  it("gives what may only read when nothing is said of permissions, and says so", async () => {
    const made = await make({});
    expect([made.status, made.json["readonly"]]).toEqual([201, true]);
    expect(made.notice).toContain("This token is read-only");
    expect(await made.as("/npm/default/plain")).toBe(200);
    expect(await made.as(tagOf("plain"), tag)).toBe(403);
  });

  it("gives what the server is set to give", async () => {
    const wide = await startTestApp({ file: "tokenDefault: read-write" });
    try {
      const admin = await wide.admin.request(TOKENS, {
        method: "POST",
        body: { name: "x", password: ADMIN_PASSWORD },
      });
      expect(admin.json["readonly"]).toBe(false);
      expect(admin.headers["npm-notice"]).toContain("may publish");
    } finally {
      await wide.close();
    }
  });

  it("honours what npm 10 says", async () => {
    const [readonly, writing] = [await make({ readonly: true }), await make({ readonly: false })];
    expect([readonly.notice, writing.notice]).toEqual([undefined, undefined]);
    expect(await readonly.as(tagOf("plain"), tag)).toBe(403);
    expect(await writing.as(tagOf("plain"), tag)).toBe(201);
    // Publishing is what clients do; administration is not.
    expect(await writing.as("/api/v1/users")).toBe(403);
  });

  it("keeps to packages", async () => {
    const made = await make({ packages: ["plain"], packages_and_scopes_permission: "read-write" });
    expect([await made.as(tagOf("plain"), tag), await made.as(tagOf("@acme/left"), tag)]).toEqual([201, 403]);
    expect(await made.as("/npm/default/@acme%2fleft")).toBe(403);
  });

  it("takes several packages in one text, as npm sends what was written with commas", async () => {
    const packages = ["plain, @acme/left"];
    const made = await make({ packages, packages_and_scopes_permission: "read-write" });
    expect(await made.as(tagOf("plain"), tag)).toBe(201);
    expect(await made.as(tagOf("@acme/left"), tag)).toBe(201);
    expect(await made.as(tagOf("@acme/right"), tag)).toBe(403);
    const networks = await make({ cidr_whitelist: "192.0.2.0/24,127.0.0.1/32", readonly: true });
    expect(await networks.as("/npm/default/plain")).toBe(200);
  });

  it("keeps to scopes, written with @ or without", async () => {
    const made = await make({ scopes: ["@acme", "third"], packages_and_scopes_permission: "read-write" });
    expect(await made.as(tagOf("@acme/left"), tag)).toBe(201);
    expect(await made.as(tagOf("@acme/right"), tag)).toBe(201);
    expect(await made.as(tagOf("@other/left"), tag)).toBe(403);
  });

  it("takes packages_all for all of them", async () => {
    const made = await make({ packages_all: true, packages_and_scopes_permission: "read-write" });
    expect([await made.as(tagOf("plain"), tag), await made.as(tagOf("@other/left"), tag)]).toEqual([
      201, 201,
    ]);
  });

  it("reads only where the level is not given", async () => {
    const made = await make({ packages: ["plain"] });
    expect([await made.as("/npm/default/plain"), await made.as(tagOf("plain"), tag)]).toEqual([200, 403]);
  });

  it("ends after its days", async () => {
    const made = await make({ expires: 1, readonly: true });
    expect(made.json["expires"]).toBe(new Date(clock.now() + 86_400_000).toISOString());
    expect(await made.as("/npm/default/plain")).toBe(200);
    clock.advance(86_400_000);
    expect(await made.as("/npm/default/plain")).toBe(401);
  });

  it("keeps to networks, and tells npm so", async () => {
    const here = await make({ cidr_whitelist: ["127.0.0.0/8"], readonly: true });
    expect([await here.as("/npm/default/plain"), here.json["cidr"]]).toEqual([200, ["127.0.0.0/8"]]);
    const { token } = (await make({ cidr: ["192.0.2.0/24"], readonly: true })).json;
    for (let round = 0; round < 2; round += 1) {
      const { status, headers, json } = await app.request("/npm/default/plain", {
        headers: { authorization: `Bearer ${String(token)}` },
      });
      expect([status, headers["www-authenticate"], json["helpCode"]]).toEqual([
        401,
        "ipaddress",
        "token-address",
      ]);
    }
  });

  it.each<[string, Record<string, unknown>]>([
    ["no access at all", { packages: ["plain"], packages_and_scopes_permission: "no-access" }],
    ["a level for no packages", { packages_and_scopes_permission: "read-write" }],
    ["a level for no organizations", { orgs_permission: "read-only" }],
    ["an unknown level", { packages: ["plain"], packages_and_scopes_permission: "all" }],
    ["packages that are none", { packages: ["../up"] }],
    ["a list that is none", { packages: [5] }],
    ["a network that is none", { cidr_whitelist: ["here"] }],
    ["an end that is none", { expires: "soon" }],
    ["an end of no days", { expires: 0 }],
    ["no password", { password: undefined }],
    ["a name that is none", { name: 5 }],
  ])("refuses %s", async (_what, body) => {
    const { status, json } = await make(body);
    expect([status, typeof json.error]).toEqual([400, "string"]);
    expect(json).not.toHaveProperty("token");
  });

  it("refuses a wrong password, and a token that is limited itself", async () => {
    expect((await make({ password: "wrong" })).status).toBe(401);
    const limited = await make({ packages: ["plain"] });
    expect(await limited.as(TOKENS, { method: "POST", body: { name: "more", password: PASSWORD } })).toBe(
      403,
    );
  });
});

describe("npm token list", () => {
  it("shows one's own tokens and no secret, page after page", async () => {
    const many = await app.as("collector");
    for (let index = 0; index < 105; index += 1) {
      await many.request("/api/v1/tokens", {
        method: "POST",
        body: { name: `t${index}`, description: "for tests" },
      });
    }
    const first = await many.request(TOKENS);
    const { objects, urls } = first.json as { objects: Record<string, unknown>[]; urls: { next?: string } };
    expect(objects).toHaveLength(100);
    const next = await many.request(urls.next?.replace(app.url, "") ?? "");
    expect(next.json).toMatchObject({ total: 6, urls: {} });
    // All are of one moment, so any of them may be first.
    expect(objects.find(({ description }) => description !== "")).toMatchObject({
      key: expect.stringMatching(/^[0-9a-f]{32}$/),
      token: "ent_",
      name: expect.stringMatching(/^t\d+$/),
      description: "for tests",
      readonly: true,
      cidr_whitelist: null,
      expires: null,
      created: expect.stringMatching(/Z$/),
    });
    expect(first.text + next.text).not.toContain(many.token);
  });
});

describe("npm token revoke", () => {
  it("takes the key and the token itself, and nobody else's", async () => {
    for (const which of ["key", "token"]) {
      const made = await make({ readonly: true });
      const path = `${TOKENS}/token/${String(made.json[which])}`;
      const other = await app.as("other");
      expect((await other.request(path, { method: "DELETE" })).status).toBe(404);
      expect((await dev.request(path, { method: "DELETE" })).status).toBe(204);
      expect(await made.as("/npm/default/plain")).toBe(401);
      expect((await dev.request(path, { method: "DELETE" })).status).toBe(404);
    }
  });

  it("lets a limited token end itself", async () => {
    const made = await make({ readonly: true });
    expect(await made.as(`${TOKENS}/token/${String(made.json["key"])}`, { method: "DELETE" })).toBe(204);
    expect(await made.as("/npm/default/plain")).toBe(401);
  });
});
