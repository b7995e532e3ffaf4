import { beforeAll, expect, test } from "vitest";
import { npm11, pnpm12 } from "./clients.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

/** What the server was asked since the last {@link Scene.forget}, below the registry. */
const asked = (): unknown[] =>
  scene.seen.map(({ method, path, status }) => [method, path.replace("/npm/default", ""), status]);

beforeAll(async () => {
  const { admin } = scene.app;
  await Promise.all(["eve", "zoe"].map((name) => scene.app.as(name)));
  await admin.request("/api/v1/organizations", { method: "POST", body: { name: "acme" } });
  const body = { user: "dev", role: "owner" };
  await admin.request("/npm/default/-/org/acme/user", { method: "PUT", body });
  await admin.request("/npm/default/-/org/acme/user", { method: "DELETE", body: { user: "admin" } });
  // To make packages of the closed registry public.
  const rule = { subject: "user", name: "dev", permissions: ["manage-registry"], registry: "default" };
  await admin.request("/api/v1/access-rules", { method: "POST", body: rule });
  await scene.dev.publish({ name: "@acme/widget", version: "1.0.0" });
  await scene.dev.publish({ name: "own-plain", version: "1.0.0" });
});

test("npm org", async () => {
  const npm = scene.start(npm11);
  expect(await npm.run("org", "set", "acme", "eve")).toBe(
    "Added eve as developer to acme. You now have 2 members in this org.\n",
  );
  expect(await npm.run("org", "set", "@acme", "@eve", "admin")).toContain("Added eve as admin to acme");
  expect(await npm.run("org", "ls", "acme")).toBe("dev - owner\neve - admin\n");
  expect(await npm.run("org", "ls", "acme", "eve")).toBe("eve - admin\n");
  expect(await npm.run("org", "rm", "acme", "eve")).toBe(
    "Successfully removed eve from acme. You now have 1 member in this org.\n",
  );
  expect(await npm.fail("org", "rm", "acme", "dev")).toMatch(/code E403\n.*last owner/s);
  expect(await npm.fail("org", "set", "acme", "nobody")).toMatch(/code E404\n.*no user "nobody"/s);
  expect(await npm.fail("org", "set", "nowhere", "eve")).toMatch(/code E40[34]\n/);
  expect(await npm.fail("org", "ls", "nowhere")).toMatch(/code E404\n.*entrepot org create nowhere/s);
});

test("npm team", async () => {
  const npm = scene.start(npm11);
  await npm.run("org", "set", "acme", "eve");
  expect(await npm.run("team", "create", "@acme:core")).toBe("+@acme:core\n");
  expect(await npm.run("team", "ls", "acme")).toBe("@acme has 2 teams:\n@acme:core\n@acme:developers\n");
  expect(await npm.run("team", "add", "acme:core", "eve")).toBe("eve added to @acme:core\n");
  expect(await npm.run("team", "ls", "@acme:core")).toBe("@acme:core has 1 user:\neve\n");
  expect(await npm.run("team", "rm", "acme:core", "eve")).toBe("eve removed from @acme:core\n");
  expect(await npm.run("team", "ls", "acme:core")).toBe("@acme:core has 0 users\n");
  expect(await npm.fail("team", "add", "acme:core", "zoe")).toMatch(/code E404\n.*npm org set acme zoe/s);
  expect(await npm.run("team", "destroy", "acme:core")).toBe("-@acme:core\n");
  expect(await npm.fail("team", "destroy", "acme:developers")).toMatch(/code E403\n.*every member/s);
});

test("npm access", async () => {
  const npm = scene.start(npm11);
  await npm.run("access", "grant", "read-write", "acme:developers", "@acme/widget");
  expect(await npm.run("access", "list", "packages", "acme:developers")).toBe("@acme/widget: read-write\n");
  await npm.run("access", "grant", "read-only", "@acme:developers", "@acme/widget");
  expect(await npm.run("access", "list", "packages", "@acme:developers")).toBe("@acme/widget: read-only\n");
  await npm.run("access", "revoke", "acme:developers", "@acme/widget");
  expect(await npm.run("access", "list", "packages", "acme:developers")).toBe("");
  expect(await npm.run("access", "list", "packages", "acme")).toBe("@acme/widget: read-write\n");
  expect(await npm.run("access", "list", "packages")).toBe(
    "@acme/widget: read-write\nown-plain: read-write\n",
  );
  expect(await npm.run("access", "list", "collaborators", "@acme/widget", "dev")).toBe("dev: read-write\n");

  expect(await npm.run("access", "get", "status", "@acme/widget")).toBe("@acme/widget: private\n");
  expect(await npm.run("access", "set", "status=public", "@acme/widget")).toBe("@acme/widget: public\n");
  const stranger = scene.start(npm11, { access: { token: null } });
  await stranger.run("install", "@acme/widget");
  expect(await npm.run("access", "set", "status=private", "@acme/widget")).toBe("@acme/widget: private\n");
  expect(await scene.start(npm11, { access: { token: null } }).fail("install", "@acme/widget")).toContain(
    "E401",
  );
  expect(await npm.fail("access", "set", "mfa=publish", "@acme/widget")).toMatch(/code E400\n.*two-factor/s);
});

test("pnpm team", async () => {
  const pnpm = scene.start(pnpm12);
  await scene.dev.request("/npm/default/-/org/acme/user", { method: "PUT", body: { user: "eve" } });
  scene.forget();
  expect(await pnpm.run("team", "create", "@acme:ui")).toBe("+acme:ui\n");
  expect(await pnpm.run("team", "ls", "@acme")).toBe(
    "@acme has the following teams:\n  @acme:developers\n  @acme:ui\n",
  );
  expect(await pnpm.run("team", "add", "@acme:ui", "eve")).toBe("+eve added to @acme:ui\n");
  expect(await pnpm.run("team", "ls", "@acme:ui")).toBe("@acme:ui has the following members:\n  eve\n");
  expect(await pnpm.run("team", "rm", "@acme:ui", "eve")).toBe("-eve removed from @acme:ui\n");
  expect(await pnpm.run("team", "destroy", "@acme:ui")).toBe("-acme:ui\n");
  expect(asked()).toEqual([
    ["PUT", "/-/org/acme/team", 201],
    ["GET", "/-/org/acme/team", 200],
    ["PUT", "/-/team/acme/ui/user", 201],
    ["GET", "/-/team/acme/ui/user", 200],
    ["DELETE", "/-/team/acme/ui/user", 204],
    ["DELETE", "/-/team/acme/ui", 204],
  ]);
});

test("pnpm access", async () => {
  const pnpm = scene.start(pnpm12);
  const list = async (...what: string[]): Promise<string> => await pnpm.run("access", "list", ...what);
  const team = "@acme:developers";
  await pnpm.run("access", "grant", "read-write", team, "@acme/widget");
  expect(await list("packages", team)).toBe("@acme/widget: write\n");
  await pnpm.run("access", "revoke", team, "@acme/widget");
  expect(await list("packages", "@acme")).toBe("@acme/widget: write\n");
  expect(await list("packages", "dev")).toBe("@acme/widget: write\nown-plain: write\n");
  expect(await list("collaborators", "@acme/widget")).toBe(
    "admin: write\ndev: write\neve: write\nzoe: write\n",
  );

  const status = async (): Promise<string> => await pnpm.run("access", "get", "status", "@acme/widget");
  await pnpm.run("access", "set", "status=public", "@acme/widget");
  expect(await status()).toBe("package: @acme/widget\naccess: public\n");
  await pnpm.run("access", "set", "status=private", "@acme/widget");
  expect(await status()).toBe("package: @acme/widget\naccess: restricted\n");
  expect(await pnpm.fail("access", "set", "mfa=publish", "@acme/widget")).toMatch(
    /400 Bad Request.*two-factor/s,
  );
});
