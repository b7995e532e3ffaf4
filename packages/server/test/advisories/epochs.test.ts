import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFileStore } from "../../src/blobs/index.ts";
import type { Change, ChangeListener } from "../../src/changes/index.ts";
import { collectGarbage } from "../../src/registry/index.ts";
import { followEpochs } from "../../src/advisories/current-epoch.ts";
import { droppedEpochs } from "../../src/advisories/epoch-rows.ts";
import { createIndexFiles } from "../../src/advisories/index-files.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { advisoryScene } from "./advisory-scene.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

it("keeps the newest 24 epochs, and the last of each of 90 days", () => {
  const now = 200 * DAY_MS;
  // One every hour of 200 days, the newest first.
  const epochs = Array.from({ length: 200 * 24 }, (_, at) => ({
    id: 5000 - at,
    createdAt: now - 1 - at * HOUR_MS,
  }));
  const dropped = new Set(droppedEpochs(epochs, now));
  const kept = epochs.filter(({ id }) => !dropped.has(id));
  expect(kept.slice(0, 24)).toEqual(epochs.slice(0, 24));
  const days = kept.slice(24).map(({ createdAt }) => (createdAt + 1) / DAY_MS);
  expect(days).toEqual(Array.from({ length: 89 }, (_, at) => 199 - at));
});

describe("garbage collection", () => {
  it("keeps what epochs and feeds refer to, and removes what they do no more", async () => {
    const { feed, advisories, data, db, sync, clock } = await advisoryScene();
    const blobs = createFileStore({ folder: join(data, "blobs") });
    const count = async (): Promise<number> => {
      let blobCount = 0;
      for await (const _ of blobs.list()) blobCount += 1;
      return blobCount;
    };
    feed.put({ id: "MAL-1", affects: { left: null } });
    await sync();
    feed.put({ id: "MAL-2", affects: { right: null }, modified: "2026-02-01T00:00:00Z" });
    await sync();
    const later = (): number => Date.now() + 2 * DAY_MS;
    expect(await collectGarbage({ db, blobs, now: later })).toMatchObject({ keptBlobs: 4, removedBlobs: 0 });
    await db.write((trx) => trx.deleteFrom("advisory_epochs").where("id", "=", 1).execute());
    expect(await collectGarbage({ db, blobs, now: later })).toMatchObject({ removedBlobs: 2 });
    expect(await count()).toBe(2);
    expect(advisories.of("left")).toHaveLength(1);
    expect((await advisories.at(clock.now()))?.of("left")).toHaveLength(1);
    await blobs.close();
  });
});

it("that could be opened only later are told of, for what was judged meanwhile", async () => {
  const { feed, sync, db, data } = await advisoryScene();
  feed.put({ id: "MAL-1", affects: { left: null } });
  await sync();
  const files = createIndexFiles(join(data, "advisories"), createFileStore({ folder: join(data, "blobs") }));
  let isBroken = true;
  let hear: ChangeListener = () => undefined;
  let toldCount = 0;
  const current = await followEpochs({
    db,
    changes: {
      subscribe: (listener) => {
        hear = listener;
        return () => undefined;
      },
    },
    files: {
      ...files,
      openNow: () => null,
      open: async (digest) => (isBroken ? Promise.reject(new Error("no store")) : files.open(digest)),
    },
    log: { error: () => undefined },
    onLate: async () => {
      toldCount += 1;
    },
  });
  expect([current.get(), toldCount]).toEqual([null, 0]);
  isBroken = false;
  const news = {
    kind: "advisories-changed",
    detail: { epoch: 2, index: "x", own: null },
  } as unknown as Change;
  for (let count = 0; count < 2; count += 1) {
    hear([news]);
    await current.ready();
  }
  expect(current.get()?.of("left")).toHaveLength(1);
  expect(toldCount).toBe(1);
  await current.close();
});

describeOnEachDatabase("epochs", (databases) => {
  it("reach a process of another machine before it judges again", async () => {
    const scene = await advisoryScene({ url: await databases.emptyUrl() });
    const other = await scene.open(undefined, { data: join(scene.data, "other-machine") });
    scene.feed.put({ id: "MAL-1", affects: { left: null } });
    const { epoch } = await scene.sync();
    await expect.poll(() => other.ready() !== null || other.state().epoch === epoch?.id).toBe(true);
    await other.ready();
    expect(other.of("left")).toMatchObject([{ id: "MAL-1" }]);
    scene.feed.put({ id: "MAL-2", affects: { right: null }, modified: "2026-02-01T00:00:00Z" });
    await scene.sync();
    await expect.poll(() => other.of("right").length).toBe(1);
  });

  it("do not get lost when several processes make them at once", async () => {
    const scene = await advisoryScene({ url: await databases.emptyUrl() });
    scene.feed.put({ id: "MAL-1", affects: { left: null } });
    const other = await scene.open(undefined, { data: join(scene.data, "other-machine") });
    const actor = { name: "ada", credential: null, address: null, client: null };
    const record = (id: string): { id: string; json: string } => {
      const affected = [{ package: { ecosystem: "npm", name: id.toLowerCase() }, versions: ["1.0.0"] }];
      return { id, json: JSON.stringify({ id, modified: "2026-01-01T00:00:00Z", summary: id, affected }) };
    };
    await Promise.all([
      scene.sync(),
      other.own.add(record("ONE-1"), actor),
      scene.advisories.own.add(record("TWO-2"), actor),
    ]);
    for (const name of ["left", "one-1", "two-2"]) {
      await expect.poll(() => scene.advisories.of(name).length).toBe(1);
      await expect.poll(() => other.of(name).length).toBe(1);
    }
  });
});
