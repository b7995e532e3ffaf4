import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeAdvisory, makeZip, type FakeRecord } from "@entrepot/testkit";
import { advisoryScene, osvFeed } from "./advisory-scene.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** Each changed a day before the one in front of it. */
function records(count: number, newest = "2026-01-01T00:00:00Z"): FakeRecord[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `GHSA-${String(at).padStart(4, "0")}`,
    affects: { [`package-${at}`]: ["1.0.0"] },
    modified: new Date(Date.parse(newest) - at * DAY_MS).toISOString(),
  }));
}

describe("a sync", () => {
  it("takes a zip over and knows what it says, whatever names packages have", async () => {
    const { feed, advisories, sync } = await advisoryScene();
    const affects = Object.fromEntries([
      ["left", ["1.0.0"]],
      ["constructor", null],
      ["hasownproperty", null],
      ["JSONStream", ["1.0.0"]],
    ]);
    feed.put(
      { id: "GHSA-aaaa", affects, aliases: ["CVE-2026-0001"] },
      { id: "MAL-1", affects: { left: null } },
    );
    const { epoch, failed } = await sync();
    expect([...failed]).toEqual([]);
    expect(epoch).toMatchObject({ origin: "sync", advisories: 2, packages: 4 });
    expect(advisories.of("left").map(({ id, kind }) => [id, kind])).toEqual([
      ["GHSA-aaaa", "vulnerability"],
      ["MAL-1", "malware"],
    ]);
    expect(advisories.of("__proto__")).toEqual([]);
    expect(advisories.of("constructor")).toHaveLength(1);
    expect(advisories.of("hasownproperty")).toHaveLength(1);
    expect(advisories.of("jsonstream")).toEqual([]);
    expect(advisories.of("toString")).toEqual([]);
    expect(advisories.find("CVE-2026-0001")).toMatchObject([{ advisory: { id: "GHSA-aaaa" } }]);
    expect(advisories.find("CVE-2026-0001")[0]?.packages).toHaveLength(4);
    expect(advisories.find("CVE-2026-0002")).toEqual([]);
  });

  it("fetches single records that changed, and the zip when they are many", async () => {
    const { feed, advisories, clock, sync } = await advisoryScene();
    feed.put(...records(300));
    await sync();
    expect(feed.requests.map(({ path }) => path)).toEqual(["all.zip"]);

    feed.forget();
    clock.advance(HOUR_MS);
    feed.put({ id: "GHSA-new", affects: { fresh: null }, modified: "2026-05-31T00:00:00Z" });
    expect((await sync()).epoch).toMatchObject({ advisories: 301 });
    expect(advisories.of("fresh")).toHaveLength(1);
    // With what changed in the hour before the newest that was known.
    expect(feed.requests.map(({ path }) => path).sort()).toEqual([
      "GHSA-0000.json",
      "GHSA-new.json",
      "modified_id.csv",
    ]);

    feed.forget();
    expect((await sync()).epoch).toBeNull();
    expect(feed.requests.map(({ path, status }) => [path, status])).toEqual([["modified_id.csv", 304]]);

    feed.forget();
    feed.put(...records(100).map((record) => ({ ...record, modified: "2026-05-31T12:00:00Z" })));
    await sync();
    expect(feed.requests.map(({ path }) => path)).toEqual(["modified_id.csv", "all.zip"]);
  });

  it("notices a record that was taken back, or is about npm no more", async () => {
    const { feed, advisories, sync } = await advisoryScene();
    feed.put(
      ...records(30),
      { id: "MAL-1", affects: { left: null } },
      { id: "MAL-2", affects: { right: null } },
    );
    await sync();
    feed.put({
      id: "MAL-1",
      affects: { left: null },
      withdrawn: "2026-05-01T00:00:00Z",
      modified: "2026-05-01T00:00:00Z",
    });
    feed.put({ id: "MAL-2", affects: {}, modified: "2026-05-01T00:00:00Z" });
    await sync();
    expect(advisories.of("left")).toMatchObject([{ id: "MAL-1", withdrawnAt: Date.parse("2026-05-01") }]);
    expect(advisories.of("right")).toEqual([]);
  });

  it("finds deletions when it reads everything anew", async () => {
    const { feed, advisories, sync } = await advisoryScene();
    feed.put(...records(50));
    await sync();
    feed.remove("GHSA-0007");
    expect((await sync()).epoch).toBeNull();
    expect((await sync({ isFull: true })).epoch).toMatchObject({ advisories: 49 });
    expect(advisories.of("package-7")).toEqual([]);
  });

  it("joins several feeds, and takes the record that changed last", async () => {
    const scene = await advisoryScene({
      feeds: (url) => [osvFeed(`${url}one.zip`, "one"), osvFeed(`${url}two.zip`, "two")],
    });
    const zip = (...some: FakeRecord[]): Buffer =>
      makeZip(
        some.map((record) => ({ name: `${record.id}.json`, content: JSON.stringify(makeAdvisory(record)) })),
      );
    const both = { id: "GHSA-both", affects: { left: null } };
    scene.feed.file("one.zip", zip({ ...both, summary: "older" }, { id: "GHSA-1", affects: { a: null } }));
    scene.feed.file(
      "two.zip",
      zip(
        { ...both, summary: "newer", modified: "2026-02-01T00:00:00Z" },
        { id: "LWA-1", affects: { a: null } },
      ),
    );
    await scene.sync();
    expect(scene.advisories.of("left")).toMatchObject([{ summary: "newer", feed: "two" }]);
    expect(scene.advisories.of("a").map(({ id, feed }) => [id, feed])).toEqual([
      ["GHSA-1", "one"],
      ["LWA-1", "two"],
    ]);
    scene.feed.forget();
    expect((await scene.sync()).epoch).toBeNull();
    expect(scene.feed.requests.map(({ status }) => status)).toEqual([304, 304]);
  });

  it("adds what is known of exploitation, and makes an epoch when only that changes", async () => {
    const scene = await advisoryScene({
      feeds: (url) => [
        osvFeed(url),
        { name: "kev", kind: "kev", url: `${url}kev.json`, allowedHosts: [] },
        { name: "epss", kind: "epss", url: `${url}epss.csv`, allowedHosts: [] },
      ],
    });
    const epss = (score: string): string =>
      `#model_version:v1,score_date:2026-05-31T00:00:00+0000\ncve,epss,percentile\nCVE-2026-0001,${score},0.9\n`;
    scene.feed.put({ id: "GHSA-1", affects: { left: null }, aliases: ["CVE-2026-0001"] });
    scene.feed.file(
      "kev.json",
      JSON.stringify({ count: 1, vulnerabilities: [{ cveID: "CVE-2026-0001", dateAdded: "2026-05-02" }] }),
    );
    scene.feed.file("epss.csv", epss("0.5"));
    await scene.sync();
    expect(scene.advisories.of("left")).toMatchObject([
      { kevSince: "2026-05-02", epss: { probability: 0.5, percentile: 0.9, date: "2026-05-31" } },
    ]);
    scene.feed.file("epss.csv", epss("0.75"));
    expect((await scene.sync()).epoch).not.toBeNull();
    expect(scene.advisories.of("left")).toMatchObject([{ epss: { probability: 0.75 } }]);
  });

  it("reads a folder on this disk", async () => {
    const scene = await advisoryScene({ feeds: () => [] });
    const folder = join(scene.data, "mirror");
    await mkdir(folder);
    const zip = makeZip([
      { name: "MAL-1.json", content: JSON.stringify(makeAdvisory({ id: "MAL-1", affects: { left: null } })) },
    ]);
    await writeFile(join(folder, "all.zip"), zip);
    const own = await scene.open([osvFeed(`${folder}/`)]);
    const options = { isFull: false, acceptsShrink: false, isManual: false };
    const run = { log: () => undefined, signal: new AbortController().signal };
    await own.sync(options, run);
    expect(own.of("left")).toHaveLength(1);
    expect((await own.sync(options, run)).epoch).toBeNull();
  });

  it("forgets a feed that is configured no more", async () => {
    const scene = await advisoryScene();
    scene.feed.put({ id: "MAL-1", affects: { left: null } });
    await scene.sync();
    const without = await scene.open([]);
    await without.sync(
      { isFull: false, acceptsShrink: false, isManual: false },
      { log: () => undefined, signal: new AbortController().signal },
    );
    expect(without.of("left")).toEqual([]);
    expect(without.state()).toMatchObject({ currentAt: null, feeds: [] });
  });
});

describe("an epoch", () => {
  it("is in force in every process before its next answer", async () => {
    const { feed, advisories, sync, open } = await advisoryScene();
    const second = await open();
    feed.put({ id: "MAL-1", affects: { left: null } });
    const { epoch } = await sync();
    await expect.poll(() => second.state().epoch).toBe(epoch?.id);
    expect(second.ready()).toBeNull();
    expect(second.of("left")).toEqual(advisories.of("left"));
  });

  it("comes from the blob store where the data folder has it not", async () => {
    const { feed, data, sync, open } = await advisoryScene();
    feed.put({ id: "MAL-1", affects: { left: null } });
    await sync();
    await rm(join(data, "advisories"), { recursive: true });
    expect((await open()).of("left")).toHaveLength(1);
    expect(await readdir(join(data, "advisories"))).toHaveLength(1);
  });

  it("tells what was known before", async () => {
    const { feed, advisories, clock, sync } = await advisoryScene();
    feed.put({ id: "MAL-1", affects: { left: null } });
    const before = clock.now();
    clock.advance(HOUR_MS);
    await sync();
    const between = clock.now();
    clock.advance(HOUR_MS);
    feed.put({ id: "MAL-2", affects: { right: null }, modified: "2026-05-31T00:00:00Z" });
    await sync();
    expect(await advisories.at(before)).toBeNull();
    const former = await advisories.at(between);
    expect([former?.of("left").length, former?.of("right").length]).toEqual([1, 0]);
    former?.close();
    expect(advisories.of("right")).toHaveLength(1);
    expect((await advisories.epochs()).map(({ advisories: count }) => count)).toEqual([2, 1]);
  });

  it("can be gone back to, and is held until a sync by hand", async () => {
    const scene = await advisoryScene();
    scene.feed.put(...records(20), { id: "MAL-1", affects: { left: null } });
    const first = await scene.sync();
    scene.feed.put({ id: "MAL-2", affects: { lodash: null }, modified: "2026-05-31T00:00:00Z" });
    await scene.sync();
    const actor = { name: "ada", credential: null, address: null, client: null };
    const back = await scene.advisories.rollBack(first.epoch?.id ?? 0, actor);
    expect(back).toMatchObject({ origin: "rollback", createdBy: "ada", advisories: 21 });
    expect(scene.advisories.of("lodash")).toEqual([]);
    expect(scene.advisories.state().alarms).toEqual([expect.stringContaining("ada went back to epoch 1")]);
    expect((await scene.sync()).epoch).toBeNull();
    expect(scene.lines).toEqual([expect.stringContaining("ada went back to epoch 1")]);
    await scene.sync({ isManual: true });
    expect(scene.advisories.of("lodash")).toHaveLength(1);
    expect(scene.advisories.state()).toMatchObject({ hold: null, alarms: [] });
    await expect(scene.advisories.rollBack(999, actor)).rejects.toMatchObject({ code: "not-found" });
  });
});
