import { startTestApp, type Persona, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { limited } from "./organization-scene.ts";

let app: TestApp;
let ada: Persona;

async function call(who: Persona, wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  return await who.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

const pathOf = (registry: string, name: string): string =>
  `/registries/${registry}/packages/${encodeURIComponent(name)}/versions/1.0.0/status`;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.as("ada");
  await call(app.admin, "POST /registries", { name: "closed" });
  for (const [registry, name] of [
    ["default", "left"],
    ["default", "@acme/one"],
    ["closed", "left"],
    ["*", "right"],
  ] as const) {
    const { status } = await call(app.admin, `PUT ${pathOf(registry, name)}`, {
      status: "blocked",
      reason: "a secret finding",
    });
    expect(status).toBe(200);
  }
});
afterAll(() => app.close());

/** Registry and package of each entry that somebody is shown, and whether its reason and its author are. */
async function seenBy(who: Persona): Promise<string[]> {
  const { items } = (await call(who, "GET /statuses")).json as { items: Record<string, unknown>[] };
  return items
    .map(({ registry, name, status, reason, setBy }) => {
      expect([status, reason === null]).toEqual(["blocked", setBy === null]);
      return `${String(registry)} ${String(name)} ${reason === null ? "" : String(setBy)}`.trim();
    })
    .sort();
}

async function rule(body: Record<string, unknown>): Promise<() => Promise<unknown>> {
  const { json } = await call(app.admin, "POST /access-rules", { subject: "user", name: "ada", ...body });
  return () => call(app.admin, `DELETE /access-rules/${String(json["id"])}`);
}

it("entries are shown to who may see the package, with their reason to who manages the registry", async () => {
  expect(await seenBy(app.admin)).toEqual([
    "* right admin",
    "closed left admin",
    "default @acme/one admin",
    "default left admin",
  ]);
  expect(await seenBy(ada)).toEqual(["* right", "closed left", "default @acme/one", "default left"]);
  const undo = [
    await rule({ permissions: ["manage-registry"], registry: "default" }),
    await rule({ effect: "restrict", permissions: ["view"], registry: "closed" }),
    await rule({ effect: "restrict", permissions: ["view"], packages: "right" }),
  ];
  expect(await seenBy(ada)).toEqual(["default @acme/one admin", "default left admin"]);
  for (const back of undo) await back();
});

it("entries are shown to a token for the registries and packages that it is for", async () => {
  const scene = { app };
  expect(await seenBy(await limited(scene, app.admin, { packages: ["@acme/*"] }))).toEqual([
    "default @acme/one admin",
  ]);
  expect(await seenBy(await limited(scene, app.admin, { registries: ["closed"] }))).toEqual([
    "closed left admin",
  ]);
  expect(await seenBy(await limited(scene, app.admin, { permissions: ["publish"] }))).toEqual([]);
});

it("a token for some packages sets and clears the status of those", async () => {
  const narrow = await limited({ app }, app.admin, { packages: ["mine"] });
  const body = { status: "blocked" };
  expect((await call(narrow, `PUT ${pathOf("default", "mine")}`, body)).status).toBe(200);
  expect((await call(narrow, `DELETE ${pathOf("default", "mine")}`)).status).toBe(204);
  expect((await call(narrow, `PUT ${pathOf("default", "left")}`, body)).status).toBe(403);
  expect((await call(narrow, `DELETE ${pathOf("default", "left")}`)).status).toBe(403);
});
