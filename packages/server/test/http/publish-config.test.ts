import { startTestApp, type TestApp } from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

let app: TestApp;
let count = 0;

beforeAll(async () => {
  app = await startTestApp({ env: { ENTREPOT_PUBLIC_URL: "https://npm.example.test/base" } });
  const body = { name: "team", host: "team.example.test" };
  expect((await app.admin.request("/api/v1/registries", { method: "POST", body })).status).toBe(201);
});
afterAll(() => app.close());

/** Publishes to the registry `team` what belongs, as its author wrote, to another URL. */
async function publishFor(registry: string): Promise<number> {
  count += 1;
  const manifest = { publishConfig: { registry } };
  const answer = await app.admin.publish({
    registry: "team",
    name: `package-${count}`,
    version: "1.0.0",
    manifest,
  });
  return answer.status;
}

it.each([
  "https://npm.example.test/base/npm/team/",
  "https://npm.example.test/base/npm/team",
  "https://npm.example.test/base/r/Team/",
  "https://npm.example.test/npm/team/",
  "https://team.example.test/",
  "http://team.example.test",
  "https://team.example.test/npm/team/",
])("a package for the registry's own address %s is taken by whatever address it comes", async (registry) => {
  expect(await publishFor(registry)).toBe(201);
});

it("the address that the client uses is one of them", async () => {
  expect(await publishFor(`${app.url}/npm/team/`)).toBe(201);
  expect(await publishFor(`${app.url.replace("127.0.0.1", "localhost")}/r/team`)).toBe(201);
});

it.each([
  "https://npm.example.test/base/npm/default/",
  "https://npm.example.test/base/npm/",
  "https://npm.example.test/",
  "https://team.example.test/other/",
  "https://team.example.test/npm/default/",
  "https://other.example.test/npm/team/",
  "https://npm.example.test.evil.test/base/npm/team/",
  "not a URL",
])("a package for %s is refused", async (registry) => {
  expect(await publishFor(registry)).toBe(403);
});

it("no text with the character NUL is looked up", async () => {
  for (const path of ["registries/default/versions?text=%00", "registries/a%00b", "users?cursor=%00"]) {
    const { status, json } = await app.admin.request(`/api/v1/${path}`);
    expect([status, json.error]).toEqual([400, "The URL holds the character NUL; leave it out."]);
  }
});
