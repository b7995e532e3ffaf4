import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
  hashesOf,
  makePackageTarball,
  makePublishDocument,
  startTestApp,
  type PackageInput,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase, type Database } from "../../src/db/index.ts";
import { openSocket } from "../http/raw-socket.ts";

type Json = Record<string, unknown>;

let app: TestApp;
let db: Database;

beforeAll(async () => {
  app = await startTestApp();
  db = await openDatabase({ url: `sqlite:${app.data}/entrepot.db` });
});
afterAll(async () => {
  await db.close();
  await app.close();
});

function put(name: string, body: unknown): Promise<TestResponse> {
  return app.admin.request(`/npm/default/${name.replace("/", "%2f")}`, { method: "PUT", body });
}

/** Publishes what `change` makes of an ordinary document. */
async function publishChanged(
  input: PackageInput,
  change: (body: Json, manifest: Json) => Json | void,
): Promise<[status: number, error: string | undefined]> {
  const { body } = makePublishDocument(input);
  const manifest = (body["versions"] as Record<string, Json>)[input.version] as Json;
  const { status, json } = await put(input.name, change(body, manifest) ?? body);
  return [status, json.error];
}

/** The very name that was refused can be published rightly; nothing of the refused one is in the way. */
async function expectUntouched(name: string): Promise<void> {
  const row = await db.read.selectFrom("packages").select("id").where("name", "=", name).executeTakeFirst();
  expect(row).toBeUndefined();
  expect((await app.admin.request(`/npm/default/${name.replace("/", "%2f")}`)).status).toBe(404);
  expect(await readdir(join(app.data, "staging"))).toEqual([]);
  expect((await app.admin.publish({ name, version: "1.0.0" })).status).toBe(201);
}

describe("a document that is not a publish", () => {
  const base = { version: "1.0.0" };

  it("must be for the name in the URL", async () => {
    const name = "doc-name";
    expect(await publishChanged({ ...base, name }, (body) => ({ ...body, name: "other" }))).toEqual([
      400,
      'The document is for "other", the URL for "doc-name".',
    ]);
    await expectUntouched(name);
  });

  it("must have the name in its manifest", async () => {
    const name = "doc-manifest-name";
    expect(
      await publishChanged({ ...base, name }, (_body, manifest) => void (manifest["name"] = "other")),
    ).toEqual([400, 'The manifest names "other" instead of "doc-manifest-name".']);
    await expectUntouched(name);
  });

  it("must bring exactly one version", async () => {
    const name = "doc-versions";
    const input = { ...base, name };
    expect(await publishChanged(input, (body) => ({ ...body, versions: {} }))).toEqual([
      400,
      "A publish brings one version; this document brings 0.",
    ]);
    const two = await publishChanged(input, (body, manifest) => ({
      ...body,
      versions: { "1.0.0": manifest, "1.0.1": { ...manifest, version: "1.0.1" } },
    }));
    expect(two).toEqual([400, "A publish brings one version; this document brings 2."]);
    expect(await publishChanged(input, (body) => ({ ...body, versions: [] }))).toEqual([
      400,
      'The document has no "versions".',
    ]);
    expect(await publishChanged(input, (body) => ({ ...body, versions: { "1.0.0": "x" } }))).toEqual([
      400,
      'versions["1.0.0"] is not an object.',
    ]);
    await expectUntouched(name);
  });

  it("must say the same version twice", async () => {
    const name = "doc-disagrees";
    expect(
      await publishChanged({ ...base, name }, (_body, manifest) => void (manifest["version"] = "1.0.1")),
    ).toEqual([400, 'The manifest says version "1.0.1", the document "1.0.0".']);
    await expectUntouched(name);
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
    const { status, json } = await put(
      "doc-semver",
      makePublishDocument({ name: "doc-semver", version }).body,
    );
    expect(status).toBe(400);
    expect(typeof json.error).toBe("string");
    expect((await app.admin.request("/npm/default/doc-semver")).status).toBe(404);
  });

  it.each(["1.0.0", "^1.0.0", "1.x", "*", "v2", ">=1 <2", "", " ", "a b", "__proto__"])(
    "may not set the tag %j",
    async (tag) => {
      const { status, json } = await put(
        "doc-tag",
        makePublishDocument({ name: "doc-tag", version: "1.0.0", tag }).body,
      );
      expect(status).toBe(400);
      expect(json.error).toContain("cannot be a tag");
      expect((await app.admin.request("/npm/default/doc-tag")).status).toBe(404);
    },
  );

  it("may set tags to its own version only", async () => {
    const name = "doc-tag-target";
    const change = (body: Json): Json => ({ ...body, "dist-tags": { latest: "2.0.0" } });
    expect(await publishChanged({ ...base, name }, change)).toEqual([
      400,
      'The tag "latest" names 2.0.0, but this publish brings 1.0.0.',
    ]);
    await expectUntouched(name);
  });

  it("must bring one tarball", async () => {
    const name = "doc-attachments";
    const two = await publishChanged({ ...base, name }, (body) => ({
      ...body,
      _attachments: { ...(body["_attachments"] as Json), "second.tgz": { data: "AAAA" } },
    }));
    expect(two).toEqual([400, "The document has more than one tarball."]);
    const none = await publishChanged({ ...base, name }, ({ _attachments, ...body }) => body);
    expect(none[0]).toBe(404);
    await expectUntouched(name);
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
    const { status, json } = await put("doc-json", body);
    expect([status, typeof json.error]).toEqual([400, "string"]);
  });

  it("may not be private", async () => {
    const name = "doc-private";
    const text = 'doc-private says "private": true in its package.json; remove it to publish.';
    expect(await publishChanged({ ...base, name, manifest: { private: true } }, () => undefined)).toEqual([
      403,
      text,
    ]);
    // Also when only the tarball says so.
    const hidden = await publishChanged({ ...base, name, manifest: { private: true } }, (_body, manifest) => {
      delete manifest["private"];
    });
    expect(hidden).toEqual([403, text]);
    await expectUntouched(name);
  });

  it("is refused when publishConfig.registry means another registry", async () => {
    const name = "doc-elsewhere";
    const elsewhere = { publishConfig: { registry: "https://other.example/npm/default/" } };
    expect(await publishChanged({ ...base, name, manifest: elsewhere }, () => undefined)).toEqual([
      403,
      "publishConfig.registry in package.json says https://other.example/npm/default/, so this package is not " +
        `published to ${app.url}/npm/default/.`,
    ]);
    await expectUntouched(name);
  });

  it("passes when publishConfig.registry means this one, in any spelling", async () => {
    const { port } = new URL(app.url);
    const urls = [`${app.url}/npm/default`, `${app.url}/r/default/`, `http://localhost:${port}/npm/Default/`];
    for (const [index, registry] of urls.entries()) {
      const manifest = { publishConfig: { registry } };
      const published = await app.admin.publish({ name: "doc-here", version: `1.0.${index}`, manifest });
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
      await app.admin.request(`/npm/default/${encodeURIComponent(name)}`, { method: "PUT", body }),
      await app.admin.request(`/npm/default/${name.split("/").map(encodeURIComponent).join("/")}`, {
        method: "PUT",
        body,
      }),
    ];
    for (const { status, json } of answers) {
      expect([400, 404, 405]).toContain(status);
      expect(typeof json.error).toBe("string");
    }
    const row = await db.read.selectFrom("packages").select("id").where("name", "=", name).executeTakeFirst();
    expect(row).toBeUndefined();
  });

  it("say what is wrong with them", async () => {
    const errors = [];
    for (const name of ["UPPER", "http", "@s/_x", "@s/.x", "a~b"]) {
      errors.push((await put(name, makePublishDocument({ name, version: "1.0.0" }).body)).json.error);
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
    expect((await app.admin.publish({ name, version: "1.0.0" })).status).toBe(201);
    const { json } = await app.admin.request(`/npm/default/${name.replace("/", "%2f")}`);
    expect(json["name"]).toBe(name);
  });
});

describe("a tarball that is not what it should be", () => {
  const right = makePackageTarball({
    name: "bad",
    version: "1.0.0",
    files: { "index.js": "x".repeat(5000) },
  });

  function tarOnly(): Buffer {
    return gzipSync(Buffer.from("this is no tar archive, whatever it says".repeat(40)));
  }

  function withoutPackageJson(): Buffer {
    const other = makePackageTarball({ name: "bad", version: "1.0.0" }).bytes;
    return makePackageTarballNamed(other);
  }

  // A tar whose only entry is no package.json, made from one with the entry renamed.
  function makePackageTarballNamed(_bytes: Buffer): Buffer {
    const block = Buffer.alloc(512);
    block.write("package/readme.md", 0);
    block.write("000644 \0000000 \0000000 \0", 100);
    block.write("00000000000 00000000000 ", 124);
    block.write("        ", 148);
    block.write("0", 156);
    block.write("ustar\u000000", 257);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return gzipSync(Buffer.concat([block, Buffer.alloc(1024)]));
  }

  /** Publishes these bytes with hashes that fit them. */
  async function publishBytes(name: string, bytes: Uint8Array): Promise<[number, string | undefined]> {
    const { integrity, shasum } = hashesOf(bytes);
    return await publishChanged({ name, version: "1.0.0" }, (body, manifest) => {
      manifest["dist"] = { integrity, shasum };
      const data = Buffer.from(bytes).toString("base64");
      body["_attachments"] = {
        [`${name}-1.0.0.tgz`]: { content_type: "application/octet-stream", data, length: bytes.length },
      };
    });
  }

  it.each([
    [
      "not gzip",
      "bad-gzip",
      () => Buffer.from("certainly not gzip"),
      "The tarball is not compressed with gzip.",
    ],
    ["empty", "bad-empty", () => Buffer.alloc(0), "The tarball is empty."],
    ["gzip of no tar", "bad-tar", tarOnly, expect.stringContaining("The tarball ")],
    ["cut off", "bad-cut", () => right.bytes.subarray(0, right.bytes.length - 20), "The tarball is cut off."],
    [
      "without package.json",
      "bad-none",
      withoutPackageJson,
      "The tarball has no package.json in its top folder.",
    ],
    [
      "of another name",
      "bad-name",
      () => makePackageTarball({ name: "other", version: "1.0.0" }).bytes,
      'The package.json inside the tarball is named "other" instead of "bad-name"; pack and publish again with an unchanged client.',
    ],
    [
      "of another version",
      "bad-version",
      () => makePackageTarball({ name: "bad-version", version: "1.0.1" }).bytes,
      'The package.json inside the tarball has version "1.0.1" instead of "1.0.0"; pack and publish again with an unchanged client.',
    ],
    [
      "with other dependencies",
      "bad-dependencies",
      () =>
        makePackageTarball({
          name: "bad-dependencies",
          version: "1.0.0",
          manifest: { dependencies: { evil: "1" } },
        }).bytes,
      "The package.json inside the tarball depends on evil 1, the manifest says not at all; pack and publish again with an unchanged client.",
    ],
    [
      "with other install scripts",
      "bad-scripts",
      () =>
        makePackageTarball({
          name: "bad-scripts",
          version: "1.0.0",
          manifest: { scripts: { postinstall: "x" } },
        }).bytes,
      'The package.json inside the tarball has another "postinstall" script than the manifest; pack and publish again with an unchanged client.',
    ],
    [
      "compressed twice",
      "bad-twice",
      () => gzipSync(makePackageTarball({ name: "bad-twice", version: "1.0.0" }).bytes),
      "The tarball is compressed twice.",
    ],
    [
      "a bomb",
      "bad-bomb",
      () => gzipSync(Buffer.alloc(64 * 1024 * 1024)),
      expect.stringContaining("The tarball is compressed more than"),
    ],
  ])("is refused when it is %s, and the right one can follow", async (_what, name, bytes, error) => {
    expect(await publishBytes(name, bytes())).toEqual([400, error]);
    await expectUntouched(name);
  });

  it("is refused when its hashes are others, and the right one can follow", async () => {
    const other = hashesOf(Buffer.from("other bytes"));
    for (const [name, dist, algorithm] of [
      ["bad-sha512", { integrity: other.integrity }, "sha512"],
      ["bad-sha1", { shasum: other.shasum }, "sha1"],
    ] as const) {
      const [status, error] = await publishChanged({ name, version: "1.0.0" }, (_body, manifest) => {
        manifest["dist"] = { ...(manifest["dist"] as Json), ...dist };
      });
      expect([status, error]).toEqual([400, expect.stringContaining(`The tarball's ${algorithm} is `)]);
      await expectUntouched(name);
    }
  });

  it("is refused when its length is another, or its text is no base64", async () => {
    const change = (attachment: Json) => (body: Json) => {
      const [[file, old]] = Object.entries(body["_attachments"] as Record<string, Json>) as [[string, Json]];
      return { ...body, _attachments: { [file]: { ...old, ...attachment } } };
    };
    const input = { name: "bad-length", version: "1.0.0" };
    expect(await publishChanged(input, change({ length: 1 }))).toEqual([
      400,
      expect.stringMatching(/^The tarball has \d+ bytes, the document says 1; publish again\.$/),
    ]);
    expect(await publishChanged(input, change({ data: "<html>" }))).toEqual([
      400,
      'The attachment "bad-length-1.0.0.tgz" is not base64.',
    ]);
    await expectUntouched("bad-length");
  });
});

describe("an upload that breaks off", () => {
  it("leaves nothing, and the whole one can follow", async () => {
    const name = "aborted";
    const body = JSON.stringify(
      makePublishDocument({ name, version: "1.0.0", files: { "big.bin": randomText(300_000) } }).body,
    );
    for (const part of [10, body.length >> 1, body.length - 1]) {
      const socket = await openSocket(app.url);
      socket.send(
        `PUT /npm/default/${name} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${app.admin.token}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, part)}`,
      );
      await expect.poll(() => socket.socket.bytesWritten).toBeGreaterThan(part);
      socket.end();
      await socket.closed();
    }
    await expect.poll(() => readdir(join(app.data, "staging"))).toEqual([]);
    await expectUntouched(name);
  });
});

/** Text that does not compress to nothing. */
function randomText(length: number): string {
  let seed = 1;
  const characters = Array.from({ length }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return String.fromCharCode(33 + (seed % 90));
  });
  return characters.join("");
}
