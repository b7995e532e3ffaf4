import { explained, type Persona, type TestApp } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  api,
  get,
  limited,
  npm,
  startOrganizationScene,
  type OrganizationScene,
} from "./organization-scene.ts";

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

describe("members", () => {
  it("are a map of names to roles, which whoever may look gets", async () => {
    const roster = { adam: "admin", dora: "developer", olga: "owner" };
    for (const who of [app.admin, olga, eve]) expect(await get(who, "/-/org/acme/user")).toEqual(roster);
    expect(await get(eve, "/-/org/%40Acme/user")).toEqual(roster);
    expect((await app.request("/npm/default/-/org/acme/user")).status).toBe(401);
  });

  it("are added and changed by owners and admins, with the size of the organization", async () => {
    const added = await npm(adam, "PUT /-/org/acme/user", { user: "@Eve" });
    expect([added.status, added.json]).toEqual([
      201,
      { org: { name: "acme", size: 4 }, user: "eve", role: "developer" },
    ]);
    const changed = await npm(olga, "PUT /-/org/acme/user", { user: "eve", role: "admin" });
    expect(changed.json).toMatchObject({ role: "admin", org: { size: 4 } });
    // Left out, the role stays.
    expect((await npm(olga, "PUT /-/org/acme/user", { user: "eve" })).json).toMatchObject({
      role: "admin",
    });
    const gone = await npm(olga, "DELETE /-/org/acme/user", { user: "eve" });
    expect([gone.status, gone.text]).toEqual([204, ""]);
    expect(await get(olga, "/-/org/acme/user")).not.toHaveProperty("eve");
  });

  it("who are owners are no matter of admins", async () => {
    for (const [method, user, role] of [
      ["PUT", "adam", "owner"],
      ["PUT", "olga", "developer"],
      ["DELETE", "olga", undefined],
    ] as const) {
      const { status, json } = await npm(adam, `${method} /-/org/acme/user`, { user, role });
      expect([status, json.error]).toEqual([
        403,
        explained(
          "Only its owners make, change and remove owners of the organization acme; ask one of them.",
        ),
      ]);
    }
  });

  it("are not changed by others", async () => {
    for (const [who, method] of [
      [dora, "PUT"],
      [eve, "PUT"],
      [eve, "DELETE"],
    ] as const) {
      const { status, json } = await npm(who, `${method} /-/org/acme/user`, {
        user: who.name,
        role: "owner",
      });
      expect([status, json.error]).toEqual([
        403,
        explained(
          `${who.name} is developer and may not manage organizations and teams; ask an administrator.`,
        ),
      ]);
    }
  });

  it("keep their last owner, whom only who manages all organizations may remove", async () => {
    const last = explained('"olga" is the last owner of the organization acme; make another one first.');
    for (const [method, role] of [
      ["PUT", "admin"],
      ["DELETE", undefined],
    ] as const) {
      const { status, json } = await npm(olga, `${method} /-/org/acme/user`, { user: "olga", role });
      expect([status, json.error]).toEqual([403, last]);
    }
    await npm(app.admin, "DELETE /-/org/acme/user", { user: "olga" });
    const back = await npm(app.admin, "PUT /-/org/acme/user", { user: "olga", role: "owner" });
    expect(back.status).toBe(201);
  });

  it.each([
    ["GET", "/-/org/nowhere/user", undefined],
    ["PUT", "/-/org/nowhere/user", { user: "eve" }],
    ["DELETE", "/-/org/nowhere/user", { user: "eve" }],
    ["PUT", "/-/org/nowhere/team", { name: "core" }],
    ["GET", "/-/org/nowhere/package", undefined],
  ])("%s %s says how to make the organization", async (method, path, body) => {
    const { status, json } = await npm(app.admin, `${method} ${path}`, body);
    expect([status, json.error]).toEqual([
      404,
      'There is no organization "nowhere"; make it with: entrepot org create nowhere',
    ]);
  });

  it.each([
    [{ user: "nobody" }, 404, 'There is no user "nobody".'],
    [{ user: "eve", role: "king" }, 400, '"role" is one of owner, admin, developer.'],
    [{}, 400, 'The body must be a JSON object with "user".'],
    [{ user: 7 }, 400, '"user" in the body must be a text of at most 1000 characters.'],
    [{ user: "e\0ve" }, 400, '"user" in the body must be a text of at most 1000 characters.'],
    [[], 400, "The body must be a JSON object."],
    ["{", 400, "The request body is not valid JSON."],
    [`"${"x".repeat(70_000)}"`, 413, "The request body is larger than 65536 bytes."],
  ])("%j is refused", async (body, status, text) => {
    const answer = await npm(olga, "PUT /-/org/acme/user", body);
    expect([answer.status, answer.json.error]).toEqual([status, text]);
  });

  it("who is none cannot be removed", async () => {
    const { status, json } = await npm(olga, "DELETE /-/org/acme/user", { user: "eve" });
    expect([status, json.error]).toEqual([
      404,
      '"eve" is not a member of the organization acme; add them with: npm org set acme eve',
    ]);
  });
});

describe("the credential of an owner", () => {
  const set = async (who: Persona): Promise<number> =>
    (await npm(who, "PUT /-/org/acme/user", { user: "dora" })).status;

  it.each<[string, Record<string, unknown>, number]>([
    ["for managing teams of acme", { permissions: ["manage-teams"], organizations: ["acme"] }, 201],
    ["for managing teams", { permissions: ["manage-teams"] }, 201],
    ["for acme and one registry", { registries: ["default"], organizations: ["@Acme"] }, 201],
    ["for publishing", { permissions: ["view", "publish"] }, 403],
    ["for reading", { readonly: true }, 403],
    ["for another organization", { organizations: ["other"] }, 403],
    ["for one registry", { registries: ["default"] }, 403],
  ])("%s", async (_what, body, status) => {
    expect(await set(await limited(scene, olga, body))).toBe(status);
  });

  it("is worth nothing where a rule takes it away", async () => {
    const rule = await api(app, "POST /access-rules", {
      effect: "restrict",
      subject: "user",
      name: "olga",
      permissions: ["manage-teams"],
    });
    expect(await set(olga)).toBe(403);
    await api(app, `DELETE /access-rules/${String(rule.json["id"])}`);
    expect(await set(olga)).toBe(201);
  });
});

describe("teams", () => {
  it("are texts for npm and objects for pnpm", async () => {
    const made = await npm(adam, "PUT /-/org/acme/team", { name: "Core", description: "the core" });
    expect([made.status, made.json]).toEqual([201, { name: "core", description: "the core" }]);
    expect(await get(eve, "/-/org/acme/team?format=cli")).toEqual(["acme:core", "acme:developers"]);
    expect(await get(eve, "/-/org/acme/team")).toEqual([
      { name: "core", description: "the core" },
      { name: "developers", description: "" },
    ]);
    expect((await npm(olga, "PUT /-/org/acme/team", { name: "core" })).status).toBe(409);
    expect((await npm(olga, "PUT /-/org/acme/team", { name: "a/b" })).status).toBe(400);
  });

  it("take members and lose them", async () => {
    const added = await npm(adam, "PUT /-/team/acme/core/user", { user: "dora" });
    expect([added.status, added.json]).toEqual([201, { user: "dora" }]);
    expect(await get(eve, "/-/team/acme/core/user?format=cli")).toEqual(["dora"]);
    expect(await get(eve, "/-/team/acme/core/user")).toEqual([{ name: "dora" }]);
    expect(await get(eve, "/-/team/acme/developers/user?format=cli")).toEqual(["adam", "dora", "olga"]);
    const gone = await npm(adam, "DELETE /-/team/acme/core/user", { user: "dora" });
    expect([gone.status, gone.text]).toEqual([204, ""]);
    expect((await npm(adam, "DELETE /-/team/acme/core/user", { user: "dora" })).status).toBe(404);
    expect((await npm(adam, "PUT /-/team/acme/core/user", { user: "eve" })).status).toBe(404);
    expect((await npm(adam, "PUT /-/team/acme/absent/user", { user: "dora" })).status).toBe(404);
    expect((await npm(eve, "GET /-/team/acme/absent/user")).status).toBe(404);
  });

  it("are destroyed, all but that of everybody", async () => {
    const { status, json } = await npm(olga, "DELETE /-/team/acme/developers");
    expect([status, json.error]).toEqual([
      403,
      explained('The team "developers" is that of every member and cannot be destroyed.'),
    ]);
    expect((await npm(dora, "DELETE /-/team/acme/core")).status).toBe(403);
    expect((await npm(olga, "DELETE /-/team/acme/core")).status).toBe(204);
    expect((await npm(olga, "DELETE /-/team/acme/core")).status).toBe(404);
  });
});

it("the paths of yarn 1, older than those of npm, are nothing", async () => {
  for (const name of ["org", "team"]) await app.admin.publish({ name, version: "1.0.0" });
  for (const [method, path] of [
    ["GET", "/org/acme/team?format=cli"],
    ["PUT", "/team/acme"],
    ["DELETE", "/team/acme/core"],
    ["GET", "/team/acme/core/user?format=cli"],
    ["PUT", "/team/acme/core/user"],
    ["DELETE", "/team/acme/core/user"],
  ] as const) {
    const body = method === "GET" ? undefined : { team: "core", user: "dora" };
    expect([path, (await npm(olga, `${method} ${path}`, body)).status]).toEqual([path, 404]);
  }
});
