import {
  createFakeUpstream,
  makePackageTarball,
  startTestApp,
  type FakeUpstream,
  type Persona,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { limited } from "./organization-scene.ts";

let app: TestApp;
let upstream: FakeUpstream;
let ada: Persona;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url });
  ada = await app.as("ada");
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

async function call(who: Persona, wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  const to = `/api/v1/registries/default/packages${path}`;
  return await who.request(to, { method, ...(body === undefined ? {} : { body }) });
}

async function upload(who: Persona, bytes: Uint8Array, query = ""): Promise<TestResponse> {
  return await who.request(`/api/v1/registries/default/packages${query}`, {
    method: "POST",
    body: bytes,
    headers: { "content-type": "application/octet-stream" },
  });
}

const README = "# Uploaded\n\nIt *does* things.";

it("an uploaded tarball is a publish: the same manifest, README and rights", async () => {
  const files = { "README.md": README, "index.js": "export {};\n" };
  const packed = makePackageTarball({
    name: "@acme/up",
    version: "1.0.0",
    manifest: { description: "By hand", scripts: { postinstall: "node x.js" } },
    files,
  });
  const made = await upload(ada, packed.bytes);
  expect([made.status, made.json]).toEqual([
    201,
    { package: "@acme/up", version: "1.0.0", tags: ["latest"] },
  ]);
  const { json } = await ada.request("/npm/default/@acme%2fup");
  expect(json).toMatchObject({
    "name": "@acme/up",
    "dist-tags": { latest: "1.0.0" },
    "readme": README,
    "versions": {
      "1.0.0": {
        description: "By hand",
        hasInstallScript: true,
        dist: { integrity: packed.integrity, fileCount: 3 },
        _npmUser: { name: "ada" },
      },
    },
  });
  const shown = await call(ada, "GET /@acme%2fup/readme");
  expect(shown.json["html"]).toContain('<h1 id="readme-uploaded">Uploaded</h1>');
  const again = makePackageTarball({ name: "@acme/up", version: "1.0.0", files: { "x.js": "1" } });
  expect((await upload(ada, again.bytes)).status).toBe(403);
});

it("an upload sets the tag that it names", async () => {
  const { bytes } = makePackageTarball({ name: "tagged-up", version: "2.0.0-beta.1" });
  expect((await upload(ada, bytes, "?tag=beta")).json["tags"]).toContain("beta");
  expect((await upload(ada, bytes, "?tag=1.0.0")).status).toBe(400);
});

it.each([
  ["nothing", Buffer.alloc(0)],
  ["something that is no tarball", Buffer.from("not a tarball")],
  ["a package without a name", makePackageTarball({ name: "", version: "1.0.0" }).bytes],
  ["a package whose name leaves its folder", makePackageTarball({ name: "../up", version: "1.0.0" }).bytes],
  ["a package without a version", makePackageTarball({ name: "bad-version", version: "one" }).bytes],
])("%s is not taken", async (_what, bytes) => {
  const { status, json } = await upload(ada, bytes);
  expect([status, json["error"]]).toEqual([400, expect.any(String)]);
});

it("nobody uploads who may not publish there", async () => {
  const { bytes } = makePackageTarball({ name: "mine", version: "1.0.0" });
  const reader = await app.as("reader", "read-only");
  expect((await upload(reader, bytes)).status).toBe(403);
  const readOnly = await limited({ app }, ada, { permissions: ["view", "download"] });
  expect((await upload(readOnly, bytes)).status).toBe(403);
  const nobody = await app.request("/api/v1/registries/default/packages", {
    method: "POST",
    body: bytes,
    headers: { "content-type": "application/octet-stream" },
  });
  expect(nobody.status).toBe(401);
});

it("an upload does not take a name over that is in use from an upstream", async () => {
  upstream.publish({ name: "foreign", version: "1.0.0" });
  await ada.request("/npm/default/foreign");
  const { bytes } = makePackageTarball({ name: "foreign", version: "9.0.0" });
  const { status, json } = await upload(ada, bytes);
  expect([status, json["error"]]).toEqual([403, expect.stringContaining("claim the name first")]);
});

it("tags are set and taken away as npm does it", async () => {
  await ada.publish({ name: "tagged", version: "1.0.0" });
  await ada.publish({ name: "tagged", version: "1.1.0" });
  const set = await call(ada, "PUT /tagged/tags/stable", { version: "1.0.0" });
  expect([set.status, set.json]).toEqual([200, { tag: "stable", version: "1.0.0" }]);
  expect((await call(ada, "GET /tagged")).json["distTags"]).toEqual({ latest: "1.1.0", stable: "1.0.0" });
  expect((await call(ada, "DELETE /tagged/tags/stable")).status).toBe(204);
  expect((await call(ada, "DELETE /tagged/tags/stable")).status).toBe(404);
  expect((await call(ada, "DELETE /tagged/tags/latest")).status).toBe(403);
  expect((await call(ada, "PUT /tagged/tags/2.0.0", { version: "1.0.0" })).status).toBe(400);
  expect((await call(ada, "PUT /tagged/tags/next", { version: "9.0.0" })).status).toBe(404);
});

it("versions are deprecated with a text that clients print, and the text is lifted", async () => {
  await ada.publish({ name: "aged", version: "1.0.0" });
  await ada.publish({ name: "aged", version: "1.1.0" });
  const textsOf = async (): Promise<unknown[]> => {
    const { json } = await ada.request("/npm/default/aged");
    return Object.values(json["versions"] as Record<string, { deprecated?: string }>).map(
      ({ deprecated }) => deprecated ?? null,
    );
  };
  const one = await call(ada, "PUT /aged/versions/1.0.0/deprecation", { message: "use 1.1.0" });
  expect([one.status, await textsOf()]).toEqual([200, ["use 1.1.0", null]]);
  await call(ada, "PUT /aged/versions/*/deprecation", { message: "gone" });
  expect(await textsOf()).toEqual(["gone", "gone"]);
  await call(ada, "PUT /aged/versions/*/deprecation", { message: "" });
  expect(await textsOf()).toEqual([null, null]);
  expect((await call(ada, "PUT /aged/versions/3.0.0/deprecation", { message: "x" })).status).toBe(404);
});

it("versions and packages are unpublished by who may", async () => {
  await ada.publish({ name: "brief", version: "1.0.0" });
  await ada.publish({ name: "brief", version: "1.1.0" });
  const reader = await app.as("reader", "read-only");
  expect((await call(reader, "DELETE /brief/versions/1.1.0")).status).toBe(403);
  expect((await call(app.admin, "DELETE /brief/versions/1.1.0")).status).toBe(204);
  expect((await ada.request("/npm/default/brief/-/brief-1.1.0.tgz")).status).toBe(404);
  expect((await call(app.admin, "DELETE /brief/versions/1.0.0")).status).toBe(400);
  expect((await call(app.admin, "DELETE /brief")).status).toBe(204);
  expect((await ada.request("/npm/default/brief")).status).toBe(404);
});

it("a version of an upstream is pulled into the cache, unless policy refuses it", async () => {
  upstream.publish({ name: "pulled", version: "1.0.0" });
  upstream.publish({ name: "pulled", version: "1.1.0" });
  expect((await call(ada, "GET /pulled")).json["origin"]).toBe("remote");
  const { status, json } = await call(ada, "POST /pulled/versions/1.0.0/pull");
  expect([status, json]).toEqual([
    200,
    { package: "pulled", version: "1.0.0", sizeBytes: expect.any(Number) },
  ]);
  expect((await call(ada, "GET /pulled/versions/1.0.0")).json["origin"]).toBe("cached");
  const blocked = { status: "blocked", reason: "odd" };
  await call(app.admin, "PUT /pulled/versions/1.1.0/status", blocked);
  expect((await call(ada, "POST /pulled/versions/1.1.0/pull")).status).toBe(403);
  expect(upstream.count("pulled/-/pulled-1.1.0.tgz")).toBe(0);
  expect((await call(ada, "POST /pulled/versions/9.0.0/pull")).status).toBe(404);
});

it("nothing of a frozen registry is changed", async () => {
  await ada.publish({ name: "fixed", version: "1.0.0" });
  await ada.publish({ name: "fixed", version: "1.1.0" });
  const before = (await call(ada, "GET /fixed")).json;
  const freeze = async (frozen: boolean): Promise<TestResponse> =>
    await app.admin.request("/api/v1/registries/default", { method: "PATCH", body: { frozen } });
  expect((await freeze(true)).status).toBe(200);
  const writes: [string, unknown?][] = [
    ["PUT /fixed/tags/latest", { version: "1.0.0" }],
    ["DELETE /fixed/tags/stable"],
    ["PUT /fixed/versions/1.0.0/deprecation", { message: "old" }],
    ["DELETE /fixed/versions/1.1.0"],
    ["DELETE /fixed"],
  ];
  for (const [wanted, body] of writes) {
    const { status, json } = await call(app.admin, wanted, body);
    expect([wanted, status, json["error"]]).toEqual([wanted, 403, expect.stringContaining("read-only")]);
  }
  const { bytes } = makePackageTarball({ name: "fixed", version: "1.2.0" });
  expect((await upload(ada, bytes)).status).toBe(403);
  expect((await freeze(false)).status).toBe(200);
  expect((await call(ada, "GET /fixed")).json).toEqual({ ...before, at: expect.any(String) });
});
