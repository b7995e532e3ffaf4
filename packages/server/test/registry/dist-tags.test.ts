import { explained, startTestApp, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const TAGS = "-/package/@acme%2fleft/dist-tags";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
  for (const version of ["1.0.0", "1.1.0", "2.0.0-beta.1"]) {
    await app.admin.publish({ name: "@acme/left", version, tag: version.includes("-") ? "beta" : "latest" });
  }
});
afterAll(() => app.close());

const at = (path: string, method = "GET", body?: unknown): Promise<TestResponse> =>
  app.admin.request(`/npm/default/${path}`, { method, ...(body === undefined ? {} : { body }) });

async function tags(): Promise<unknown> {
  const listed = (await at(TAGS)).json;
  expect((await at("@acme%2fleft")).json["dist-tags"]).toEqual(listed);
  return listed;
}

describe("dist-tags", () => {
  it("are listed", async () => {
    expect(await tags()).toEqual({ latest: "1.1.0", beta: "2.0.0-beta.1" });
  });

  it("are set by a bare JSON string and answered as yarn 1 wants it", async () => {
    const { status, json } = await at(`${TAGS}/next`, "PUT", '"2.0.0-beta.1"');
    expect([status, json]).toEqual([201, { ok: true, success: true }]);
    expect((await at(`${TAGS}/next`, "POST", '"1.0.0"')).status).toBe(201);
    expect(await tags()).toMatchObject({ next: "1.0.0" });
    expect((await at("@acme%2fleft/next")).json["version"]).toBe("1.0.0");
  });

  it("may hold a slash, encoded or not", async () => {
    expect((await at(`${TAGS}/next%2Fx`, "PUT", '"1.0.0"')).status).toBe(201);
    expect(await tags()).toMatchObject({ "next/x": "1.0.0" });
    expect((await at("@acme%2fleft/next%2fx")).json["version"]).toBe("1.0.0");
    expect((await at(`${TAGS}/next/x`, "DELETE")).status).toBe(201);
    expect(await tags()).not.toHaveProperty("next/x");
  });

  it("may be words that objects know", async () => {
    for (const tag of ["constructor", "toString", "hasOwnProperty", "valueOf"]) {
      expect((await at(`@acme%2fleft/${tag}`)).status).toBe(404);
      expect((await at(`${TAGS}/${tag}`, "PUT", '"1.0.0"')).status).toBe(201);
      expect((await at(`@acme%2fleft/${tag}`)).json["version"]).toBe("1.0.0");
      expect((await at(`${TAGS}/${tag}`, "DELETE")).status).toBe(201);
    }
  });

  it.each(["1.0.0", "^1.0.0", "1.x", "*", "v2", "%3E%3D1", "x", "__proto__", "a%20b", "%20"])(
    "may not read as a range or be no word: %s",
    async (tag) => {
      const before = await tags();
      const { status, json } = await at(`${TAGS}/${tag}`, "PUT", '"1.0.0"');
      expect([status, json.error]).toEqual([400, expect.stringContaining("cannot be a tag")]);
      expect(await tags()).toEqual(before);
    },
  );

  it.each([
    ["a version that is not there", '"9.9.9"', 404],
    ["a range", '"^1.0.0"', 400],
    ["another tag", '"latest"', 400],
    ["a number", "1", 400],
    ["null", "null", 400],
    ["an object", '{"version":"1.0.0"}', 400],
    ["no JSON", "1.0.0", 400],
    ["nothing", "", 400],
  ])("must name a version of the package, not %s", async (_what, body, expected) => {
    const before = await tags();
    const { status, json } = await at(`${TAGS}/broken`, "PUT", body);
    expect([status, typeof json.error]).toEqual([expected, "string"]);
    expect(await tags()).toEqual(before);
  });

  it("lose any of them but latest", async () => {
    await at(`${TAGS}/short-lived`, "PUT", '"1.0.0"');
    expect((await at(`${TAGS}/short-lived`, "DELETE")).json).toEqual({ ok: true, success: true });
    const { status, json } = await at(`${TAGS}/latest`, "DELETE");
    expect([status, json.error]).toEqual([
      403,
      explained('The tag "latest" cannot be removed; point it at another version instead.'),
    ]);
    expect(await tags()).toMatchObject({ latest: "1.1.0" });
    const missing = await at(`${TAGS}/never`, "DELETE");
    expect([missing.status, missing.json.error]).toEqual([404, '@acme/left has no tag "never".']);
  });

  it("move latest where they are told to", async () => {
    expect((await at(`${TAGS}/latest`, "PUT", '"1.0.0"')).status).toBe(201);
    expect((await at("@acme%2fleft/latest")).json["version"]).toBe("1.0.0");
    await at(`${TAGS}/latest`, "PUT", '"1.1.0"');
  });

  it("are added by POST of a map and replaced by PUT of one, latest always stays", async () => {
    expect((await at(TAGS, "POST", { one: "1.0.0", two: "1.1.0" })).status).toBe(201);
    expect(await tags()).toMatchObject({ latest: "1.1.0", beta: "2.0.0-beta.1", one: "1.0.0", two: "1.1.0" });
    expect((await at(TAGS, "PUT", { three: "1.0.0" })).status).toBe(201);
    expect(await tags()).toEqual({ latest: "1.1.0", three: "1.0.0" });
  });

  it("are set all or none", async () => {
    const before = await tags();
    expect((await at(TAGS, "POST", { good: "1.0.0", bad: "9.9.9" })).status).toBe(404);
    expect((await at(TAGS, "PUT", { "good": "1.0.0", "^1": "1.0.0" })).status).toBe(400);
    expect((await at(TAGS, "POST", ["1.0.0"])).status).toBe(400);
    expect(await tags()).toEqual(before);
  });

  it("take build metadata for the version without it", async () => {
    await at(`${TAGS}/built`, "PUT", '"1.0.0+build.1"');
    expect(await tags()).toMatchObject({ built: "1.0.0" });
  });

  it("of a package that is not here are 404", async () => {
    expect((await at("-/package/never/dist-tags")).status).toBe(404);
    expect((await at("-/package/never/dist-tags/next", "PUT", '"1.0.0"')).status).toBe(404);
    expect((await at("-/package/never/dist-tags/next", "DELETE")).status).toBe(404);
  });

  it("are set by many writers at once without losing any", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `many-${index}`);
    const answers = await Promise.all(names.map((tag) => at(`${TAGS}/${tag}`, "PUT", '"1.0.0"')));
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    expect(await tags()).toMatchObject(Object.fromEntries(names.map((tag) => [tag, "1.0.0"])));
  });
});
