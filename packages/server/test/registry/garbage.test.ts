import { setTimeout as delay } from "node:timers/promises";
import { makePackageTarball } from "@entrepot/testkit";
import { expect, it } from "vitest";
import { createMemoryStore, type BlobStore } from "../../src/blobs/index.ts";
import { collectGarbage } from "../../src/registry/index.ts";
import { describeOnEachDatabase, type TestDatabases } from "../db/each-database.ts";
import { publishDirectly, type DirectPublisher } from "./publish-directly.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Long enough for a publish that nothing holds up. */
const PUBLISH_MS = 300;

const SHARED = { name: "shared", version: "1.0.0" };
const { bytes, digest } = makePackageTarball(SHARED);

describeOnEachDatabase("collecting garbage", (databases) => {
  it("removes what nothing refers to after a day, and keeps what is published", async () => {
    const { blobs, clock, db, publisher } = await setUp(databases);
    await publisher.publish({ name: "kept", version: "1.0.0" });
    await putOrphan(blobs);
    expect(await collectGarbage({ db, blobs, now: clock.now })).toMatchObject({ keptBlobs: 2 });
    clock.at += DAY_MS;
    expect(await collectGarbage({ db, blobs, now: clock.now })).toEqual({
      keptBlobs: 1,
      removedBlobs: 1,
      removedBytes: bytes.length,
    });
    expect(await blobs.stat(digest)).toBeNull();
  });

  it("keeps a blob that is published between the look at it and its removal", async () => {
    const { blobs, clock, db, publisher } = await setUp(databases);
    await putOrphan(blobs);
    clock.at += DAY_MS;
    let published: Promise<unknown> | null = null;
    const meddled: BlobStore = {
      ...blobs,
      // The last thing that a collection does before it decides is to list.
      async *list() {
        yield* blobs.list();
        published = publisher.publish(SHARED);
        await published;
      },
    };
    await collectGarbage({ db, blobs: meddled, now: clock.now });
    expect(published).not.toBeNull();
    expect(await blobs.stat(digest)).not.toBeNull();
  });

  it("makes a publish fail whose blob it removes before the version's row is written", async () => {
    const { blobs, clock, db, publisherOf } = await setUp(databases);
    const slow: BlobStore = {
      ...blobs,
      async put(...put) {
        await blobs.put(...put);
        clock.at += DAY_MS;
        await collectGarbage({ db, blobs, now: clock.now });
      },
    };
    const publisher = await publisherOf(slow);
    await expect(publisher.publish(SHARED)).rejects.toMatchObject({ code: "storage-unavailable" });
    expect(await db.read.selectFrom("versions").select("version").execute()).toEqual([]);
    // The client's next attempt succeeds.
    await (await publisherOf(blobs)).publish(SHARED);
    expect(await blobs.stat(digest)).not.toBeNull();
  });

  it("never acknowledges a publish, of another process neither, while it removes its blob", async () => {
    const { blobs, clock, db, url, publisherOf } = await setUp(databases);
    await putOrphan(blobs);
    clock.at += DAY_MS;
    const other = await databases.open({ url });
    const publisher = await publisherOf(blobs, other);
    let outcome: Promise<string> | null = null;
    const meddled: BlobStore = {
      ...blobs,
      async remove(wanted) {
        outcome = publisher.publish(SHARED).then(
          () => "published",
          (error: unknown) => (error as { code: string }).code,
        );
        await Promise.race([outcome, delay(PUBLISH_MS)]);
        await blobs.remove(wanted);
      },
    };
    await collectGarbage({ db, blobs: meddled, now: clock.now });
    await expect(outcome).resolves.toBe("storage-unavailable");
  });
});

async function putOrphan(blobs: BlobStore): Promise<void> {
  await blobs.put(digest, { bytes }, { sizeBytes: bytes.length, durable: true });
}

async function setUp(databases: TestDatabases) {
  const clock = { at: Date.UTC(2026, 0, 1), now: () => clock.at };
  const url = await databases.emptyUrl();
  const db = await databases.open({ url });
  const blobs = createMemoryStore({ now: clock.now });
  async function publisherOf(store: BlobStore, through = db): Promise<DirectPublisher> {
    const publisher = await publishDirectly({ db: through, blobs: store, now: clock.now });
    databases.afterwards(() => publisher.close());
    return publisher;
  }
  return { blobs, clock, db, url, publisherOf, publisher: await publisherOf(blobs) };
}
