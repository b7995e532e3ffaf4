import { startTestApp, type Persona, type TestApp } from "@entrepot/testkit";
import access from "libnpmaccess";
import org from "libnpmorg";
import team from "libnpmteam";
import { afterAll, beforeAll, expect, it } from "vitest";

/* npm's own libraries, by which npm and inventory tools manage and read organizations. */

const NAME = "@acme/widget";

let app: TestApp;
let owner: NpmOptions;
let reader: NpmOptions;

const optionsOf = ({ token }: Persona): NpmOptions => ({
  registry: `${app.url}/npm/default/`,
  forceAuth: { token },
});

beforeAll(async () => {
  app = await startTestApp();
  owner = optionsOf(await app.as("olga"));
  reader = optionsOf(await app.as("reader", "read-only"));
  await app.as("dora");
  await app.admin.publish({ name: NAME, version: "1.0.0" });
  await app.admin.request("/api/v1/organizations", { method: "POST", body: { name: "acme" } });
  await org.set("@acme", "olga", "owner", optionsOf(app.admin));
});
afterAll(() => app.close());

it("libnpmorg sets, lists and removes members", async () => {
  expect(await org.set("acme", "@dora", "developer", owner)).toEqual({
    org: { name: "acme", size: 3 },
    user: "dora",
    role: "developer",
  });
  expect(await org.ls("@acme", reader)).toEqual({ admin: "owner", dora: "developer", olga: "owner" });
  expect(await org.rm("acme", "dora", owner)).toBeNull();
  expect(await org.ls("acme", reader)).toEqual({ admin: "owner", olga: "owner" });
  await expect(org.set("acme", "dora", "admin", reader)).rejects.toMatchObject({ code: "E403" });
  await expect(org.ls("nowhere", owner)).rejects.toMatchObject({
    code: "E404",
    message: expect.stringContaining("entrepot org create nowhere"),
  });
});

it("libnpmteam makes, fills, lists and destroys teams", async () => {
  expect(await team.create("@acme:core", { ...owner, description: "the core" })).toMatchObject({
    name: "core",
  });
  expect([...(await team.lsTeams("acme", reader))]).toEqual(["acme:core", "acme:developers"]);
  expect(await team.add("admin", "acme:core", owner)).toEqual({ user: "admin" });
  expect([...(await team.lsUsers("@acme:core", reader))]).toEqual(["admin"]);
  expect(await team.rm("admin", "acme:core", owner)).toBe(true);
  expect([...(await team.lsUsers("acme:core", reader))]).toEqual([]);
  expect(await team.destroy("acme:core", owner)).toBe(true);
  await expect(team.destroy("acme:developers", owner)).rejects.toMatchObject({ code: "E403" });
  expect([...(await team.lsTeams("acme", reader))]).toEqual(["acme:developers"]);
});

it("libnpmaccess grants, revokes and lists", async () => {
  expect(await access.setPermissions("@acme:developers", NAME, "read-write", owner)).toBe(true);
  expect(await access.getPackages("acme:developers", reader)).toEqual({ [NAME]: "write" });
  await access.setPermissions("acme:developers", NAME, "read-only", owner);
  expect(await access.getPackages("acme:developers", reader)).toEqual({ [NAME]: "read" });
  expect(await access.removePermissions("acme:developers", NAME, owner)).toBe(true);
  expect(await access.getPackages("acme:developers", reader)).toEqual({});
  expect(await access.getPackages("acme", owner)).toEqual({ [NAME]: "write" });
  // No organization has this name, so that the library asks for the user's packages.
  expect(await access.getPackages("olga", owner)).toEqual({ [NAME]: "write" });
  expect(await access.getCollaborators(NAME, reader)).toEqual({
    admin: "write",
    dora: "write",
    olga: "write",
  });
});

it("libnpmaccess opens and closes packages, and sets no second factor", async () => {
  expect(await access.getVisibility(NAME, reader)).toEqual({ public: false });
  // What strangers may read is not for the organization alone to say.
  await expect(access.setAccess(NAME, "public", owner)).rejects.toMatchObject({ code: "E403" });
  expect(await access.setAccess(NAME, "public", optionsOf(app.admin))).toBe(true);
  expect(await access.getVisibility(NAME, reader)).toEqual({ public: true });
  expect(await access.setAccess(NAME, "restricted", owner)).toBe(true);
  expect(await access.getVisibility(NAME, reader)).toEqual({ public: false });
  await expect(access.setMfa(NAME, "automation", owner)).rejects.toMatchObject({ code: "E400" });
});
