import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createThreadPool,
  TARBALL_LIMITS,
  type InspectedTarball,
  type TarballLimits,
} from "../../src/threads/index.ts";
import { tarballOf, tarOf, type TarEntry } from "./tarballs.ts";

const pool = createThreadPool({ size: 1 });
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "entrepot-threads-"));
});

afterAll(async () => {
  await pool.close();
  await rm(folder, { recursive: true });
});

async function inspect(bytes: Uint8Array, limits: Partial<TarballLimits> = {}): Promise<InspectedTarball> {
  const path = join(folder, "some.tgz");
  await writeFile(path, bytes);
  return pool.run("inspectTarball", { path, limits: { ...TARBALL_LIMITS, ...limits } });
}

const manifest: TarEntry = { path: "package/package.json", content: '{"name":"left","version":"1.0.0"}' };
const noise = randomBytes(6 * 1024 ** 2);

describe("a good tarball", () => {
  test("gives its package.json and its counts", async () => {
    const entries: TarEntry[] = [
      { path: "package/", type: "Directory" },
      manifest,
      { path: "package/lib/index.js", content: "x".repeat(1000) },
      { path: "package/empty.txt" },
      { path: "package/lib/package.json", content: "no JSON" },
      { path: "package/link", type: "SymbolicLink", linkpath: "package.json" },
    ];
    expect(await inspect(tarballOf(entries))).toEqual({
      packageJson: { name: "left", version: "1.0.0" },
      readme: null,
      hasShrinkwrap: false,
      hasBindingGyp: false,
      licenceFiles: [],
      fileCount: 4,
      unpackedSizeBytes: 1033 + 7,
      secrets: [],
    });
  });

  test("tells of the licences whose texts lie in its top folder", async () => {
    const isc =
      'ISC License\n\nPermission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies.\n\nTHE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS.';
    const entries: TarEntry[] = [
      manifest,
      { path: "package/LICENSE.md", content: isc },
      { path: "package/vendor/LICENSE", content: isc.replace("ISC License", "") },
      { path: "package/license.js", content: "x".repeat(200_000) },
    ];
    expect(await inspect(tarballOf(entries))).toMatchObject({ licenceFiles: ["ISC"] });
  });

  test("tells of a shrinkwrap and a binding.gyp in its top folder, whatever that is called", async () => {
    const entries = ["package.json", "npm-shrinkwrap.json", "binding.gyp"].map((file) => ({
      path: `left-1/${file}`,
      content: "{}",
    }));
    expect(await inspect(tarballOf(entries))).toMatchObject({
      hasShrinkwrap: true,
      hasBindingGyp: true,
      packageJson: {},
    });
    const deeper = [manifest, { path: "package/a/npm-shrinkwrap.json" }, { path: "package/a/binding.gyp" }];
    expect(await inspect(tarballOf(deeper))).toMatchObject({ hasShrinkwrap: false, hasBindingGyp: false });
  });

  test("is read as a stream when it is large", async () => {
    const entries = [{ path: "package/noise", content: noise }, manifest];
    expect(await inspect(tarballOf(entries))).toMatchObject({
      fileCount: 2,
      unpackedSizeBytes: noise.length + 33,
    });
  });

  test("may unpack to more than is held at once", async () => {
    const zeros = Buffer.alloc(40 * 1024 ** 2);
    const found = await inspect(tarballOf([{ path: "package/zeros", content: zeros }, manifest]), {
      compressionRatioMax: 2_000,
    });
    expect(found).toMatchObject({ fileCount: 2, packageJson: { name: "left" } });
  });

  test("may have a byte order mark, several members of gzip, and its package.json twice alike", async () => {
    const tar = tarOf([{ ...manifest, content: `\ufeff${String(manifest.content)}` }]);
    const members = Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))]);
    expect((await inspect(members)).packageJson).toEqual({ name: "left", version: "1.0.0" });
    expect((await inspect(tarballOf([manifest, manifest]))).packageJson).toMatchObject({ name: "left" });
  });
});

describe("a bad tarball", () => {
  const good = tarballOf([manifest]);
  const large = tarballOf([{ path: "package/noise", content: noise }, manifest]);
  const flipped = Buffer.from(tarOf([manifest, { path: "package/a", content: "a" }]));
  flipped.write("9", 1024 + 10);

  test.each<[string, () => Buffer, string, Partial<TarballLimits>?]>([
    ["nothing", () => Buffer.alloc(0), "is empty"],
    ["one byte", () => Buffer.from([0x1f]), "is not compressed with gzip"],
    ["HTML", () => Buffer.from("<html></html>"), "is not compressed with gzip"],
    ["a plain tar", () => tarOf([manifest]), "is not compressed with gzip"],
    ["the start of gzip", () => good.subarray(0, 12), "is cut off"],
    ["a cut gzip", () => good.subarray(0, -9), "is cut off"],
    ["a cut large gzip", () => large.subarray(0, -100_000), "is cut off"],
    [
      "damaged gzip",
      () => Buffer.from(good.toString("latin1").replace(/.{9}$/su, "123456789"), "latin1"),
      "gzip",
    ],
    ["garbage behind it", () => Buffer.concat([good, Buffer.from("garbage")]), "has something after its end"],
    [
      "garbage behind a large one",
      () => Buffer.concat([large, Buffer.alloc(600_000, 7)]),
      "has something after its end",
    ],
    ["zeros behind it", () => Buffer.concat([good, Buffer.alloc(20)]), "has something after its end"],
    ["gzip of no tar", () => gzipSync("just text"), "is damaged"],
    ["gzip of nothing", () => gzipSync(""), "is damaged"],
    ["gzip in gzip", () => gzipSync(good), "is compressed twice"],
    [
      "a cut tar",
      () => gzipSync(tarOf([{ path: "package/a", content: "a".repeat(5000) }]).subarray(0, 2000)),
      "is damaged",
    ],
    ["a header that was changed", () => gzipSync(flipped), "is damaged"],
    ["no package.json", () => tarballOf([{ path: "package/index.js", content: "" }]), "has no package.json"],
    [
      "package.json outside of a folder",
      () => tarballOf([{ path: "package.json", content: "{}" }]),
      "has no package.json",
    ],
    [
      "package.json deeper",
      () => tarballOf([{ path: "a/b/package.json", content: "{}" }]),
      "has no package.json",
    ],
    [
      "a link for package.json",
      () => tarballOf([{ path: "package/package.json", type: "SymbolicLink", linkpath: "x" }]),
      "has no package.json",
    ],
    ["an array", () => tarballOf([{ path: "package/package.json", content: "[]" }]), "is not an object"],
    ["broken JSON", () => tarballOf([{ path: "package/package.json", content: "{" }]), "is not valid JSON"],
    [
      "JSON with a tail",
      () => tarballOf([{ path: "package/package.json", content: "{} x" }]),
      "after its end",
    ],
    [
      "deep JSON",
      () => tarballOf([{ path: "package/package.json", content: "[".repeat(90_000) }]),
      "nested deeper",
    ],
    [
      "two of them",
      () => tarballOf([manifest, { path: "other/package.json", content: "{}" }]),
      "several different package.json",
    ],
    ["a large package.json", () => good, "package.json of more than 10 bytes", { packageJsonBytesMax: 10 }],
    [
      "many entries",
      () => tarballOf([manifest, manifest, manifest]),
      "more than 2 entries",
      { entriesMax: 2 },
    ],
    ["much inside", () => good, "unpacks to more than 1000 bytes", { unpackedBytesMax: 1000 }],
    [
      "a bomb",
      () => tarballOf([{ path: "package/zeros", content: Buffer.alloc(50 * 1024 ** 2) }]),
      "compressed more than 100 times",
      { compressionRatioMax: 100 },
    ],
  ])("%s", async (...[, bytes, complaint, limits]) => {
    await expect(inspect(bytes(), limits)).rejects.toMatchObject({
      code: "tarball-invalid",
      message: expect.stringContaining(complaint) as string,
    });
  });
});

test("a file that is not there is our own failure", async () => {
  const run = pool.run("inspectTarball", { path: join(folder, "absent.tgz"), limits: TARBALL_LIMITS });
  await expect(run).rejects.toMatchObject({
    code: "internal",
    cause: expect.objectContaining({ message: expect.stringContaining("ENOENT") as string }) as Error,
  });
});
