import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeAdvisory, makeZip, type FakeRecord, type FeedFault, type ZipEntry } from "@entrepot/testkit";
import { readZip } from "../../src/advisories/zip-file.ts";
import { advisoryScene, osvFeed, type AdvisoryScene } from "./advisory-scene.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

function entryOf(record: FakeRecord): ZipEntry {
  return { name: `${record.id}.json`, content: JSON.stringify(makeAdvisory(record)) };
}

const GOOD = Array.from({ length: 20 }, (_, at) => ({
  id: `MAL-${at}`,
  affects: { [`package-${at}`]: null },
}));

/** A feed that was good once. */
async function goodScene(): Promise<AdvisoryScene> {
  const scene = await advisoryScene({ feeds: (url) => [osvFeed(`${url}feed.zip`)] });
  scene.feed.file("feed.zip", makeZip(GOOD.map(entryOf)));
  await scene.sync();
  return scene;
}

const bad: [what: string, entries: ZipEntry[], reason: string][] = [
  ["no records at all", [], "osv is empty"],
  ["much fewer records", GOOD.slice(0, 17).map(entryOf), "osv has 17 records, before it had 20"],
  [
    "a malformed record",
    [...GOOD.map(entryOf), { name: "MAL-x.json", content: "{" }],
    "1 of 21 records of osv are malformed",
  ],
  [
    "a record under another id",
    [...GOOD.map(entryOf), { ...entryOf({ id: "MAL-y", affects: { a: null } }), name: "MAL-x.json" }],
    "MAL-x: its id is MAL-y",
  ],
  ["a record twice", [...GOOD.map(entryOf), entryOf(GOOD[0] as FakeRecord)], "MAL-0: it is there twice"],
];

const badZips: [what: string, entries: ZipEntry[], reason: string][] = [
  ["a path that leads elsewhere", [{ name: "../MAL-1.json", content: "{}" }], "not a whole, valid zip"],
  ["an absolute path", [{ name: "/MAL-1.json", content: "{}" }], "not a whole, valid zip"],
  [
    "an entry that is larger than it says",
    [{ name: "a.json", content: "x".repeat(100), uncompressedSize: 10 }],
    "cannot be unpacked",
  ],
  [
    "an entry that is smaller than it says",
    [{ name: "a.json", content: "x", uncompressedSize: 100 }],
    "another size than the zip says",
  ],
  [
    "an entry that says it is huge",
    [{ name: "a.json", content: "x", uncompressedSize: 0xfffffff0 }],
    "unpacks to more than",
  ],
  ["a bomb", [{ name: "a.json", content: Buffer.alloc(80_000) }], "times its size"],
  ["a wrong checksum", [{ name: "a.json", content: "x", crc: 1 }], "checksum"],
  ["an unknown method", [{ name: "a.json", content: "x", method: 99 }], "cannot be unpacked"],
  ["an encrypted entry", [{ name: "a.json", content: "x", isEncrypted: true }], "is encrypted"],
  [
    "an entry beyond the end",
    [{ name: "a.json", content: "x", offset: 1_000_000 }],
    "not where the zip says",
  ],
  [
    "too many entries",
    Array.from({ length: 4 }, (_, at) => ({ name: `${at}`, content: "" })),
    "has 4 entries",
  ],
  [
    "too much in all",
    [1, 2].map((at) => ({ name: `${at}`, content: "x".repeat(60_000) })),
    "unpacks to more than",
  ],
  ["entries over each other", overlapping(), "overlap"],
];

function overlapping(): ZipEntry[] {
  const first = { name: "1", content: randomBytes(1000), isStored: true };
  const lies = { compressedSize: 1000, uncompressedSize: 1000, crc: crc32(first.content), offset: 0 };
  return [
    first,
    { name: "2", content: "", isStored: true, ...lies },
    { name: "3", content: "", isStored: true, ...lies },
  ];
}

describe("a feed is not taken", () => {
  it.each(bad)("with %s; what was known stays in force", async (_, entries, reason) => {
    const scene = await goodScene();
    const before = scene.advisories.state();
    scene.clock.advance(DAY_MS);
    scene.feed.file("feed.zip", makeZip(entries));
    const { epoch, failed } = await scene.sync();
    expect(epoch).toBeNull();
    expect(failed.get("osv")).toContain(reason);
    const after = scene.advisories.state();
    expect(after).toMatchObject({ epoch: before.epoch, currentAt: before.currentAt, advisories: 20 });
    expect(after.feeds).toMatchObject([
      { failedAt: scene.clock.now(), failure: expect.stringContaining(reason) },
    ]);
    expect(after.alarms).toEqual([expect.stringContaining(reason)]);
    expect(scene.errors).toEqual([expect.stringContaining(reason)]);
    expect(scene.advisories.of("package-19")).toHaveLength(1);
  });

  const zip = makeZip(GOOD.map(entryOf));
  const faults: [what: string, fault: FeedFault, reason: string][] = [
    ["is cut off", { body: zip, cutAfter: 500 }, "broke off"],
    ["is half a zip", { body: zip.subarray(0, zip.length >> 1) }, "not a whole, valid zip"],
    ["is no zip", { body: "<html>Please log in</html>" }, "not a whole, valid zip"],
    ["is empty", { body: "" }, "not a whole, valid zip"],
    ["fails", { status: 500 }, "the feed answered 500"],
    ["is gone", { status: 404 }, "there is nothing at"],
    ["never answers", { hangs: true }, "takes too long"],
    ["is too large", { body: Buffer.alloc(11_000_000, "x") }, "larger than"],
    [
      "leads to another host",
      { status: 302, headers: { location: "http://127.0.0.2:1/x.zip" } },
      "allowed hosts",
    ],
  ];
  it.each(faults)("when its file %s", async (_, fault, reason) => {
    const scene = await goodScene();
    scene.feed.fault("feed.zip", fault);
    const { epoch, failed } = await scene.sync();
    expect(epoch).toBeNull();
    expect(failed.get("osv")).toContain(reason);
    expect(scene.advisories.of("package-3")).toHaveLength(1);
    scene.feed.fault("feed.zip", null);
    expect((await scene.sync()).failed.size).toBe(0);
    expect(scene.advisories.state().alarms).toEqual([]);
  });

  it("and grows old visibly while nothing comes", async () => {
    const scene = await goodScene();
    await scene.feed.close();
    scene.clock.advance(3 * DAY_MS);
    await scene.sync();
    const { alarms, currentAt } = scene.advisories.state();
    expect(alarms).toEqual([
      expect.stringContaining("refuses connections"),
      expect.stringContaining("72 hours ago"),
    ]);
    expect(currentAt).toBe(scene.clock.now() - 3 * DAY_MS);
    expect(scene.advisories.of("package-3")).toHaveLength(1);
  });
});

it("takes a feed that shrank when an operator says so", async () => {
  const scene = await goodScene();
  scene.feed.file("feed.zip", makeZip(GOOD.slice(0, 3).map(entryOf)));
  expect((await scene.sync()).epoch).toBeNull();
  expect((await scene.sync({ acceptsShrink: true })).epoch).toMatchObject({ advisories: 3 });
});

it("skips a malformed record among very many, and says so", async () => {
  const scene = await advisoryScene({ feeds: (url) => [osvFeed(`${url}feed.zip`)] });
  const many = Array.from({ length: 150 }, (_, at) => entryOf({ id: `MAL-${at}`, affects: { a: null } }));
  scene.feed.file("feed.zip", makeZip([...many, { name: "MAL-x.json", content: '{"id":1}' }]));
  expect((await scene.sync()).epoch).toMatchObject({ advisories: 150 });
  expect(scene.lines[1]).toContain("1 malformed: MAL-x: ");
});

it("lets one feed fail without the others", async () => {
  const scene = await advisoryScene({
    feeds: (url) => [osvFeed(`${url}one.zip`, "one"), osvFeed(`${url}two.zip`, "two")],
  });
  scene.feed.file("two.zip", makeZip(GOOD.map(entryOf)));
  const { epoch, failed } = await scene.sync();
  expect(epoch).toMatchObject({ advisories: 20 });
  expect([...failed.keys()]).toEqual(["one"]);
});

it("changes nothing when it is cut off between the snapshot and the swap", async () => {
  const scene = await goodScene();
  scene.feed.file("feed.zip", makeZip([...GOOD, { id: "MAL-new", affects: { fresh: null } }].map(entryOf)));
  const database = {
    ...scene.db,
    write: () => Promise.reject(new Error("the process is gone")),
    read: scene.db.read,
  };
  const dying = await scene.open(undefined, { database });
  const run = { log: () => undefined, signal: new AbortController().signal };
  const options = { isFull: false, acceptsShrink: false, isManual: false };
  await expect(dying.sync(options, run)).rejects.toThrow("the process is gone");
  expect(scene.advisories.of("fresh")).toEqual([]);
  const { epoch } = await scene.sync();
  expect(epoch).toMatchObject({ id: 2, advisories: 21 });
  expect(scene.advisories.of("fresh")).toHaveLength(1);
});

describe("a zip", () => {
  const limits = { entriesMax: 3, entryBytesMax: 10_000_000, totalBytesMax: 100_000, ratioMax: 200 };

  async function readAll(zip: Buffer): Promise<string[]> {
    const folder = await mkdtemp(join(tmpdir(), "entrepot-zip-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "test.zip");
    await writeFile(path, zip);
    const names: string[] = [];
    await readZip(path, limits, (name, content) => names.push(`${name} ${content.length}`));
    return names;
  }

  it("is read whole, stored entries and folders too", async () => {
    const zip = makeZip([
      { name: "npm/", content: "" },
      { name: "npm/a.json", content: "abc" },
      { name: "b.json", content: "stored", isStored: true },
    ]);
    expect(await readAll(zip)).toEqual(["npm/a.json 3", "b.json 6"]);
  });

  it.each(badZips)("is refused with %s", async (_, entries, reason) => {
    await expect(readAll(makeZip(entries))).rejects.toThrow(reason);
  });
});
