import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { hashesOf, makePackageTarball, makePublishDocument } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSocket } from "../http/raw-socket.ts";
import { startRefusingApp, type RefusingApp } from "./refused-publish.ts";

type Json = Record<string, unknown>;

let server: RefusingApp;

beforeAll(async () => {
  server = await startRefusingApp();
});
afterAll(() => server.close());

describe("a tarball that is not what it should be", () => {
  const right = makePackageTarball({
    name: "bad",
    version: "1.0.0",
    files: { "index.js": "x".repeat(5000) },
  });

  function tarOnly(): Buffer {
    return gzipSync(Buffer.from("this is no tar archive, whatever it says".repeat(40)));
  }

  function pack(): { bytes: Buffer } {
    return makePackageTarball({ name: "bad", version: "1.0.0" });
  }

  function withoutPackageJson(): Buffer {
    const tar = gunzipSync(pack().bytes);
    tar.write("package/package.jsox", 0);
    // The last letter of the name counts into the checksum of the header.
    const sum = Number.parseInt(tar.toString("latin1", 148, 154), 8) + "x".charCodeAt(0) - "n".charCodeAt(0);
    tar.write(sum.toString(8).padStart(6, "0"), 148);
    return gzipSync(tar);
  }

  /** Publishes these bytes with hashes that fit them. */
  async function publishBytes(name: string, bytes: Uint8Array): Promise<[number, string | undefined]> {
    const { integrity, shasum } = hashesOf(bytes);
    return await server.publishChanged({ name, version: "1.0.0" }, (body, manifest) => {
      manifest["dist"] = { integrity, shasum };
      const data = Buffer.from(bytes).toString("base64");
      body["_attachments"] = {
        [`${name}-1.0.0.tgz`]: { content_type: "application/octet-stream", data, length: bytes.length },
      };
    });
  }

  it.each([
    {
      what: "not gzip",
      bytes: () => Buffer.from("certainly not gzip"),
      error: "is not compressed with gzip",
    },
    { what: "empty", bytes: () => Buffer.alloc(0), error: "is empty" },
    { what: "gzip of no tar", bytes: tarOnly, error: "is damaged" },
    { what: "cut off", bytes: () => right.bytes.subarray(0, right.bytes.length - 20), error: "is cut off" },
    {
      what: "without package.json",
      bytes: withoutPackageJson,
      error: "has no package.json in its top folder",
    },
    { what: "compressed twice", bytes: () => gzipSync(pack().bytes), error: "is compressed twice" },
    {
      what: "not gzip, and too large to be held",
      bytes: () => randomBytes(100_000),
      error: "is not compressed with gzip",
    },
    {
      what: "cut off, and too large to be held",
      bytes: () => gzipSync(randomBytes(100_000)).subarray(0, 90_000),
      error: "is cut off",
    },
    {
      what: "a bomb",
      bytes: () => gzipSync(Buffer.alloc(64 * 1024 * 1024)),
      error: "is compressed more than",
    },
  ])("is refused when it is $what, and the right one can follow", async ({ what, bytes, error }) => {
    const name = `bad-${what.replaceAll(/\W/g, "-")}`;
    const [status, text] = await publishBytes(name, bytes());
    expect([status, text]).toEqual([400, expect.stringContaining(`The tarball ${error}`)]);
    await server.expectUntouched(name);
  });

  it.each([
    { what: "name", input: { name: "other" }, error: 'is named "other" instead of "bad-own-name"' },
    { what: "version", input: { version: "1.0.1" }, error: 'has version "1.0.1" instead of "1.0.0"' },
    {
      what: "dependencies",
      input: { manifest: { dependencies: { evil: "1" } } },
      error: "depends on evil 1, the manifest says not at all",
    },
    {
      what: "scripts",
      input: { manifest: { scripts: { postinstall: "x" } } },
      error: 'has another "postinstall" script than the manifest',
    },
  ])("is refused when its package.json has another $what", async ({ what, input, error }) => {
    const name = `bad-own-${what}`;
    const { bytes } = makePackageTarball({ name, version: "1.0.0", ...input });
    expect(await publishBytes(name, bytes)).toEqual([
      400,
      `The package.json inside the tarball ${error}; pack and publish again with an unchanged client.`,
    ]);
    await server.expectUntouched(name);
  });

  it("is refused when its hashes are others, and the right one can follow", async () => {
    const other = hashesOf(Buffer.from("other bytes"));
    for (const [name, dist, algorithm] of [
      ["bad-sha512", { integrity: other.integrity }, "sha512"],
      ["bad-sha1", { shasum: other.shasum }, "sha1"],
    ] as const) {
      const [status, error] = await server.publishChanged({ name, version: "1.0.0" }, (_body, manifest) => {
        manifest["dist"] = { ...(manifest["dist"] as Json), ...dist };
      });
      expect([status, error]).toEqual([400, expect.stringContaining(`The tarball's ${algorithm} is `)]);
      await server.expectUntouched(name);
    }
  });

  it("is refused when its length is another, or its text is no base64", async () => {
    const change = (attachment: Json) => (body: Json) => {
      const [[file, old]] = Object.entries(body["_attachments"] as Record<string, Json>) as [[string, Json]];
      return { ...body, _attachments: { [file]: { ...old, ...attachment } } };
    };
    const input = { name: "bad-length", version: "1.0.0" };
    expect(await server.publishChanged(input, change({ length: 1 }))).toEqual([
      400,
      expect.stringMatching(/^The tarball has \d+ bytes, the document says 1; publish again\.$/),
    ]);
    expect(await server.publishChanged(input, change({ data: "<html>" }))).toEqual([
      400,
      'The attachment "bad-length-1.0.0.tgz" is not base64.',
    ]);
    await server.expectUntouched("bad-length");
  });
});

describe("an upload that breaks off", () => {
  it("leaves nothing, and the whole one can follow", async () => {
    const name = "aborted";
    const body = JSON.stringify(
      makePublishDocument({ name, version: "1.0.0", files: { "big.bin": randomText(300_000) } }).body,
    );
    for (const part of [10, body.length >> 1, body.length - 1]) {
      const socket = await openSocket(server.app.url);
      socket.send(
        `PUT /npm/default/${name} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.app.admin.token}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, part)}`,
      );
      await expect.poll(() => socket.socket.bytesWritten).toBeGreaterThan(part);
      socket.end();
      await socket.closed();
    }
    await expect.poll(() => readdir(join(server.app.data, "staging")).catch(() => [])).toEqual([]);
    await server.expectUntouched(name);
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
