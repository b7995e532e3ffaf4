import { Buffer } from "node:buffer";
import type { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { BlobStore } from "../blobs/index.ts";
import { createMemoryStore } from "../blobs/index.ts";
import { type BlobCache, createBlobCache } from "./blob-cache.ts";

const KIB = 1024;
const DIGEST = "a".repeat(128);
const OTHER = "b".repeat(128);

interface Scene {
  cache: BlobCache;
  store: BlobStore;
  /** Lets the puts that wait go on, or fail. */
  finishPuts(error?: Error): Promise<void>;
  errors: unknown[];
  clock: { now: number };
}

function scene(bytesMax = 1000 * KIB): Scene {
  const store = createMemoryStore();
  const waiting: Array<(error?: Error) => void> = [];
  const errors: unknown[] = [];
  const clock = { now: 1_000_000 };
  const slow: BlobStore = {
    ...store,
    put: (digest, source, options) =>
      new Promise((resolve, reject) => {
        waiting.push((error) => {
          if (error === undefined) resolve(store.put(digest, source, options));
          else reject(error);
        });
      }),
  };
  const cache = createBlobCache({
    blobs: slow,
    bytesMax,
    now: () => clock.now,
    onWriteError: (error) => errors.push(error),
  });
  async function finishPuts(error?: Error): Promise<void> {
    for (const finish of waiting.splice(0)) finish(error);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { cache, store, finishPuts, errors, clock };
}

async function bytesOf(stream: Readable | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const ignore = (): void => undefined;

describe("offered bytes", () => {
  it("are held at once, and stored behind", async () => {
    const { cache, store, finishPuts } = scene();
    const bytes = Buffer.alloc(10 * KIB, 1);
    const { stored, isCrowded } = cache.offer(DIGEST, bytes, ignore);
    expect(isCrowded).toBe(false);
    expect(cache.held(DIGEST)?.bytes).toBe(bytes);
    expect(await store.stat(DIGEST)).toBeNull();
    await finishPuts();
    expect(await stored).toBe(true);
    expect(await store.readBytes(DIGEST)).toEqual(bytes);
  });

  it("can be read on their way also when the cache has no room for them", async () => {
    const { cache, finishPuts } = scene(3);
    const bytes = Buffer.from("0123456789");
    const { stored } = cache.offer(DIGEST, bytes, ignore);
    const held = cache.held(DIGEST);
    expect(held?.bytes).toBe(bytes);
    const range = { start: 2, end: 4 };
    expect((await bytesOf((await cache.open(DIGEST, range))?.stream)).toString()).toBe("234");
    await finishPuts();
    expect(await stored).toBe(true);
    expect(held?.bytes).toBeNull();
    expect(cache.held(DIGEST)).toBeNull();
    expect((await bytesOf((await cache.open(DIGEST, range))?.stream)).toString()).toBe("234");
  });

  it("are let go at once when they are small, since the cache's own bound counts for them", () => {
    const { cache } = scene();
    let isGone = false;
    cache.offer(DIGEST, Buffer.alloc(KIB), () => (isGone = true));
    expect(isGone).toBe(true);
  });

  it("are let go when they are large once they are stored and the last reader is done", async () => {
    const { cache, finishPuts } = scene();
    const bytes = Buffer.alloc(3000 * KIB, 7);
    let timesLetGo = 0;
    cache.offer(DIGEST, bytes, () => (timesLetGo += 1));
    expect(cache.held(DIGEST)).toBeNull();
    const [first, second] = [await cache.open(DIGEST), await cache.open(DIGEST)];
    expect(first?.sizeBytes).toBe(bytes.length);
    await finishPuts();
    expect(timesLetGo).toBe(0);
    expect((await bytesOf(first?.stream)).equals(bytes)).toBe(true);
    expect(timesLetGo).toBe(0);
    second?.stream.destroy();
    await expect.poll(() => timesLetGo).toBe(1);
    expect((await bytesOf((await cache.open(DIGEST))?.stream)).equals(bytes)).toBe(true);
    expect(timesLetGo).toBe(1);
  });

  it("are written once when they come twice", async () => {
    const { cache, finishPuts } = scene();
    let timesLetGo = 0;
    const offers = [1, 2].map(() => cache.offer(DIGEST, Buffer.alloc(2000 * KIB), () => (timesLetGo += 1)));
    expect(timesLetGo).toBe(1);
    await finishPuts();
    expect(await Promise.all(offers.map(({ stored }) => stored))).toEqual([true, true]);
    expect(timesLetGo).toBe(2);
  });

  it("tell when so much is on its way that one should wait", async () => {
    const { cache, finishPuts } = scene();
    const bytes = Buffer.alloc(40_000 * KIB);
    expect(cache.offer(DIGEST, bytes, ignore).isCrowded).toBe(false);
    expect(cache.offer(OTHER, bytes, ignore).isCrowded).toBe(true);
    await finishPuts();
    expect(cache.offer(OTHER, bytes, ignore).isCrowded).toBe(false);
    await finishPuts();
  });
});

describe("bytes that cannot be stored", () => {
  it("are reported once for a burst, and stay readable from memory", async () => {
    const { cache, finishPuts, errors, clock } = scene();
    const full = new Error("no space");
    const first = cache.offer(DIGEST, Buffer.from("first"), ignore);
    const second = cache.offer(OTHER, Buffer.from("second"), ignore);
    await finishPuts(full);
    expect([await first.stored, await second.stored]).toEqual([false, false]);
    expect(errors).toEqual([full]);
    expect(cache.held(DIGEST)?.bytes?.toString()).toBe("first");
    clock.now += 60_000;
    cache.offer(DIGEST, Buffer.from("first"), ignore);
    await finishPuts(full);
    expect(errors).toEqual([full, full]);
    cache.offer(DIGEST, Buffer.from("first"), ignore);
    await finishPuts();
    expect(errors).toHaveLength(2);
  });
});

describe("loaded blobs", () => {
  it("come from the store and stay, unless their size is not what it should be", async () => {
    const { cache, store } = scene();
    const bytes = Buffer.alloc(100, 1);
    await store.put(DIGEST, { bytes }, { sizeBytes: 100, durable: false });
    expect(await cache.load(DIGEST, 101)).toBeNull();
    expect((await cache.load(DIGEST, 100))?.bytes).toEqual(bytes);
    expect(cache.held(DIGEST)?.bytes).toEqual(bytes);
    expect(await cache.load(OTHER, 100)).toBeNull();
  });
});
