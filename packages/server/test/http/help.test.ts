import { ERROR_TABLE, HELP_TOPICS } from "@entrepot/core";
import { startTestApp, type TestApp } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ env: { ENTREPOT_PUBLIC_URL: "https://npm.example/base" } });
});
afterAll(() => app.close());

describe("the page on refusals", () => {
  it.each(["/-/help/errors", "/npm/default/-/help/errors"])(
    "is open to everybody at %s, stale credentials included",
    async (path) => {
      const { status, headers, text } = await app.request(path, {
        headers: { authorization: "Bearer not-a-token" },
      });
      expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
      for (const code of Object.keys(HELP_TOPICS)) expect(text).toContain(`<section id="${code}">`);
    },
  );

  it("runs nothing and loads nothing", async () => {
    const { headers, text } = await app.request("/-/help/errors");
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/);
    expect(text).not.toMatch(/<script|<link|<img|https?:\/\//);
  });

  it("has an entry for every code of a missing credential or permission", () => {
    const codes = Object.entries(ERROR_TABLE).filter(([, { status }]) => status === 401 || status === 403);
    // What is wrong with a credential is always told in particular.
    const expected = codes.map(([code]) => code).filter((code) => code !== "credential-invalid");
    expect(Object.keys(HELP_TOPICS)).toEqual(expect.arrayContaining(expected));
  });
});

describe("a refusal", () => {
  const page = "https://npm.example/base/-/help/errors";
  const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;

  it.each([
    ["credential-missing", undefined],
    ["auth-not-a-pair", "Basic bm9jb2xvbg=="],
    ["auth-scheme-unknown", "Digest x"],
    ["auth-malformed", "Bearer"],
    ["token-foreign", "Bearer npm_abcdefghijklmnopqrstuvwxyz0123456789"],
    ["token-damaged", "Bearer ent_x"],
    ["password-wrong", basic("admin:wrong")],
  ])("names its code and where it is explained: %s", async (code, authorization) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const response = await app.request("/npm/default/left", { headers });
    expect(response.status).toBe(401);
    expect(response.json).toMatchObject({ helpCode: code, help: `${page}#${code}` });
    expect(response.json.error).toContain(`(help: ${page}#${code})`);
    // npm prints nothing else of a 401.
    expect(response.headers["npm-notice"]).toBe(response.json.error);
  });

  it("keeps the address whole where the text must be cut for the header", async () => {
    const path = "/api/v1/registries/default/packages/long/versions/1.0.0/status";
    await app.admin.request(path, {
      method: "PUT",
      body: { status: "blocked", reason: "because ".repeat(60) },
    });
    const { status, headers } = await app.admin.publish({ name: "long", version: "1.0.0" });
    expect([status, headers["npm-notice"]]).toEqual([
      403,
      expect.stringMatching(/ Ask at https?:\S+\/-\/request\?registry=default&package=long&version=1\.0\.0$/),
    ]);
  });
});

describe("a registry that answers refused reads with 404", () => {
  it("does so on every read, with the text, and forbids writes all the same", async () => {
    await app.admin.request("/api/v1/registries", {
      method: "POST",
      body: { name: "quiet", refusalStatus: 404 },
    });
    for (const version of ["1.0.0", "1.1.0"]) {
      await app.admin.publish({ name: "thing", version, registry: "quiet" });
    }
    const status = "/api/v1/registries/quiet/packages/thing/versions/1.1.0/status";
    await app.admin.request(status, { method: "PUT", body: { status: "blocked", reason: "miner" } });
    for (const path of ["thing/1.1.0", "thing/-/thing-1.1.0.tgz", "thing/~1.1.0"]) {
      const refused = await app.admin.request(`/npm/quiet/${path}`);
      expect([path, refused.status, refused.json["code"]]).toEqual([path, 404, "version-withheld"]);
      expect(refused.json.error).toContain("thing@1.1.0 is blocked in the registry quiet: miner");
    }
    const again = await app.admin.publish({ name: "thing", version: "1.1.0", registry: "quiet" });
    expect(again.status).toBe(403);
    const { json } = await app.admin.request("/npm/quiet/thing");
    expect(Object.keys(json["versions"] as object)).toEqual(["1.0.0"]);
  });

  it("takes no other status", async () => {
    const { status } = await app.admin.request("/api/v1/registries/quiet", {
      method: "PATCH",
      body: { refusalStatus: 200 },
    });
    expect(status).toBe(400);
  });
});
