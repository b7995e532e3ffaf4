import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { isAffected } from "@entrepot/core";
import {
  checkedRecord,
  recordOfShort,
  type BundleOptions,
  type ShortAdvisory,
} from "../../src/advisories/index.ts";
import { loadSigningKey } from "../../src/advisories/signing-key.ts";
import { advisoryScene, osvFeed, type AdvisoryScene } from "./advisory-scene.ts";

const ACTOR = { name: "ada", credential: null, address: null, client: null };
const HOUR_MS = 60 * 60 * 1000;

function short(more: Partial<ShortAdvisory> = {}): ShortAdvisory {
  return { package: "left", summary: "It sends secrets home", ...more };
}

describe("an advisory of one's own", () => {
  it("is known at once, altered and taken away, each in an epoch of its own", async () => {
    const { advisories, clock, feed, sync } = await advisoryScene();
    feed.put({ id: "GHSA-1", affects: { left: ["1.0.0"] } });
    await sync();
    const record = recordOfShort(
      short({ versions: ["2.0.0"], malware: true, severity: "critical" }),
      clock.now(),
    );
    expect(record.id).toMatch(/^OWN-2026-[0-9a-f]{8}$/);
    await advisories.own.add(record, ACTOR);
    expect(advisories.of("left")).toMatchObject([
      {
        id: record.id,
        feed: "own",
        kind: "malware",
        severity: "critical",
        affected: { versions: ["2.0.0"] },
      },
      { id: "GHSA-1", feed: "osv" },
    ]);
    await expect(advisories.own.add(record, ACTOR)).rejects.toMatchObject({ code: "name-taken" });
    expect(await advisories.own.list()).toMatchObject([
      { id: record.id, createdBy: "ada", packages: ["left"] },
    ]);

    await advisories.own.replace(
      recordOfShort(short({ id: record.id, package: "right" }), clock.now()),
      ACTOR,
    );
    expect(advisories.of("left").map(({ id }) => id)).toEqual(["GHSA-1"]);
    expect(advisories.of("right")).toMatchObject([{ id: record.id, kind: "vulnerability" }]);

    await sync({ isFull: true });
    expect(advisories.of("right")).toHaveLength(1);

    await advisories.own.remove(record.id, ACTOR);
    expect(advisories.of("right")).toEqual([]);
    expect(advisories.state()).toMatchObject({ advisories: 1, currentAt: clock.now() });
    expect((await advisories.epochs()).map(({ origin }) => origin)).toEqual(["own", "own", "own", "sync"]);
    await expect(advisories.own.remove(record.id, ACTOR)).rejects.toMatchObject({ code: "not-found" });
    await expect(advisories.own.replace(record, ACTOR)).rejects.toMatchObject({ code: "not-found" });
  });

  it("does not take the place of what a feed says of malware, which two people lift", async () => {
    const { advisories, clock, feed, sync } = await advisoryScene();
    feed.put({ id: "MAL-1", affects: { left: null } });
    await sync();
    for (const malware of [false, true]) {
      const record = recordOfShort(short({ id: "MAL-1", versions: ["9.0.0"], malware }), clock.now());
      await (malware ? advisories.own.replace(record, ACTOR) : advisories.own.add(record, ACTOR));
      const known = advisories
        .of("left")
        .map(({ feed: from, affected }) => [from, isAffected(affected, "1.0.0")]);
      expect(known).toEqual([
        ["own", false],
        ["osv", true],
      ]);
    }
  });

  it("takes the place of what a feed says under the same id", async () => {
    const { advisories, clock, feed, sync } = await advisoryScene();
    feed.put({ id: "GHSA-1", affects: { left: null } });
    await sync();
    await advisories.own.add(recordOfShort(short({ id: "GHSA-1", versions: ["1.0.0"] }), clock.now()), ACTOR);
    expect(advisories.of("left")).toMatchObject([
      { id: "GHSA-1", feed: "own", affected: { versions: ["1.0.0"] } },
    ]);
  });

  it("works without any feed", async () => {
    const { advisories, clock } = await advisoryScene({ feeds: () => [] });
    await advisories.own.add(recordOfShort(short(), clock.now()), ACTOR);
    expect(advisories.of("left")).toHaveLength(1);
  });

  it.each([
    ["<1.2.3", ["0.0.1-a", "1.2.3-rc.1", "1.2.2"], ["1.2.3", "1.2.4"]],
    [">=1.0.0 <1.4.2 || 2.0.0", ["1.0.0", "1.4.1", "2.0.0"], ["0.9.9", "1.4.2", "2.0.1", "2.0.1-0"]],
    [">1.0.0 <=1.1.0", ["1.0.1-0", "1.1.0"], ["1.0.0", "1.1.1-0"]],
    ["^1.2.3", ["1.2.3", "1.99.0"], ["1.2.2", "2.0.0", "2.0.0-rc.1"]],
    ["*", ["0.0.0-0", "1.0.0", "9.0.0-x"], []],
    ["1.2.3-beta.1", ["1.2.3-beta.1"], ["1.2.3-beta.1.0", "1.2.3-beta.0", "1.2.3"]],
  ])("reads the range %s", (range, inside, outside) => {
    const { json } = recordOfShort(short({ range }), 0);
    const events = (JSON.parse(json) as { affected: { ranges: { events: Record<string, string>[] }[] }[] })
      .affected[0]?.ranges[0]?.events;
    expect(events).toBeDefined();
    const affected = affectedOf(events ?? []);
    expect(inside.filter((version) => !isAffected(affected, version))).toEqual([]);
    expect(outside.filter((version) => isAffected(affected, version))).toEqual([]);
  });

  it.each([
    [{ package: "Not A Name" }, "name"],
    [{ versions: ["1.x"] }, '"1.x" is not a version'],
    [{ range: "newest" }, '"newest" is not a range'],
    [{ range: ">2.0.0 <1.0.0" }, "no version can be in the range"],
    [{ id: "not an id" }, "not an advisory's id"],
  ])("is refused when it says %j", (more, reason) => {
    expect(() => recordOfShort(short(more), 0)).toThrow(reason);
  });

  it("is refused in OSV's format when it is malformed or about nothing here", () => {
    const record = { id: "A-1", modified: "2026-01-01T00:00:00Z", affected: [] };
    expect(() => checkedRecord(record)).toThrow("about no package of npm");
    expect(() => checkedRecord({ ...record, modified: "soon" })).toThrow("modified is not a time");
  });
});

function affectedOf(events: readonly Record<string, string>[]): Parameters<typeof isAffected>[0] {
  const intervals = events.flatMap((event, at) => {
    if (event["introduced"] === undefined) return [];
    const fixed = events[at + 1]?.["fixed"];
    return [
      {
        introduced: event["introduced"],
        end: fixed === undefined ? null : { kind: "fixed" as const, version: fixed },
      },
    ];
  });
  return { versions: [], intervals };
}

function options(more: Partial<BundleOptions> = {}): BundleOptions {
  return { trust: null, acceptsShrink: false, acceptsOlder: false, actor: ACTOR, ...more };
}

/** A scene with data, its bundle, and the fingerprint of its key. */
async function exported(): Promise<{ scene: AdvisoryScene; bundle: Buffer; fingerprint: string }> {
  const scene = await advisoryScene({
    feeds: (url) => [osvFeed(url), { name: "kev", kind: "kev", url: `${url}kev.json`, allowedHosts: [] }],
  });
  scene.feed.put({ id: "MAL-1", affects: { left: null }, aliases: ["CVE-2026-0001"] });
  scene.feed.file(
    "kev.json",
    JSON.stringify({ vulnerabilities: [{ cveID: "CVE-2026-0001", dateAdded: "2026-05-02" }] }),
  );
  await scene.sync();
  const bundle = await buffer(await scene.advisories.exportBundle());
  const { fingerprint } = await loadSigningKey(null, join(scene.data, "advisories"));
  return { scene, bundle, fingerprint };
}

function closedSite(): Promise<AdvisoryScene> {
  return advisoryScene({ feeds: () => [] });
}

describe("a bundle", () => {
  it("brings everything to a site without a network, with its true age", async () => {
    const { scene, bundle, fingerprint } = await exported();
    const closed = await closedSite();
    closed.clock.advance(HOUR_MS);
    const report = await closed.advisories.importBundle(
      Readable.from([bundle]),
      options({ trust: fingerprint }),
    );
    expect(report).toMatchObject({
      fingerprint,
      epoch: { origin: "import", createdBy: "ada", advisories: 1 },
    });
    expect(closed.advisories.of("left")).toEqual(scene.advisories.of("left"));
    expect(closed.advisories.of("left")).toMatchObject([{ kevSince: "2026-05-02" }]);
    expect(closed.advisories.state()).toMatchObject({ currentAt: scene.clock.now(), alarms: [] });
    await closed.sync();
    expect(closed.advisories.of("left")).toHaveLength(1);
  });

  it("is taken from keys that are configured, in pieces of any size", async () => {
    const { bundle, fingerprint } = await exported();
    const closed = await advisoryScene({ feeds: () => [], settings: { trustedKeys: [fingerprint] } });
    const pieces = Array.from({ length: Math.ceil(bundle.length / 7) }, (_, at) =>
      bundle.subarray(at * 7, at * 7 + 7),
    );
    await closed.advisories.importBundle(Readable.from(pieces), options());
    expect(closed.advisories.of("left")).toHaveLength(1);
  });

  it("is refused when nobody trusts its key", async () => {
    const { bundle, fingerprint } = await exported();
    const closed = await closedSite();
    const refusal = closed.advisories.importBundle(Readable.from([bundle]), options());
    await expect(refusal).rejects.toMatchObject({
      code: "permission-denied",
      message: expect.stringContaining(fingerprint),
    });
    expect(closed.advisories.state().epoch).toBeNull();
  });

  it("is refused when it is cut, altered, longer or no bundle, and then nothing changes", async () => {
    const { bundle, fingerprint } = await exported();
    const closed = await closedSite();
    const text = bundle.toString("latin1");
    const altered = (from: string, to: string): Buffer => Buffer.from(text.replace(from, to), "latin1");
    const flipped = Buffer.from(bundle);
    flipped[flipped.length - 3] = (flipped[flipped.length - 3] ?? 0) ^ 1;
    const cases: [Buffer, string][] = [
      [bundle.subarray(0, bundle.length - 1), "ends too early"],
      [bundle.subarray(0, 40), "ends too early"],
      [Buffer.alloc(0), "ends too early"],
      [Buffer.concat([bundle, Buffer.from("x")]), "something follows its end"],
      [flipped, "was changed"],
      [altered('"records":1', '"records":2'), "signature does not fit"],
      [altered("bundle-1\n", "bundle-2\n"), "no bundle"],
      [Buffer.from("PK\u0003\u0004 and so on"), "no bundle|ends too early"] as unknown as [Buffer, string],
      [altered(text.split("\n")[2] ?? "", "AAAA"), "signature does not fit"],
    ];
    for (const [bytes, reason] of cases) {
      const refusal = closed.advisories.importBundle(Readable.from([bytes]), options({ trust: fingerprint }));
      await expect(refusal).rejects.toMatchObject({
        code: "request-invalid",
        message: expect.stringMatching(new RegExp(reason)),
      });
    }
    expect(closed.advisories.state().epoch).toBeNull();
    expect(await readdir(join(closed.data, "staging"))).toEqual([]);
  });

  it("is refused when it is older than the last one, unless that is wanted", async () => {
    const { scene, bundle, fingerprint } = await exported();
    scene.clock.advance(HOUR_MS);
    const newer = await buffer(await scene.advisories.exportBundle());
    const closed = await closedSite();
    const take = (bytes: Buffer, more: Partial<BundleOptions> = {}): Promise<unknown> =>
      closed.advisories.importBundle(Readable.from([bytes]), options({ trust: fingerprint, ...more }));
    await take(newer);
    await expect(take(bundle)).rejects.toThrow("--accept-older");
    await take(bundle, { acceptsOlder: true });
  });

  it("is signed by a key that only its owner can read, and that stays", async () => {
    const folder = await mkdtemp(join(tmpdir(), "entrepot-key-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const keys = await Promise.all([loadSigningKey(null, folder), loadSigningKey(null, folder)]);
    expect(keys[0].fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(keys[1].fingerprint).toBe(keys[0].fingerprint);
    expect(await readdir(folder)).toEqual(["signing.key"]);
    await expect(loadSigningKey(join(folder, "none.pem"), folder)).rejects.toMatchObject({
      code: "config-invalid",
    });
  });

  it("cannot be made of nothing", async () => {
    const { advisories } = await closedSite();
    await expect(advisories.exportBundle()).rejects.toMatchObject({ code: "not-found" });
  });
});
