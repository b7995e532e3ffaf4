import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { createFileStore, createMemoryStore } from "../../src/blobs/index.ts";
import { describeBlobStore, digestOf } from "./blob-store.conformance.ts";

describeBlobStore("memory", async () => ({ store: createMemoryStore(), cleanUp: async () => undefined }));

describeBlobStore("file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "entrepot-blobs-"));
  const cleanUp = (): Promise<void> => rm(folder, { recursive: true, force: true });
  return { store: createFileStore({ folder: join(folder, "not", "yet", "there") }), cleanUp };
});

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "entrepot-blobs-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("a file store goes on when its folders are taken away", () =>
  withFolder(async (folder) => {
    const store = createFileStore({ folder });
    const bytes = randomBytes(100);
    const put = (): Promise<void> =>
      store.put(digestOf(bytes), { bytes }, { sizeBytes: bytes.length, durable: true });
    await put();
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
    expect(await store.stat(digestOf(bytes))).toBeNull();
    await put();
    expect(await store.readBytes(digestOf(bytes))).toEqual(bytes);
  }));

test("a blob that a power cut left short shows its size, and a put mends it", () =>
  withFolder(async (folder) => {
    const store = createFileStore({ folder });
    const bytes = randomBytes(5000);
    const digest = digestOf(bytes);
    const options = { sizeBytes: bytes.length, durable: false };
    await store.put(digest, { bytes }, options);
    await truncate(join(folder, digest.slice(0, 2), digest.slice(2, 4), digest), 1234);
    expect(await store.stat(digest)).toEqual({ sizeBytes: 1234 });
    await store.put(digest, { bytes }, options);
    expect(await store.readBytes(digest)).toEqual(bytes);
  }));

test("what a dead process left in a file store is removed at the next put, and never listed", () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, "incoming"), { recursive: true });
    const left = join(folder, "incoming", `00000000-1-${"0".repeat(24)}.part`);
    await writeFile(left, "torn");
    await utimes(left, 1000, 1000);
    const store = createFileStore({ folder });
    const bytes = randomBytes(10);
    await store.put(digestOf(bytes), { bytes }, { sizeBytes: 10, durable: false });
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
    const listed = [];
    for await (const { digest } of store.list()) listed.push(digest);
    expect(listed).toEqual([digestOf(bytes)]);
  }));

test("a store whose folder cannot be written says so, and still reads", () =>
  withFolder(async (folder) => {
    await writeFile(join(folder, "taken"), "a file where the folder should be");
    const store = createFileStore({ folder: join(folder, "taken") });
    const bytes = randomBytes(10);
    const put = store.put(digestOf(bytes), { bytes }, { sizeBytes: 10, durable: true });
    await expect(put).rejects.toMatchObject({ code: "storage-unavailable", status: 503 });
    expect(await store.stat(digestOf(bytes))).toBeNull();
  }));
