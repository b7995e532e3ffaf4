import { startTestApp, type TestApp, type TestRequest, type TestResponse } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ file: "typedKeys: true" });
});
afterAll(() => app.close());

async function makeKey(body: Record<string, unknown>): Promise<TestResponse> {
  return await app.admin.request("/api/v1/keys", { method: "POST", body: { name: "key", ...body } });
}

describe("what a key and a token may not become", () => {
  const make = (who: TestRequest["headers"], path: string, body: object): Promise<TestResponse> =>
    app.request(path, { method: "POST", headers: who ?? {}, body });
  const bearer = (token: unknown): Record<string, string> => ({ authorization: `Bearer ${String(token)}` });

  it("more than the token that it was made with", async () => {
    const weak = (
      await app.admin.request("/api/v1/tokens", {
        method: "POST",
        body: { name: "weak", permissions: ["administer"] },
      })
    ).json["token"];
    const key = await make(bearer(weak), "/api/v1/keys", { kind: "system", name: "strong", readonly: false });
    expect(key.status).toBe(403);
    const reader = (
      await app.admin.request("/api/v1/tokens", {
        method: "POST",
        body: { name: "p", readonly: false, packages: ["left"] },
      })
    ).json["token"];
    expect(
      (await make(bearer(reader), "/api/v1/keys", { kind: "system", name: "x", readonly: false })).status,
    ).toBe(403);
    expect((await app.request("/api/v1/users", { headers: bearer(reader) })).status).toBe(403);
  });

  it("a user without limits, made or taken over with one that has some", async () => {
    await app.as("victim", "admin");
    const path = "/api/v1/tokens";
    const body = { name: "weak", permissions: ["administer"] };
    const { token } = (await app.admin.request(path, { method: "POST", body })).json;
    const headers = bearer(token);
    for (const change of [{ password: "a new password" }, { role: "admin" }]) {
      const request = { method: "PATCH", headers, body: change };
      expect((await app.request("/api/v1/users/victim", request)).status).toBe(403);
    }
    const made = { name: "made", password: "a new password", role: "admin" };
    expect((await make(headers, "/api/v1/users", made)).status).toBe(403);
    expect((await make(headers, "/api/v1/users", { ...made, role: "developer" })).status).toBe(201);
  });

  it("an owner's, when an administrator makes it", async () => {
    const admin = await app.as("an-admin", "admin");
    const made = await admin.request("/api/v1/keys", {
      method: "POST",
      body: { kind: "system", name: "x", user: "admin", readonly: false },
    });
    expect(made.status).toBe(403);
    const tied = await app.admin.request("/api/v1/keys", {
      method: "POST",
      body: { kind: "system", name: "x", user: "admin" },
    });
    const path = `/api/v1/keys/${String(tied.json["id"])}/rotate`;
    expect((await admin.request(path, { method: "POST", body: {} })).status).toBe(403);
    expect((await app.admin.request(path, { method: "POST", body: {} })).status).toBe(201);
    const own = await app.admin.request("/api/v1/tokens", { method: "POST", body: { name: "own" } });
    const rotated = await admin.request(`/api/v1/keys/${String(own.json["id"])}/rotate`, {
      method: "POST",
      body: {},
    });
    expect(rotated.status).toBe(404);
  });

  it("longer-lived or freer by rotating a sibling", async () => {
    const dev = await app.as("sibling");
    const free = await dev.request("/api/v1/tokens", {
      method: "POST",
      body: { name: "free", readonly: false },
    });
    const bound = await dev.request("/api/v1/tokens", {
      method: "POST",
      body: { name: "bound", readonly: false, networks: ["127.0.0.0/8"], expiresInDays: 1 },
    });
    const path = `/api/v1/tokens/${String(free.json["id"])}/rotate`;
    const rotated = await make(bearer(bound.json["token"]), path, {});
    expect(rotated.json).toMatchObject({ networks: ["127.0.0.0/8"], expiresAt: bound.json["expiresAt"] });
  });

  it("somebody's whom a value reveals: taken twice, it is refused in words that tell nothing", async () => {
    const body = { kind: "system", name: "twice", value: "a-value-taken-twice" };
    expect((await makeKey(body)).status).toBe(201);
    const again = await makeKey(body);
    expect([again.status, again.json.error]).toEqual([
      409,
      "This value cannot be taken; choose another one.",
    ]);
  });
});
