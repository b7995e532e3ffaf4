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
let dora: Persona;
let eve: Persona;

beforeAll(async () => {
  scene = await startOrganizationScene();
  ({ app, olga, dora, eve } = scene);
});
afterAll(() => app.close());

describe("grants to a team", () => {
  const NAME = "@acme/granted";
  const PATH = "/-/team/acme/core/package";
  let reader: Persona;

  async function rules(): Promise<unknown[]> {
    const { items } = (await api(app, "GET /access-rules")).json as { items: Record<string, unknown>[] };
    return items.map(({ subject, name, permissions, registry, packages }) => [
      subject,
      name,
      permissions,
      registry,
      packages,
    ]);
  }

  const mayPublish = async (who: Persona, version: string): Promise<number> =>
    (await who.publish({ name: NAME, version })).status;

  beforeAll(async () => {
    await app.admin.publish({ name: NAME, version: "1.0.0" });
    reader = await app.as("reader", "read-only");
    await npm(olga, "PUT /-/org/acme/team", { name: "core" });
    await npm(olga, "PUT /-/org/acme/user", { user: "reader" });
    await npm(olga, "PUT /-/team/acme/core/user", { user: "reader" });
  });

  it("are rules of access, one for each package", async () => {
    expect(await mayPublish(reader, "1.1.0")).toBe(403);
    const given = await npm(dora, `PUT ${PATH}`, { package: NAME, permissions: "read-write" });
    expect(given.status).toBe(201);
    const all = ["view", "download", "publish", "tag", "deprecate", "unpublish"];
    expect(await rules()).toEqual([["team", "acme:core", all, "default", NAME]]);
    expect(await mayPublish(reader, "1.1.0")).toBe(201);
    expect(await get(eve, PATH)).toEqual({ [NAME]: "write" });

    await npm(dora, `PUT ${PATH}`, { package: NAME, permissions: "read-only" });
    expect(await rules()).toEqual([["team", "acme:core", ["view", "download"], "default", NAME]]);
    expect(await mayPublish(reader, "1.2.0")).toBe(403);
    expect(await get(eve, PATH)).toEqual({ [NAME]: "read" });
    expect((await npm(reader, `GET /${encodeURIComponent(NAME)}/-/granted-1.0.0.tgz`)).status).toBe(200);

    const gone = await npm(dora, `DELETE ${PATH}`, { package: NAME });
    expect([gone.status, gone.text]).toEqual([204, ""]);
    expect([await rules(), await get(eve, PATH)]).toEqual([[], {}]);
    expect((await npm(reader, `GET /${encodeURIComponent(NAME)}/-/granted-1.0.0.tgz`)).status).toBe(403);
    expect((await npm(dora, `DELETE ${PATH}`, { package: NAME })).status).toBe(404);
  });

  it("by the API hold here too", async () => {
    const rule = { subject: "team", name: "@acme:core", permissions: ["download"], packages: "@acme/*" };
    const { json } = await api(app, "POST /access-rules", rule);
    expect(await get(eve, PATH)).toEqual({ [NAME]: "read" });
    await api(app, `DELETE /access-rules/${String(json["id"])}`);
  });

  it("need the permission on that package, and give no more than one has", async () => {
    const body = { package: NAME, permissions: "read-write" };
    expect((await npm(reader, `PUT ${PATH}`, body)).status).toBe(403);
    expect((await npm(reader, `DELETE ${PATH}`, body)).status).toBe(403);
    expect((await app.request(`/npm/default${PATH}`, { method: "PUT", body })).status).toBe(401);
    const elsewhere = await limited(scene, dora, { packages: ["@other/*"] });
    expect((await npm(elsewhere, `PUT ${PATH}`, body)).status).toBe(403);
    const rule = { effect: "restrict", subject: "everyone", permissions: ["unpublish"], registry: "default" };
    const { json } = await api(app, "POST /access-rules", rule);
    const refused = await npm(dora, `PUT ${PATH}`, body);
    expect([refused.status, refused.json.error]).toEqual([
      403,
      explained(
        "A rule for everyone in the registry default keeps dora from what this needs: to unpublish. Ask an administrator.",
      ),
    ]);
    expect((await npm(dora, `PUT ${PATH}`, { ...body, permissions: "read-only" })).status).toBe(201);
    await npm(dora, `DELETE ${PATH}`, { package: NAME });
    await api(app, `DELETE /access-rules/${String(json["id"])}`);
  });

  it.each([
    [PATH, { package: "@acme/absent", permissions: "read-only" }, 404],
    [PATH, { package: "@acme/gr*", permissions: "read-only" }, 404],
    [PATH, { package: NAME, permissions: "admin" }, 400],
    [PATH, { permissions: "read-only" }, 400],
    ["/-/team/acme/absent/package", { package: NAME, permissions: "read-only" }, 404],
    ["/-/team/absent/core/package", { package: NAME, permissions: "read-only" }, 404],
  ])("%s %j is refused", async (path, body, status) => {
    expect((await npm(dora, `PUT ${path}`, body)).status).toBe(status);
    expect(await rules()).toEqual([]);
  });
});

describe("the access of a package", () => {
  const NAME = "@acme/shown";
  const PATH = `/-/package/${encodeURIComponent(NAME)}`;

  beforeAll(() => app.admin.publish({ name: NAME, version: "1.0.0" }));

  const anonymous = async (): Promise<unknown[]> => {
    const [doc, tarball, other] = await Promise.all(
      [encodeURIComponent(NAME), `${encodeURIComponent(NAME)}/-/shown-1.0.0.tgz`, "@acme%2fgranted"].map(
        (path) => app.request(`/npm/default/${path}`),
      ),
    );
    return [doc?.status, tarball?.status, other?.status];
  };

  it("becomes public and restricted again, and every answer says so", async () => {
    expect(await anonymous()).toEqual([401, 401, 401]);
    expect(await get(eve, `${PATH}/visibility`)).toEqual({ public: false });
    const opened = await npm(app.admin, `POST ${PATH}/access`, { access: "public" });
    expect([opened.status, opened.json]).toEqual([200, { access: "public", publish_requires_tfa: false }]);
    expect(await anonymous()).toEqual([200, 200, 401]);
    expect(await get(eve, `${PATH}/visibility`)).toEqual({ public: true });
    expect(await get(eve, `${PATH}/access`)).toEqual({ access: "public", publish_requires_tfa: false });
    await npm(app.admin, `POST ${PATH}/access`, { access: "public" });
    expect((await api(app, "GET /access-rules")).json["items"]).toMatchObject([
      { subject: "everyone", permissions: ["view", "download"], registry: "default", packages: NAME },
    ]);

    for (const access of ["restricted", "private"]) {
      const closed = await npm(dora, `POST ${PATH}/access`, { access });
      expect(closed.json).toEqual({ access: "restricted", publish_requires_tfa: false });
    }
    expect(await anonymous()).toEqual([401, 401, 401]);
    expect((await api(app, "GET /access-rules")).json["items"]).toEqual([]);
  });

  it("is opened by who manages the registry only", async () => {
    const open = async (who: Persona): Promise<unknown[]> => {
      const { status, json } = await npm(who, `POST ${PATH}/access`, { access: "public" });
      return [status, json.error];
    };
    const refused = [
      403,
      explained(
        "A package is made public by who has the permission manage-registry on the registry default; ask an administrator.",
      ),
    ];
    expect(await open(dora)).toEqual(refused);
    expect(await anonymous()).toEqual([401, 401, 401]);
    const rule = { subject: "user", name: "dora", permissions: ["manage-registry"] };
    const made = await api(app, "POST /access-rules", { ...rule, registry: "default" });
    expect(await open(await limited(scene, dora, { permissions: ["view", "manage-access"] }))).toEqual(
      refused,
    );
    expect(await open(dora)).toEqual([200, undefined]);
    expect((await npm(eve, `POST ${PATH}/access`, { access: "restricted" })).status).toBe(200);
    await api(app, `DELETE /access-rules/${String(made.json["id"])}`);
  });

  it("is that of its registry where nothing else is said", async () => {
    await api(app, "POST /registries", { name: "open", anonymousRead: true });
    await app.admin.publish({ name: NAME, version: "1.0.0", registry: "open" });
    const { json } = await app.request(`/npm/open${PATH}/access`);
    expect(json).toEqual({ access: "public", publish_requires_tfa: false });
  });

  it.each([
    [
      { publish_requires_tfa: true },
      "This server does not offer two-factor authentication for publishing yet.",
    ],
    [{ access: "secret" }, '"access" is public or restricted.'],
    [{}, 'The body must be a JSON object with "access".'],
  ])("%j is 400", async (body, text) => {
    const { status, json } = await npm(dora, `POST ${PATH}/access`, body);
    expect([status, json.error]).toEqual([400, text]);
  });

  it("is changed by whoever may, of packages of the registry's own", async () => {
    const body = { access: "public" };
    const reader = await app.as("reader", "read-only");
    expect((await npm(reader, `POST ${PATH}/access`, body)).status).toBe(403);
    const absent = "/-/package/@acme%2fabsent";
    expect((await npm(app.admin, `POST ${absent}/access`, body)).status).toBe(404);
    for (const what of ["access", "visibility", "collaborators"]) {
      expect((await npm(dora, `GET ${absent}/${what}`)).status).toBe(404);
    }
  });
});

describe("lists of access", () => {
  beforeAll(async () => {
    await api(app, "POST /registries", { name: "lists" });
    for (const name of ["@acme/a", "@acme/b", "@acme0/x", "plain"]) {
      await app.admin.publish({ name, version: "1.0.0", registry: "lists" });
    }
    await app.as("gone");
    await api(app, "PATCH /users/gone", { disabled: true });
    await app.as("reader", "read-only");
  });

  const list = async (who: Persona, path: string): Promise<unknown> =>
    (await who.request(`/npm/lists${path}`)).json;

  it("collaborators are who may publish or download", async () => {
    const writers = Object.fromEntries(
      ["adam", "admin", "dora", "eve", "olga"].map((name) => [name, "write"]),
    );
    expect(await list(eve, "/-/package/plain/collaborators")).toEqual(writers);
    const grant = { subject: "user", name: "reader", permissions: ["download"], packages: "plain" };
    const { json } = await api(app, "POST /access-rules", grant);
    const restrict = {
      effect: "restrict",
      subject: "user",
      name: "eve",
      permissions: ["publish", "download"],
    };
    const other = await api(app, "POST /access-rules", { ...restrict, packages: "plain" });
    const { eve: _eve, ...others } = writers;
    expect(await list(dora, "/-/package/plain/collaborators")).toEqual({ ...others, reader: "read" });
    expect(await list(dora, "/-/package/plain/collaborators?format=cli")).toContainEqual({
      user: "reader",
      permissions: "read",
    });
    expect(await list(app.admin, "/-/user/reader/package")).toEqual({ plain: "read" });
    for (const { id } of [json, other.json]) await api(app, `DELETE /access-rules/${String(id)}`);
  });

  it("of an organization has the packages in its scope, with what the asker may do", async () => {
    expect(await list(eve, "/-/org/acme/package")).toEqual({ "@acme/a": "write", "@acme/b": "write" });
    const reader = await app.as("reader", "read-only");
    expect(await list(reader, "/-/org/acme/package")).toEqual({ "@acme/a": "read", "@acme/b": "read" });
    const narrow = await limited(scene, eve, { packages: ["@acme/a"], organizations: ["acme"] });
    expect(await list(narrow, "/-/org/acme/package")).toEqual({ "@acme/a": "write" });
  });

  it("of a user has what they may publish or were given", async () => {
    const all = ["@acme/a", "@acme/b", "@acme0/x", "plain"];
    const writes = Object.fromEntries(all.map((name) => [name, "write"]));
    expect(await list(eve, "/-/user/eve/package")).toEqual(writes);
    expect(await list(app.admin, "/-/user/eve/package")).toEqual(writes);
    expect(await list(eve, "/-/user/reader/package")).toEqual({});
    // npm asks so when the organization is none.
    const fallback = await eve.request("/npm/lists/-/org/eve/package");
    expect(fallback.status).toBe(404);
    expect((await eve.request("/npm/lists/-/user/nobody/package")).status).toBe(404);
    const publishing = await limited(scene, eve, { permissions: ["view", "publish"] });
    expect(await list(publishing, "/-/user/eve/package")).toEqual(writes);
    expect((await publishing.request("/npm/lists/-/user/dora/package")).status).toBe(403);
  });
});
