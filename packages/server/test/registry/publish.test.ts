import {
  explained,
  createTestClock,
  makePublishDocument,
  startTestApp,
  type TestApp,
  type TestClock,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase, type Database } from "../../src/db/index.ts";
import { BUNDLE } from "../http/route-requests.ts";

type Json = Record<string, unknown>;

let app: TestApp;
let clock: TestClock;
let db: Database;

beforeAll(async () => {
  clock = createTestClock();
  app = await startTestApp({ now: clock.now });
  db = await openDatabase({ url: `sqlite:${app.data}/entrepot.db` });
});
afterAll(async () => {
  await db.close();
  await app.close();
});

async function versionRow(name: string, version: string): Promise<Json> {
  const row = await db.read
    .selectFrom("versions")
    .innerJoin("packages", "packages.id", "versions.package_id")
    .selectAll("versions")
    .where("packages.name", "=", name)
    .where("versions.version", "=", version)
    .executeTakeFirstOrThrow();
  return row;
}

const packument = async (name: string): Promise<Json> =>
  (await app.admin.request(`/npm/default/${name.replace("/", "%2f")}`)).json;

async function manifest(name: string, version: string): Promise<Json> {
  return ((await packument(name))["versions"] as Record<string, Json>)[version] ?? {};
}

describe("a publish", () => {
  it("answers what every client wants to read", async () => {
    const ada = await app.as("ada");
    const { status, json } = await ada.publish({ name: "@acme/answer", version: "1.0.0" });
    expect(status).toBe(201);
    expect(json).toEqual({
      ok: true,
      success: true,
      id: "@acme/answer",
      rev: expect.stringMatching(/^1-[0-9a-f]{16}$/),
    });
  });

  it("is readable as soon as it is acknowledged, with the bytes that were sent", async () => {
    const ada = await app.as("ada");
    const { document } = await ada.publish({
      name: "@acme/bytes",
      version: "1.0.0",
      files: { "index.js": "1" },
    });
    const { dist } = (await manifest("@acme/bytes", "1.0.0")) as { dist: Json };
    const tarball = await ada.request(new URL(String(dist["tarball"])).pathname);
    expect(tarball.bytes.equals(document.tarball.bytes)).toBe(true);
    expect(dist).toMatchObject({ integrity: document.tarball.integrity, shasum: document.tarball.shasum });
  });

  it("names its publisher itself, whatever the manifest claims", async () => {
    const email = "grace@example.test";
    await app.as("grace");
    await app.admin.request("/api/v1/users/grace", { method: "PATCH", body: { email } });
    const grace = await app.as("grace");
    await grace.publish({ name: "claims", version: "1.0.0", manifest: { _npmUser: { name: "root" } } });
    expect((await manifest("claims", "1.0.0"))["_npmUser"]).toEqual({ name: "grace", email });
    expect((await packument("claims"))["maintainers"]).toEqual([{ name: "grace", email }]);
  });

  it("records who wrote, with which credential, from where and with what", async () => {
    const ada = await app.as("ada");
    const { body } = makePublishDocument({ name: "recorded", version: "1.0.0" });
    const headers = { "user-agent": "npm/11.19.1 node/v20" };
    await ada.request("/npm/default/recorded", { method: "PUT", body, headers });
    const row = await versionRow("recorded", "1.0.0");
    expect(row).toMatchObject({ published_by: "ada", published_at: clock.now(), removed_at: null });
    expect(JSON.parse(String(row["provenance"]))).toEqual({
      user: "ada",
      via: "token",
      tokenId: expect.any(String),
      address: "127.0.0.1",
      client: "npm/11.19.1 node/v20",
    });
    const change = await db.read
      .selectFrom("changes")
      .selectAll()
      .where("package", "=", "recorded")
      .executeTakeFirstOrThrow();
    expect(change).toMatchObject({ kind: "version-published", actor: "ada", at: clock.now() });
    expect(JSON.parse(change.detail)).toMatchObject({ version: "1.0.0", tags: ["latest"] });
  });

  it("records a publish by password as one", async () => {
    await app.as("ada");
    const authorization = `Basic ${Buffer.from("ada:the password of ada").toString("base64")}`;
    const { body } = makePublishDocument({ name: "by-password", version: "1.0.0" });
    const { status } = await app.request("/npm/default/by-password", {
      method: "PUT",
      body,
      headers: { authorization },
    });
    expect(status).toBe(201);
    const { provenance } = await versionRow("by-password", "1.0.0");
    expect(JSON.parse(String(provenance))).toMatchObject({ via: "password", tokenId: null });
  });

  it("writes down what only the tarball tells", async () => {
    const files = { "npm-shrinkwrap.json": "{}", "binding.gyp": "{}", "a/b.js": "1" };
    await app.admin.publish({ name: "inside", version: "1.0.0", files });
    expect(await manifest("inside", "1.0.0")).toMatchObject({
      _hasShrinkwrap: true,
      hasInstallScript: true,
      dist: { fileCount: 4 },
    });
  });

  it("passes on members that it knows nothing of", async () => {
    const extra = { engines: { node: ">=1" }, libc: ["musl"], unheardOf: { deep: [1, null, "…"] } };
    await app.admin.publish({ name: "extra", version: "1.0.0", manifest: extra });
    expect(await manifest("extra", "1.0.0")).toMatchObject(extra);
  });

  it("shows the README and description of latest", async () => {
    const { admin } = app;
    await admin.publish({
      name: "texts",
      version: "1.0.0",
      readme: "one",
      manifest: { description: "first" },
    });
    await admin.publish({
      name: "texts",
      version: "2.0.0",
      readme: "two",
      tag: "next",
      manifest: { description: "second" },
    });
    expect(await packument("texts")).toMatchObject({ readme: "one", description: "first" });
    await admin.publish({
      name: "texts",
      version: "2.0.1",
      readme: "three",
      manifest: { description: "third" },
    });
    expect(await packument("texts")).toMatchObject({ readme: "three", description: "third" });
  });

  it("takes berry's order of members, where attachments come first", async () => {
    const { body } = makePublishDocument({ name: "berry", version: "1.0.0", bundle: BUNDLE });
    const { _attachments, ...rest } = body;
    const reversed = Object.fromEntries(Object.entries(_attachments as Json).reverse());
    const { status } = await app.admin.request("/npm/default/berry", {
      method: "PUT",
      body: { _attachments: reversed, readme: "at the root", ...rest },
    });
    expect(status).toBe(201);
    expect((await packument("berry"))["readme"]).toBe("at the root");
  });

  it("takes base64 with escaped slashes and in any chunks", async () => {
    const { body, tarball } = makePublishDocument({ name: "escaped", version: "1.0.0" });
    const text = JSON.stringify(body).replaceAll("/", "\\/");
    expect((await app.admin.request("/npm/default/escaped", { method: "PUT", body: text })).status).toBe(201);
    const { dist } = (await manifest("escaped", "1.0.0")) as { dist: Json };
    expect(dist["integrity"]).toBe(tarball.integrity);
  });
});

describe("a second publish of a version", () => {
  const path = "/npm/default/twice";
  const publish = (body: unknown): ReturnType<TestApp["request"]> =>
    app.admin.request(path, { method: "PUT", body });

  it("is success with the same bytes, and changes nothing", async () => {
    const { body } = makePublishDocument({ name: "twice", version: "1.0.0" });
    const first = await publish(body);
    const before = await app.admin.request(path);
    clock.advance(60_000);
    const second = await publish(body);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.json).toEqual(first.json);
    expect((await app.admin.request(path)).text).toBe(before.text);
  });

  it("is 403 with other bytes, and changes nothing", async () => {
    const before = (await app.admin.request(path)).text;
    const other = makePublishDocument({ name: "twice", version: "1.0.0", files: { "index.js": "other" } });
    const { status, json } = await publish(other.body);
    expect(status).toBe(403);
    const text = explained(
      "twice@1.0.0 exists already with other content and versions are immutable; publish a higher version.",
    );
    expect(json).toEqual({
      code: "version-exists",
      error: text,
      message: text,
      helpCode: "version-exists",
      help: `${app.url}/-/help/errors#version-exists`,
    });
    expect((await app.admin.request(path)).text).toBe(before);
  });

  it("counts build metadata for nothing", async () => {
    const { body } = makePublishDocument({ name: "twice", version: "1.0.0+build.5" });
    expect((await publish(body)).status).toBe(403);
  });

  it("lets exactly one of many different ones win", async () => {
    const bodies = Array.from({ length: 8 }, (_, index) =>
      makePublishDocument({ name: "race", version: "1.0.0", files: { "index.js": String(index) } }),
    );
    const answers = await Promise.all(
      bodies.map(({ body }) => app.admin.request("/npm/default/race", { method: "PUT", body })),
    );
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([
      201, 403, 403, 403, 403, 403, 403, 403,
    ]);
    const winner = answers.findIndex(({ status }) => status === 201);
    const { dist } = (await manifest("race", "1.0.0")) as { dist: Json };
    expect(dist["integrity"]).toBe(bodies[winner]?.tarball.integrity);
  });
});

describe("a version with build metadata", () => {
  it("is published without it, and found under either spelling", async () => {
    const { status } = await app.admin.publish({ name: "plus", version: "1.1.0+4.17.0" });
    expect(status).toBe(201);
    expect(Object.keys((await packument("plus"))["versions"] as object)).toEqual(["1.1.0"]);
    expect((await packument("plus"))["dist-tags"]).toEqual({ latest: "1.1.0" });
    expect(await manifest("plus", "1.1.0")).toMatchObject({ version: "1.1.0", _id: "plus@1.1.0" });
    for (const spelling of ["1.1.0", "1.1.0+4.17.0", "1.1.0%2B4.17.0"]) {
      expect((await app.admin.request(`/npm/default/plus/${spelling}`)).status).toBe(200);
      expect((await app.admin.request(`/npm/default/plus/-/plus-${spelling}.tgz`)).status).toBe(200);
    }
  });
});

describe("tags of a publish", () => {
  it("are set as the body says; latest stays where it is", async () => {
    await app.admin.publish({ name: "tags", version: "1.0.0" });
    await app.admin.publish({ name: "tags", version: "2.0.0", tag: "next" });
    expect((await packument("tags"))["dist-tags"]).toEqual({ latest: "1.0.0", next: "2.0.0" });
  });

  it("get a latest when none is there", async () => {
    await app.admin.publish({ name: "no-latest", version: "1.0.0", tag: "beta" });
    expect((await packument("no-latest"))["dist-tags"]).toEqual({ beta: "1.0.0", latest: "1.0.0" });
  });

  it("get a latest also when there are pre-releases only, until a stable version comes", async () => {
    await app.admin.publish({ name: "early", version: "1.0.0-beta.1", tag: "beta" });
    expect((await packument("early"))["dist-tags"]).toEqual({ beta: "1.0.0-beta.1", latest: "1.0.0-beta.1" });
  });

  it("may come without any", async () => {
    const { "dist-tags": _tags, ...body } = makePublishDocument({ name: "untagged", version: "1.0.0" }).body;
    const { status } = await app.admin.request("/npm/default/untagged", { method: "PUT", body });
    expect(status).toBe(201);
    expect((await packument("untagged"))["dist-tags"]).toEqual({ latest: "1.0.0" });
  });
});

describe("a publish with provenance", () => {
  const url = (): string => `${app.url}/npm/default/-/npm/v1/attestations/@acme/proven@1.0.0`;

  it("keeps the sigstore bundle and says where it is", async () => {
    const { status } = await app.admin.publish({ name: "@acme/proven", version: "1.0.0", bundle: BUNDLE });
    expect(status).toBe(201);
    const { dist } = (await manifest("@acme/proven", "1.0.0")) as { dist: Json };
    expect(dist["attestations"]).toEqual({
      url: url(),
      provenance: { predicateType: "https://slsa.dev/provenance/v1" },
    });
    expect(JSON.parse(String((await versionRow("@acme/proven", "1.0.0"))["attestations"]))).toEqual([BUNDLE]);
  });

  it("serves the bundle at that address, in every spelling of the name", async () => {
    const expected = { attestations: [{ predicateType: "https://slsa.dev/provenance/v1", bundle: BUNDLE }] };
    for (const spec of ["@acme/proven@1.0.0", "@acme%2fproven@1.0.0", "%40acme%2Fproven%401.0.0"]) {
      const { status, json } = await app.admin.request(`/npm/default/-/npm/v1/attestations/${spec}`);
      expect([spec, status, json]).toEqual([spec, 200, expected]);
    }
  });

  it("shows the bundle to nobody who may not see the package", async () => {
    const path = "/npm/default/-/npm/v1/attestations/@acme/proven@1.0.0";
    const rule = {
      subject: "everyone",
      permissions: ["view"],
      registry: "default",
      packages: "@acme/answer",
    };
    const made = await app.admin.request("/api/v1/access-rules", { method: "POST", body: rule });
    expect(made.status).toBe(201);
    expect((await app.request(path)).status).toBe(401);
    await app.admin.request(`/api/v1/access-rules/${String(made.json["id"])}`, { method: "DELETE" });
    for (const [packages, status] of [
      ["@acme/answer", 403],
      ["@acme/proven", 200],
    ] as const) {
      const body = { name: "some", readonly: true, packages: [packages] };
      const { json } = await app.admin.request("/api/v1/tokens", { method: "POST", body });
      const headers = { authorization: `Bearer ${String(json["token"])}` };
      expect((await app.request(path, { headers })).status).toBe(status);
    }
  });

  it("takes a bundle in base64 too, as the public registry's documents have it", async () => {
    const { body } = makePublishDocument({ name: "proven64", version: "1.0.0", bundle: BUNDLE });
    const attachment = (body["_attachments"] as Record<string, Json>)["proven64-1.0.0.sigstore"] as Json;
    attachment["data"] = Buffer.from(String(attachment["data"])).toString("base64");
    expect((await app.admin.request("/npm/default/proven64", { method: "PUT", body })).status).toBe(201);
    const { json } = await app.admin.request("/npm/default/-/npm/v1/attestations/proven64@1.0.0");
    expect(json["attestations"]).toMatchObject([{ bundle: BUNDLE }]);
  });

  it("is refused when the bundle is none, and leaves no package behind", async () => {
    const { body } = makePublishDocument({ name: "unproven", version: "1.0.0", bundle: BUNDLE });
    const attachment = (body["_attachments"] as Record<string, Json>)["unproven-1.0.0.sigstore"] as Json;
    attachment["data"] = "{not json";
    const { status, json } = await app.admin.request("/npm/default/unproven", { method: "PUT", body });
    expect([status, json.error]).toEqual([
      400,
      'The attachment "unproven-1.0.0.sigstore" is not a sigstore bundle.',
    ]);
    expect((await app.admin.request("/npm/default/unproven")).status).toBe(404);
  });

  it.each(["@acme/proven@9.9.9", "nothing@1.0.0", "@acme/answer@1.0.0"])(
    "has 404 with a text for %s",
    async (spec) => {
      const { status, json } = await app.admin.request(`/npm/default/-/npm/v1/attestations/${spec}`);
      expect([status, json.error]).toEqual([404, `There are no attestations of ${spec} here.`]);
    },
  );
});

describe("visibility, as clients ask before they make provenance", () => {
  it("is told of what was published here, and 404 for a new name", async () => {
    await app.admin.publish({ name: "seen", version: "1.0.0" });
    expect((await app.admin.request("/npm/default/-/package/seen/visibility")).json).toEqual({
      public: false,
    });
    expect((await app.admin.request("/npm/default/-/package/unseen/visibility")).status).toBe(404);
  });
});
