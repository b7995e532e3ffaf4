import type { Persona, TestApp } from "@entrepot/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { api, npm, startOrganizationScene } from "./organization-scene.ts";

let app: TestApp;
let olga: Persona;
let adam: Persona;
let dora: Persona;

beforeEach(async () => {
  ({ app, olga, adam, dora } = await startOrganizationScene());
  await npm(adam, "PUT /-/org/acme/team", { name: "core" });
});
afterEach(() => app.close());

async function rule(body: Record<string, unknown>): Promise<void> {
  const made = await api(app, "POST /access-rules", { subject: "team", name: "acme:core", ...body });
  expect(made.status).toBe(201);
}

async function add(who: Persona, user: string): Promise<number> {
  return (await npm(who, "PUT /-/team/acme/core/user", { user })).status;
}

describe("a team that was granted something", () => {
  it("is joined only by the hand of who holds it all", async () => {
    await rule({ permissions: ["download", "administer"] });
    const refused = await npm(adam, "PUT /-/team/acme/core/user", { user: "adam" });
    expect([refused.status, refused.json.error]).toEqual([
      403,
      expect.stringContaining("The team acme:core was given more than you hold"),
    ]);
    const byApi = await adam.request("/api/v1/organizations/acme/teams/core/members/dora", { method: "PUT" });
    expect(byApi.status).toBe(403);
    expect(await add(olga, "dora")).toBe(403);
    expect(await add(app.admin, "dora")).toBe(201);
  });

  it("is open where the writer holds what it gives, unless a rule keeps a part of it from them", async () => {
    await rule({ permissions: ["publish"], registry: "default", packages: "@acme/*" });
    expect(await add(adam, "dora")).toBe(201);
    const restricted = { subject: "user", name: "adam", effect: "restrict", permissions: ["publish"] };
    await rule({ ...restricted, packages: "@acme/secret" });
    expect(await add(adam, "olga")).toBe(403);
    expect(await add(olga, "olga")).toBe(201);
  });

  it("covers each registry that the grant reaches", async () => {
    await api(app, "POST /registries", { name: "closed" });
    await rule({ permissions: ["publish"] });
    const restricted = { subject: "user", name: "adam", effect: "restrict", permissions: ["publish"] };
    await rule({ ...restricted, registry: "closed" });
    expect(await add(adam, "dora")).toBe(403);
    expect(await add(olga, "dora")).toBe(201);
  });

  it("is no way in for new members of the organization when it is that of everybody", async () => {
    await npm(adam, "DELETE /-/team/acme/developers/user", { user: "adam" });
    await rule({ name: "acme:developers", permissions: ["administer"] });
    expect((await npm(adam, "PUT /-/org/acme/user", { user: "eve" })).status).toBe(403);
    expect((await npm(app.admin, "PUT /-/org/acme/user", { user: "eve" })).status).toBe(201);
  });
});

describe("a team that a rule restricts", () => {
  beforeEach(async () => {
    expect(await add(adam, "dora")).toBe(201);
    await rule({ effect: "restrict", permissions: ["publish"] });
  });

  it("keeps its members, and stays, but for who manages all organizations", async () => {
    const refused = await npm(adam, "DELETE /-/team/acme/core/user", { user: "dora" });
    expect([refused.status, refused.json.error]).toEqual([
      403,
      expect.stringContaining("A rule restricts a team of the organization acme"),
    ]);
    expect((await npm(adam, "DELETE /-/team/acme/core")).status).toBe(403);
    expect((await npm(olga, "DELETE /-/org/acme/user", { user: "dora" })).status).toBe(403);
    for (const path of ["/teams/core/members/dora", "/teams/core", ""]) {
      const gone = await olga.request(`/api/v1/organizations/acme${path}`, { method: "DELETE" });
      expect([path, gone.status]).toEqual([path, 403]);
    }
    expect((await npm(dora, "GET /-/team/acme/core/user?format=cli")).json).toEqual(["dora"]);
    expect((await npm(app.admin, "DELETE /-/team/acme/core/user", { user: "dora" })).status).toBe(204);
    expect((await npm(app.admin, "DELETE /-/team/acme/core")).status).toBe(204);
  });
});

describe("an organization", () => {
  it("is deleted by its owners, and by who manages all, not by its admins", async () => {
    const gone = async (who: Persona): Promise<number> =>
      (await who.request("/api/v1/organizations/acme", { method: "DELETE" })).status;
    expect(await gone(adam)).toBe(403);
    expect(await gone(olga)).toBe(204);
    await api(app, "POST /organizations", { name: "acme" });
    expect(await gone(app.admin)).toBe(204);
  });
});
