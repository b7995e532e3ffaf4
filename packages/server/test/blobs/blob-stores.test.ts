import { randomBytes } from "node:crypto";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { hasSmallDisks, mountSmallDisk } from "../../../../test/faults/small-disk.ts";
import { type BlobStore, createFileStore, createMemoryStore } from "../../src/blobs/index.ts";
import { startChild } from "../db/child-process.ts";
import { describeBlobStore, digestOf } from "./blob-store.conformance.ts";

describeBlobStore("memory", async () => ({ store: createMemoryStore(), cleanUp: async () => undefined }));

describeBlobStore("file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "entrepot-blobs-"));
  const cleanUp = (): Promise<void> => rm(folder, { recursive: true, force: true });
  return { store: createFileStore({ folder: join(folder, "not", "yet", "there") }), cleanUp };
});

async function withStore(
  work: (scene: { folder: string; store: BlobStore; put: Put }) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "entrepot-blobs-"));
  const store = createFileStore({ folder });
  try {
    await work({ folder, store, put: putInto(store) });
  } finally {
    await store.close();
    await rm(folder, { recursive: true });
  }
}

type Put = (bytes: Uint8Array, options?: { durable: boolean }) => Promise<void>;

function putInto(store: BlobStore): Put {
  return (bytes, { durable } = { durable: false }) =>
    store.put(digestOf(bytes), { bytes }, { sizeBytes: bytes.length, durable });
}

function pathOf(folder: string, bytes: Uint8Array): string {
  const digest = digestOf(bytes);
  return join(folder, digest.slice(0, 2), digest);
}

test.each([true, false])("a file store goes on when its folders are taken away, durable %s", (durable) =>
  withStore(async ({ folder, store, put }) => {
    const bytes = randomBytes(100);
    await put(bytes, { durable });
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
    expect(await store.stat(digestOf(bytes))).toBeNull();
    await put(bytes, { durable });
    expect(await store.readBytes(digestOf(bytes))).toEqual(bytes);
  }),
);

test.each([5000, 1_500_000])(
  "a blob of %i bytes that a power cut left short shows it, and a put mends it",
  (size) =>
    withStore(async ({ folder, store, put }) => {
      const bytes = randomBytes(size);
      const digest = digestOf(bytes);
      await put(bytes);
      await truncate(pathOf(folder, bytes), 1234);
      expect(await store.stat(digest)).toMatchObject({ sizeBytes: 1234 });
      expect(await store.readBytes(digest, size)).toHaveLength(1234);
      await put(bytes);
      expect((await store.readBytes(digest))?.equals(bytes)).toBe(true);
    }),
);

test.each([5000, 1_500_000])(
  "a blob of %i bytes that is put again is left alone, and new again after an hour",
  (size) =>
    withStore(async ({ folder, put }) => {
      const bytes = randomBytes(size);
      const path = pathOf(folder, bytes);
      await put(bytes, { durable: true });
      const first = await stat(path);
      const ago = (minutes: number): number => Math.floor(Date.now() / 1000 - minutes * 60);
      await utimes(path, ago(50), ago(50));
      await put(bytes);
      expect(await stat(path)).toMatchObject({ ino: first.ino, mtimeMs: expect.any(Number) });
      expect((await stat(path)).mtimeMs).toBeLessThan(Date.now() - 49 * 60_000);
      await utimes(path, ago(70), ago(70));
      await put(bytes);
      expect((await stat(path)).ino).toBe(first.ino);
      expect((await stat(path)).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
    }),
);

test("a blob that cannot be written fails alone, with the system's word", () =>
  withStore(async ({ folder, store, put }) => {
    const blobs = Array.from({ length: 30 }, (_, index) => Buffer.from(`blob ${index}`));
    const [bad, ...others] = blobs as [Buffer, ...Buffer[]];
    const leaf = digestOf(bad).slice(0, 2);
    await writeFile(join(folder, leaf), "a file where the folder should be");
    const good = others.filter((bytes) => !digestOf(bytes).startsWith(leaf));
    const [failed, ...done] = await Promise.allSettled([bad, ...good].map((bytes) => put(bytes)));
    expect(failed).toMatchObject({
      status: "rejected",
      reason: { code: "storage-unavailable", details: { systemCode: "ENOTDIR" } },
    });
    expect(done.filter(({ status }) => status === "rejected")).toEqual([]);
    for (const bytes of good) expect(await store.readBytes(digestOf(bytes))).toEqual(bytes);
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
    await unlink(join(folder, leaf));
    await put(bad);
    expect(await store.readBytes(digestOf(bad))).toEqual(bad);
  }));

test("more than the writing thread takes at once is written all the same", () =>
  withStore(async ({ store, put }) => {
    const blobs = Array.from({ length: 90 }, () => randomBytes(1024 * 1024));
    await Promise.all(blobs.map((bytes) => put(bytes)));
    for (const bytes of blobs) {
      expect(await store.stat(digestOf(bytes))).toMatchObject({ sizeBytes: bytes.length });
    }
  }));

test("puts that may wait are done soon all the same, alone, among others and when the store is closed", () =>
  withStore(async ({ folder, store, put }) => {
    const later = async (size: number): Promise<Buffer> => {
      const bytes = randomBytes(size);
      const options = { sizeBytes: size, durable: false, mayWait: true };
      await store.put(digestOf(bytes), { bytes }, options);
      return bytes;
    };
    const written = [await later(100)];
    written.push(...(await Promise.all([later(50), later(300_000), later(60)])));
    const mixed = later(70);
    await put(Buffer.from("somebody waits for this"));
    written.push(await mixed);
    const last = later(80);
    await put(Buffer.from("and for this"));
    await store.close();
    written.push(await last);
    for (const bytes of written) expect((await readFile(pathOf(folder, bytes))).equals(bytes)).toBe(true);
  }));

test("closing waits for what was put, and ends the store", () =>
  withStore(async ({ folder, store, put }) => {
    const blobs = Array.from({ length: 20 }, () => randomBytes(200_000));
    const puts = Promise.all(blobs.map((bytes) => put(bytes)));
    // The first put looks for what a former process left before it writes.
    await put(Buffer.from("first"));
    await Promise.all([store.close(), store.close()]);
    await puts;
    for (const bytes of blobs) expect((await readFile(pathOf(folder, bytes))).equals(bytes)).toBe(true);
    await expect(put(Buffer.from("late"))).rejects.toMatchObject({ code: "storage-unavailable" });
  }));

test("what a dead process left in a file store is removed at the next put, and never listed", () =>
  withStore(async ({ folder, store, put }) => {
    await mkdir(join(folder, "incoming"), { recursive: true });
    const left = join(folder, "incoming", `00000000-1-${"0".repeat(24)}.part`);
    await writeFile(left, "torn");
    await utimes(left, 1000, 1000);
    const bytes = randomBytes(10);
    await put(bytes);
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
    const listed = [];
    for await (const { digest } of store.list()) listed.push(digest);
    expect(listed).toEqual([digestOf(bytes)]);
  }));

test.each([true, false])(
  "a store whose folder cannot be written says so, and still reads, durable %s",
  (durable) =>
    withStore(async ({ folder }) => {
      await writeFile(join(folder, "taken"), "a file where the folder should be");
      const store = createFileStore({ folder: join(folder, "taken") });
      const bytes = randomBytes(10);
      const put = putInto(store)(bytes, { durable });
      await expect(put).rejects.toMatchObject({ code: "storage-unavailable", status: 503 });
      expect(await store.stat(digestOf(bytes))).toBeNull();
      await store.close();
    }),
);

test("kill -9 in the middle of puts leaves whole blobs, and temporary files that the next start removes", () =>
  withStore(async ({ folder, store, put }) => {
    for (const countMin of [1, 40, 300]) {
      const child = startChild("../blobs/put-without-end.mjs", [folder]);
      await child.line((line) => Number(line.split(" ")[0]) >= countMin);
      await child.kill();
      for (const line of child.lines) {
        const [, digest] = line.split(" ") as [string, string];
        const bytes = await store.readBytes(digest);
        expect(bytes === null ? null : digestOf(bytes)).toBe(digest);
      }
    }
    let count = 0;
    for await (const { digest } of store.list()) {
      expect(digestOf((await store.readBytes(digest)) as Buffer)).toBe(digest);
      count += 1;
    }
    expect(count).toBeGreaterThan(341);
    await put(randomBytes(10));
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
  }));

test.skipIf(!hasSmallDisks())(
  "a full disk fails the puts, reads go on, and puts do when there is room again",
  () =>
    withStore(async ({ folder }) => {
      const disk = await mountSmallDisk(folder, { sizeMib: 4 });
      const store = createFileStore({ folder: disk.path });
      const put = putInto(store);
      try {
        const before = randomBytes(100_000);
        await put(before);
        await disk.fill(64 * 1024);
        const blobs = Array.from({ length: 10 }, () => randomBytes(300_000));
        for (const outcome of await Promise.allSettled(blobs.map((bytes) => put(bytes)))) {
          expect(outcome).toMatchObject({
            status: "rejected",
            reason: { code: "storage-unavailable", details: { systemCode: "ENOSPC" } },
          });
        }
        expect((await store.readBytes(digestOf(before)))?.equals(before)).toBe(true);
        expect(await readdir(join(disk.path, "incoming"))).toEqual([]);
        await disk.free();
        await Promise.all(blobs.map((bytes) => put(bytes)));
        for (const bytes of blobs) {
          expect((await store.readBytes(digestOf(bytes)))?.equals(bytes)).toBe(true);
        }
      } finally {
        await store.close();
        await disk.unmount();
      }
    }),
);
