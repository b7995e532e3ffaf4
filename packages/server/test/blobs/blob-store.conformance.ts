import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { BlobStore } from "../../src/blobs/index.ts";

export interface BlobStoreUnderTest {
  store: BlobStore;
  /** Takes away what the store made. */
  cleanUp(): Promise<void>;
}

/** What every store must do, whatever engine is behind it. */
export function describeBlobStore(name: string, open: () => Promise<BlobStoreUnderTest>): void {
  describe(`blob store: ${name}`, () => {
    let subject: BlobStoreUnderTest;
    let store: BlobStore;
    let outside: string;

    beforeEach(async () => {
      subject = await open();
      store = subject.store;
      outside = await mkdtemp(join(tmpdir(), "entrepot-blobs-outside-"));
    });
    afterEach(async () => {
      await store.close();
      await subject.cleanUp();
      await rm(outside, { recursive: true });
    });

    async function putBytes(bytes: Uint8Array, durable = false): Promise<string> {
      const digest = digestOf(bytes);
      await store.put(digest, { bytes }, { sizeBytes: bytes.length, durable });
      return digest;
    }

    async function stagedFile(bytes: Uint8Array): Promise<string> {
      const path = join(outside, randomBytes(6).toString("hex"));
      await writeFile(path, bytes);
      return path;
    }

    test("what was never put is absent everywhere", async () => {
      const digest = digestOf(Buffer.from("never"));
      expect(await store.stat(digest)).toBeNull();
      expect(await store.readBytes(digest)).toBeNull();
      expect(await store.open(digest)).toBeNull();
      await store.remove(digest);
    });

    test.each([0, 1, 1000, 256 * 1024, 1_000_003])(
      "%i bytes come back as they went in",
      async (sizeBytes) => {
        const bytes = randomBytes(sizeBytes);
        const digest = await putBytes(bytes, sizeBytes % 2 === 0);
        expect(await store.stat(digest)).toMatchObject({ sizeBytes });
        for (const expected of [undefined, sizeBytes, sizeBytes + 9, Math.max(0, sizeBytes - 9)]) {
          expect((await store.readBytes(digest, expected))?.equals(bytes)).toBe(true);
        }
        const opened = await store.open(digest);
        expect(opened?.sizeBytes).toBe(sizeBytes);
        expect((await bytesOf(opened?.stream)).equals(bytes)).toBe(true);
      },
    );

    test("a file is taken over when moved and left alone when copied", async () => {
      const bytes = randomBytes(70_000);
      const digest = digestOf(bytes);
      const copied = await stagedFile(bytes);
      await store.put(digest, { path: copied, move: false }, { sizeBytes: bytes.length, durable: false });
      expect(existsSync(copied)).toBe(true);
      expect((await store.readBytes(digest))?.equals(bytes)).toBe(true);
      for (const durable of [false, true]) {
        const moved = await stagedFile(bytes);
        await store.put(digest, { path: moved, move: true }, { sizeBytes: bytes.length, durable });
        expect(existsSync(moved)).toBe(false);
        expect((await store.readBytes(digest))?.equals(bytes)).toBe(true);
      }
      const other = randomBytes(70_001);
      const moved = await stagedFile(other);
      await store.put(
        digestOf(other),
        { path: moved, move: true },
        { sizeBytes: other.length, durable: true },
      );
      expect(existsSync(moved)).toBe(false);
      expect(await store.stat(digestOf(other))).toMatchObject({ sizeBytes: 70_001 });
    });

    test("putting the same blob again is success, also twenty times at once", async () => {
      const bytes = randomBytes(300_000);
      const digest = digestOf(bytes);
      await Promise.all(Array.from({ length: 20 }, (_, index) => putBytes(bytes, index % 2 === 0)));
      expect((await store.readBytes(digest))?.equals(bytes)).toBe(true);
      expect(await entriesOf(store)).toEqual([{ digest, sizeBytes: bytes.length }]);
    });

    test("hundreds of small blobs put at once are all there when their puts are done", async () => {
      const blobs = Array.from({ length: 400 }, (_, index) => randomBytes(index * 61));
      await Promise.all(
        blobs.map(async (bytes) => {
          const digest = await putBytes(bytes);
          expect((await store.readBytes(digest))?.equals(bytes)).toBe(true);
        }),
      );
      expect(await entriesOf(store)).toHaveLength(400);
    });

    test("one file moved in by two at once ends as one blob", async () => {
      const bytes = randomBytes(50_000);
      const digest = digestOf(bytes);
      const path = await stagedFile(bytes);
      const options = { sizeBytes: bytes.length, durable: true };
      await store.put(digest, { path, move: true }, options);
      await store.put(digest, { path, move: true }, options);
      expect((await store.readBytes(digest))?.equals(bytes)).toBe(true);
    });

    test("a put with another size than promised fails and leaves nothing", async () => {
      const bytes = randomBytes(1000);
      const digest = digestOf(bytes);
      for (const source of [{ bytes }, { path: await stagedFile(bytes), move: true }]) {
        const put = store.put(digest, source, { sizeBytes: 1001, durable: false });
        await expect(put).rejects.toMatchObject({ code: "storage-unavailable" });
        expect(await store.stat(digest)).toBeNull();
      }
    });

    test("a missing staged file fails the put", async () => {
      const digest = digestOf(Buffer.from("x"));
      const put = store.put(
        digest,
        { path: join(outside, "gone"), move: true },
        { sizeBytes: 1, durable: false },
      );
      await expect(put).rejects.toMatchObject({ code: "storage-unavailable" });
    });

    test.each([
      [0, 0],
      [0, 99],
      [500, 700],
      [262_000, 263_000],
      [599_990, 599_999],
      [599_990, 700_000],
    ])("the range %i to %i is those bytes", async (start, end) => {
      const bytes = randomBytes(600_000);
      const opened = await store.open(await putBytes(bytes), { start, end });
      expect(opened?.sizeBytes).toBe(600_000);
      expect((await bytesOf(opened?.stream)).equals(bytes.subarray(start, end + 1))).toBe(true);
    });

    test("a removed blob is absent, and can be put again", async () => {
      const bytes = randomBytes(500);
      const digest = await putBytes(bytes);
      await store.remove(digest);
      expect(await store.stat(digest)).toBeNull();
      expect(await entriesOf(store)).toEqual([]);
      await putBytes(bytes);
      expect(await store.stat(digest)).toMatchObject({ sizeBytes: 500 });
    });

    test("a stream that is open survives the removal of its blob", async () => {
      const bytes = randomBytes(900_000);
      const digest = await putBytes(bytes);
      const opened = await store.open(digest);
      await store.remove(digest);
      expect((await bytesOf(opened?.stream)).equals(bytes)).toBe(true);
    });

    test("the list names every blob with its size and a time", async () => {
      const sizes = new Map<string, number>();
      for (let size = 1; size <= 20; size += 1) sizes.set(await putBytes(randomBytes(size)), size);
      const found = new Map<string, number>();
      for await (const { digest, sizeBytes, modifiedAt } of store.list()) {
        found.set(digest, sizeBytes);
        expect(modifiedAt).toBeGreaterThan(0);
      }
      expect(found).toEqual(sizes);
    });

    test.each(["", "x", "../../etc/passwd", "A".repeat(128), "0".repeat(127)])(
      "%j names no blob",
      async (digest) => {
        await expect(async () => store.stat(digest)).rejects.toThrow();
        await expect(async () =>
          store.put(digest, { bytes: Buffer.alloc(0) }, { sizeBytes: 0, durable: false }),
        ).rejects.toThrow();
      },
    );

    test("streams that are given up hold no descriptor", async () => {
      const digest = await putBytes(randomBytes(2_000_000));
      const before = await descriptors();
      for (let round = 0; round < 50; round += 1) {
        const opened = await store.open(digest);
        if (round % 2 === 0) await opened?.stream[Symbol.asyncIterator]().next();
        opened?.stream.destroy();
      }
      await expect.poll(descriptors).toBeLessThanOrEqual(before);
    });
  });
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha512").update(bytes).digest("hex");
}

/** How many descriptors this process holds. */
export async function descriptors(): Promise<number> {
  return (await readdir("/proc/self/fd")).length;
}

async function bytesOf(stream: Readable | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function entriesOf(store: BlobStore): Promise<Array<{ digest: string; sizeBytes: number }>> {
  const entries = [];
  for await (const { digest, sizeBytes } of store.list()) entries.push({ digest, sizeBytes });
  return entries;
}
