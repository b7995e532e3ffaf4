import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { isAsPromised, promisedIntegrity } from "./verify.ts";

const sha1Hex = "a".repeat(40);
const sha1Sri = `sha1-${Buffer.from(sha1Hex, "hex").toString("base64")}`;
const sha512Sri = `sha512-${Buffer.alloc(64, 1).toString("base64")}`;

test.each([
  [sha512Sri, sha1Hex, sha512Sri],
  [null, sha1Hex, sha1Sri],
  [null, sha1Hex.toUpperCase(), sha1Sri],
  ["", sha1Hex, sha1Sri],
  ["md5-AAAAAAAAAAAAAAAAAAAAAA==", null, null],
  ["nonsense", "short", null],
  [null, null, null],
])("integrity %j and shasum %j promise %j", (integrity, shasum, promised) => {
  expect(promisedIntegrity({ integrity, shasum })).toBe(promised);
});

describe("a staged file", () => {
  const state = { folder: "", path: "" };
  const bytes = randomBytes(5000);
  const sri = (algorithm: string, of: Uint8Array = bytes): string =>
    `${algorithm}-${createHash(algorithm).update(of).digest("base64")}`;
  const staged = () => ({
    path: state.path,
    sizeBytes: bytes.length,
    sha512: createHash("sha512").update(bytes).digest(),
    sha1: createHash("sha1").update(bytes).digest(),
  });

  beforeAll(async () => {
    state.folder = await mkdtemp(join(tmpdir(), "entrepot-verify-"));
    state.path = join(state.folder, "x.tgz");
    await writeFile(state.path, bytes);
  });
  afterAll(() => rm(state.folder, { recursive: true }));

  test.each(["sha1", "sha256", "sha384", "sha512"])("is verified by %s", async (algorithm) => {
    expect(await isAsPromised(sri(algorithm), staged())).toBe(true);
    expect(await isAsPromised(sri(algorithm, Buffer.from("other")), staged())).toBe(false);
  });

  test("is verified by the strongest algorithm that is promised", async () => {
    const other = Buffer.from("other");
    expect(await isAsPromised(`${sri("sha1")} ${sri("sha512", other)}`, staged())).toBe(false);
    expect(await isAsPromised(`${sri("sha1", other)} ${sri("sha512")}`, staged())).toBe(true);
    expect(await isAsPromised(`${sri("sha1")} ${sri("sha256", other)}`, staged())).toBe(false);
    expect(await isAsPromised(`${sri("sha512", other)} ${sri("sha512")}`, staged())).toBe(true);
  });
});
