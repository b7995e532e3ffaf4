import { startTestApp, type Persona, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase, type Database } from "../../src/db/index.ts";

let app: TestApp;
let db: Database;
let ada: Persona;

beforeAll(async () => {
  app = await startTestApp();
  db = await openDatabase({ url: `sqlite:${app.data}/entrepot.db` });
  ada = await app.as("ada");
  await app.as("Grace");
  const email = "grace@example.test";
  await app.admin.request("/api/v1/users/grace", { method: "PATCH", body: { email } });
});
afterAll(async () => {
  await db.close();
  await app.close();
});

const GRACE = { name: "grace", email: "grace@example.test" };

function add(name: string, user: unknown, by: Persona = ada): Promise<TestResponse> {
  return by.request(`/npm/default/-/package/${name}/owners`, { method: "PUT", body: { user } });
}

function remove(name: string, user: string, by: Persona = ada): Promise<TestResponse> {
  return by.request(`/npm/default/-/package/${name}/owners/${user}`, { method: "DELETE" });
}

async function read(name: string): Promise<Record<string, unknown>> {
  return (await ada.request(`/npm/default/${name}`)).json;
}

async function changesOf(name: string): Promise<unknown[]> {
  const rows = await db.read
    .selectFrom("changes")
    .select(["kind", "actor", "detail"])
    .where("package", "=", name)
    .where("kind", "=", "package-changed")
    .orderBy("seq")
    .execute();
  return rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) as unknown }));
}

describe("the owners of a package", () => {
  it("gain and lose a user of this server, and no version with them", async () => {
    await ada.publish({ name: "owned", version: "1.0.0" });
    const before = await read("owned");
    const added = await add("owned", "Grace");
    expect([added.status, added.json["ok"]]).toEqual([201, true]);
    const after = await read("owned");
    expect(after).toEqual({
      ...before,
      _rev: added.json["rev"],
      maintainers: [{ name: "ada", email: "" }, GRACE],
    });
    expect(after["_rev"]).not.toBe(before["_rev"]);

    expect((await remove("owned", "ada")).status).toBe(201);
    expect((await read("owned"))["maintainers"]).toEqual([GRACE]);
    expect(await changesOf("owned")).toEqual([
      { kind: "package-changed", actor: "ada", detail: { maintainers: ["ada", "grace"] } },
      { kind: "package-changed", actor: "ada", detail: { maintainers: ["grace"] } },
    ]);
  });

  it("stay as they are when one of them is added again", async () => {
    await ada.publish({ name: "@acme/again", version: "1.0.0" });
    const before = await read("@acme%2fagain");
    expect((await add("@acme%2fagain", "ADA")).status).toBe(201);
    expect(await read("@acme%2fagain")).toEqual(before);
    expect(await changesOf("@acme/again")).toEqual([]);
  });

  it("are all kept when many are added at once", async () => {
    await ada.publish({ name: "crowded", version: "1.0.0" });
    const names = Array.from({ length: 5 }, (_, index) => `owner-${index}`);
    for (const name of names) await app.as(name);
    const answers = await Promise.all(names.map((name) => add("crowded", name)));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 201));
    const people = (await read("crowded"))["maintainers"] as { name: string }[];
    expect(people.map(({ name }) => name).toSorted()).toEqual(["ada", ...names]);
  });

  it("are never none, and only users are added and owners removed", async () => {
    await ada.publish({ name: "kept", version: "1.0.0" });
    const before = await read("kept");
    const answers = [
      await remove("kept", "ada"),
      await remove("kept", "grace"),
      await add("kept", "stranger"),
      await add("kept", 7),
      await add("missing", "grace"),
    ];
    expect(answers.map(({ status, json }) => [status, json.error])).toEqual([
      [400, expect.stringContaining("cannot be without an owner")],
      [404, '"grace" is not an owner of kept.'],
      [404, 'There is no user "stranger".'],
      [400, 'The body must be a JSON object with "user".'],
      [404, expect.stringContaining('"missing"')],
    ]);
    expect(await read("kept")).toEqual(before);
  });

  it("are changed by nobody who may not write", async () => {
    await ada.publish({ name: "guarded", version: "1.0.0" });
    const reader = await app.as("reader", "read-only");
    expect((await add("guarded", "reader", reader)).status).toBe(403);
    expect((await remove("guarded", "ada", reader)).status).toBe(403);
    const anonymous = await app.request("/npm/default/-/package/guarded/owners", {
      method: "PUT",
      body: { user: "grace" },
    });
    expect(anonymous.status).toBe(401);
    expect(await changesOf("guarded")).toEqual([]);
  });
});
