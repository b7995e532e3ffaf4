import { type Persona, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limited, startOrganizationScene, type OrganizationScene } from "./organization-scene.ts";

let scene: OrganizationScene;
let app: TestApp;
let olga: Persona;
let adam: Persona;
let dora: Persona;
let eve: Persona;

beforeAll(async () => {
  scene = await startOrganizationScene();
  ({ app, olga, adam, dora, eve } = scene);
});
afterAll(() => app.close());

describe("the JSON API", () => {
  async function as(who: Persona, call: string, body?: unknown): Promise<TestResponse> {
    const [method = "", path = ""] = call.split(" ");
    const url = `/api/v1/organizations${path}`;
    return await who.request(url, { method, ...(body === undefined ? {} : { body }) });
  }

  it("makes, lists and deletes organizations", async () => {
    const made = await as(app.admin, "POST ", { name: "Zeta" });
    expect([made.status, made.json]).toEqual([201, { name: "zeta", createdAt: expect.any(String) }]);
    expect((await as(app.admin, "POST ", { name: "zeta" })).status).toBe(409);
    expect((await as(eve, "POST ", { name: "eves" })).status).toBe(403);
    expect((await as(app.admin, "GET /zeta/members")).json).toMatchObject({
      items: [{ user: "admin", role: "owner" }],
      next: null,
    });
    const first = (await as(eve, "GET ?limit=1")).json;
    expect(first).toMatchObject({ items: [{ name: "acme" }], next: "acme" });
    expect((await as(eve, "GET ?cursor=acme")).json).toMatchObject({
      items: [{ name: "zeta" }],
      next: null,
    });
    const narrow = await limited(scene, eve, { organizations: ["zeta"] });
    expect((await as(narrow, "GET ")).json).toMatchObject({ items: [{ name: "zeta" }] });
    const maker = await limited(scene, app.admin, { organizations: ["zeta"] });
    expect((await as(maker, "POST ", { name: "other" })).status).toBe(403);
    expect((await as(eve, "DELETE /zeta")).status).toBe(403);
    expect((await as(app.admin, "DELETE /zeta")).status).toBe(204);
    expect((await as(app.admin, "DELETE /zeta")).status).toBe(404);
  });

  it("sets and removes members", async () => {
    const set = await as(olga, "PUT /acme/members/eve", { role: "admin" });
    expect([set.status, set.json]).toEqual([200, { user: "eve", role: "admin" }]);
    expect((await as(dora, "PUT /acme/members/eve", { unknown: 1 })).status).toBe(403);
    expect((await as(olga, "PUT /acme/members/eve", { role: "king" })).status).toBe(400);
    expect((await as(adam, "PUT /acme/members/adam", { role: "owner" })).status).toBe(403);
    expect((await as(adam, "DELETE /acme/members/olga")).status).toBe(403);
    expect((await as(olga, "DELETE /acme/members/olga")).status).toBe(403);
    expect((await as(olga, "DELETE /acme/members/eve")).status).toBe(204);
    expect((await as(olga, "DELETE /acme/members/eve")).status).toBe(404);
  });

  it("makes, changes and deletes teams and who is in them", async () => {
    const made = await as(olga, "POST /acme/teams", { name: "ui" });
    expect([made.status, made.json]).toEqual([
      201,
      { name: "ui", description: "", createdAt: expect.any(String) },
    ]);
    const changed = await as(adam, "PATCH /acme/teams/ui", { name: "web", description: "the web" });
    expect(changed.json).toMatchObject({ name: "web", description: "the web" });
    expect((await as(adam, "PUT /acme/teams/web/members/dora")).json).toEqual({ user: "dora" });
    expect((await as(eve, "GET /acme/teams/web/members")).json).toEqual({
      items: [{ user: "dora" }],
      next: null,
    });
    expect((await as(adam, "DELETE /acme/teams/web/members/dora")).status).toBe(204);
    const { items } = (await as(eve, "GET /acme/teams?limit=500")).json as { items: { name: string }[] };
    expect(items.map(({ name }) => name)).toEqual(["developers", "web"]);
    expect((await as(adam, "DELETE /acme/teams/web")).status).toBe(204);
    expect((await as(adam, "DELETE /acme/teams/developers")).status).toBe(403);
    expect((await as(adam, "PATCH /acme/teams/developers", { name: "all" })).status).toBe(403);
  });
});
