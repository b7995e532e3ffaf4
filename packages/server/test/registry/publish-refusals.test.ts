import { explained, makePublishDocument } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRefusingApp, type RefusingApp } from "./refused-publish.ts";

type Json = Record<string, unknown>;

let server: RefusingApp;

beforeAll(async () => {
  server = await startRefusingApp();
});
afterAll(() => server.close());

describe("a document that is not a publish", () => {
  const base = { version: "1.0.0" };

  it("must be for the name in the URL", async () => {
    const name = "doc-name";
    expect(await server.publishChanged({ ...base, name }, (body) => ({ ...body, name: "other" }))).toEqual([
      400,
      'The document is for "other", the URL for "doc-name".',
    ]);
    await server.expectUntouched(name);
  });

  it("must have the name in its manifest", async () => {
    const name = "doc-manifest-name";
    expect(
      await server.publishChanged({ ...base, name }, (_body, manifest) => void (manifest["name"] = "other")),
    ).toEqual([400, 'The manifest names "other" instead of "doc-manifest-name".']);
    await server.expectUntouched(name);
  });

  it("must bring exactly one version", async () => {
    const name = "doc-versions";
    const input = { ...base, name };
    expect(await server.publishChanged(input, (body) => ({ ...body, versions: {} }))).toEqual([
      400,
      "A publish brings one version; this document brings 0.",
    ]);
    const two = await server.publishChanged(input, (body, manifest) => ({
      ...body,
      versions: { "1.0.0": manifest, "1.0.1": { ...manifest, version: "1.0.1" } },
    }));
    expect(two).toEqual([400, "A publish brings one version; this document brings 2."]);
    expect(await server.publishChanged(input, (body) => ({ ...body, versions: [] }))).toEqual([
      400,
      'The document has no "versions".',
    ]);
    expect(await server.publishChanged(input, (body) => ({ ...body, versions: { "1.0.0": "x" } }))).toEqual([
      400,
      'versions["1.0.0"] is not an object.',
    ]);
    await server.expectUntouched(name);
  });

  it("must say the same version twice", async () => {
    const name = "doc-disagrees";
    expect(
      await server.publishChanged(
        { ...base, name },
        (_body, manifest) => void (manifest["version"] = "1.0.1"),
      ),
    ).toEqual([400, 'The manifest says version "1.0.1", the document "1.0.0".']);
    await server.expectUntouched(name);
  });

  it.each([
    "1.0",
    "v1.0.0",
    "1.0.0.0",
    "01.0.0",
    "latest",
    " 1.0.0",
    "1.0.0-",
    "1.0.0-01",
    "9007199254740993.0.0",
    "",
    "__proto__",
  ])("must have a semver version, which %j is not", async (version) => {
    const { status, json } = await server.put(
      "doc-semver",
      makePublishDocument({ name: "doc-semver", version }).body,
    );
    expect(status).toBe(400);
    expect(typeof json.error).toBe("string");
    expect((await server.app.admin.request("/npm/default/doc-semver")).status).toBe(404);
  });

  it.each(["1.0.0", "^1.0.0", "1.x", "*", "v2", ">=1 <2", "", " ", "a b", "__proto__"])(
    "may not set the tag %j",
    async (tag) => {
      const { status, json } = await server.put(
        "doc-tag",
        makePublishDocument({ name: "doc-tag", version: "1.0.0", tag }).body,
      );
      expect(status).toBe(400);
      expect(json.error).toContain("cannot be a tag");
      expect((await server.app.admin.request("/npm/default/doc-tag")).status).toBe(404);
    },
  );

  it("may set tags to its own version only", async () => {
    const name = "doc-tag-target";
    const change = (body: Json): Json => ({ ...body, "dist-tags": { latest: "2.0.0" } });
    expect(await server.publishChanged({ ...base, name }, change)).toEqual([
      400,
      'The tag "latest" names 2.0.0, but this publish brings 1.0.0.',
    ]);
    await server.expectUntouched(name);
  });

  it("must bring one tarball", async () => {
    const name = "doc-attachments";
    const two = await server.publishChanged({ ...base, name }, (body) => ({
      ...body,
      _attachments: { ...(body["_attachments"] as Json), "second.tgz": { data: "AAAA" } },
    }));
    expect(two).toEqual([400, "The document has more than one tarball."]);
    const none = await server.publishChanged({ ...base, name }, ({ _attachments, ...body }) => body);
    expect(none[0]).toBe(404);
    await server.expectUntouched(name);
  });

  it.each([
    ["a list", "[]"],
    ["a text", '"text"'],
    ["null", "null"],
    ["cut off", '{"name":'],
    ["no JSON", "name=left"],
    ["empty", ""],
    ["bottomless", "[".repeat(5000)],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00])],
  ])("is 400 when it is %s", async (_what, body) => {
    const { status, json } = await server.put("doc-json", body);
    expect([status, typeof json.error]).toEqual([400, "string"]);
  });

  it("may not be private", async () => {
    const name = "doc-private";
    const text = explained('doc-private says "private": true in its package.json; remove it to publish.');
    expect(
      await server.publishChanged({ ...base, name, manifest: { private: true } }, () => undefined),
    ).toEqual([403, text]);
    // Also when only the tarball says so.
    const hidden = await server.publishChanged(
      { ...base, name, manifest: { private: true } },
      (_body, manifest) => {
        delete manifest["private"];
      },
    );
    expect(hidden).toEqual([403, text]);
    await server.expectUntouched(name);
  });

  it("is refused when publishConfig.registry means another registry", async () => {
    const name = "doc-elsewhere";
    const elsewhere = { publishConfig: { registry: "https://other.example/npm/default/" } };
    expect(await server.publishChanged({ ...base, name, manifest: elsewhere }, () => undefined)).toEqual([
      403,
      explained(
        "publishConfig.registry in package.json says https://other.example/npm/default/, so this package is not " +
          `published to ${server.app.url}/npm/default/.`,
      ),
    ]);
    await server.expectUntouched(name);
  });

  it("passes when publishConfig.registry means this one, in any spelling", async () => {
    const { port } = new URL(server.app.url);
    const urls = [
      `${server.app.url}/npm/default`,
      `${server.app.url}/r/default/`,
      `http://localhost:${port}/npm/Default/`,
    ];
    for (const [index, registry] of urls.entries()) {
      const manifest = { publishConfig: { registry } };
      const published = await server.app.admin.publish({
        name: "doc-here",
        version: `1.0.${index}`,
        manifest,
      });
      expect([registry, published.status]).toEqual([registry, 201]);
    }
  });
});

describe("names of new packages", () => {
  // The client's own check lets the scoped ones of these pass.
  const HOLES = [
    "@../x",
    "@./x",
    "@s/-",
    "@s/_x",
    "@-/x",
    "@_s/x",
    "@s/node_modules",
    "@node_modules/x",
    "@s/.x",
    "@.s/x",
    "@s/-x",
  ];
  const OTHERS = [
    "UPPER",
    "@acme/Upper",
    "http",
    "fs",
    ".hidden",
    "_private",
    "-dash",
    "favicon.ico",
    "node_modules",
    "a b",
    "a~b",
    "a!",
    "a'b",
    "(a)",
    "a*",
    "ä",
    "a\u0000b",
    "a\\b",
    "a".repeat(215),
    `@acme/${"a".repeat(209)}`,
    "@acme",
    "@/x",
    "@acme/a/b",
  ];

  it.each([...HOLES, ...OTHERS])("%j is refused", async (name) => {
    const { body } = makePublishDocument({ name, version: "1.0.0" });
    const answers = [
      await server.app.admin.request(`/npm/default/${encodeURIComponent(name)}`, { method: "PUT", body }),
      await server.app.admin.request(`/npm/default/${name.split("/").map(encodeURIComponent).join("/")}`, {
        method: "PUT",
        body,
      }),
    ];
    for (const { status, json } of answers) {
      expect([400, 404, 405]).toContain(status);
      expect(typeof json.error).toBe("string");
    }
    const row = await server.db.read
      .selectFrom("packages")
      .select("id")
      .where("name", "=", name)
      .executeTakeFirst();
    expect(row).toBeUndefined();
  });

  it("say what is wrong with them", async () => {
    const errors = [];
    for (const name of ["UPPER", "http", "@s/_x", "@s/.x", "a~b"]) {
      errors.push((await server.put(name, makePublishDocument({ name, version: "1.0.0" }).body)).json.error);
    }
    expect(errors).toMatchInlineSnapshot(`
      [
        ""UPPER" is not a valid package name: its name has upper-case letters, new names have none.",
        ""http" is not a valid package name: http is a core module name.",
        ""@s/_x" is not a valid package name: its name starts with "_".",
        ""@s/.x" is not a valid package name: its name starts with ".".",
        ""a~b" is not a valid package name: its name has the character "~".",
      ]
    `);
  });

  it.each([
    "a",
    "a".repeat(214),
    `@acme/${"a".repeat(208)}`,
    "@acme/a.b-c_d",
    "a.b",
    "0",
    "constructor",
    "tostring",
    "hasownproperty",
  ])("%j is taken", async (name) => {
    expect((await server.app.admin.publish({ name, version: "1.0.0" })).status).toBe(201);
    const { json } = await server.app.admin.request(`/npm/default/${name.replace("/", "%2f")}`);
    expect(json["name"]).toBe(name);
  });
});
