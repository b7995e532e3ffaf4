import { randomBytes } from "node:crypto";
import { readdir, rm, truncate } from "node:fs/promises";
import { join } from "node:path";

import { plainContext, type ViewOptions } from "@entrepot/core";
import { expect, test } from "vitest";

import { createFixture, documentOf, type Fixture, LIMITS, present, versionsOf } from "./upstream-fixture.ts";

const MINUTE = 60_000;

async function published(options: Parameters<typeof createFixture>[0] = {}): Promise<Fixture> {
  const fixture = await createFixture(options);
  fixture.fake.publish({ name: "left-pad", version: "1.0.0" });
  return fixture;
}

test("twenty equal cold requests are one upstream request, and one conditional one after the window", async () => {
  const { fake, upstream, upstreams, clock } = await published();
  const entries = await Promise.all(
    Array.from({ length: 20 }, () => upstreams.current(upstream, "left-pad")),
  );
  expect(new Set(entries).size).toBe(1);
  for (let request = 0; request < 10; request += 1) {
    await upstreams.current(upstream, "left-pad");
    clock.advance(5000);
  }
  expect(fake.count("left-pad")).toBe(1);
  clock.advance(10 * MINUTE);
  const again = await Promise.all(Array.from({ length: 20 }, () => upstreams.current(upstream, "left-pad")));
  expect(again[0]).toBe(entries[0]);
  expect(fake.requests.map(({ status }) => status)).toEqual([200, 304]);
  expect(fake.requests[1]?.headers["if-none-match"]).toMatch(/^"/);
  expect(fake.requests[1]?.headers["if-modified-since"]).toMatch(/GMT$/);
});

test("a request says who we are and carries nothing else", async () => {
  const { fake, upstream, upstreams } = await published({ credential: "Bearer upstream-secret" });
  fake.publish({ name: "@acme/widget", version: "1.0.0" });
  await upstreams.current(upstream, "@acme/widget");
  const [request] = fake.requests;
  expect(request?.path).toBe("/@acme%2fwidget");
  expect(request?.headers).toEqual({
    "host": `127.0.0.1:${fake.port}`,
    "connection": "keep-alive",
    "accept": "application/json",
    "accept-encoding": "gzip",
    "user-agent": "entrepot/1.2.3",
    "via": "1.1 entrepot-test-instance",
    "authorization": "Bearer upstream-secret",
  });
});

test("between one and two windows the old document is served and refreshed behind", async () => {
  const { fake, upstream, upstreams, clock } = await published();
  const old = await upstreams.current(upstream, "left-pad");
  fake.publish({ name: "left-pad", version: "1.1.0" });
  clock.advance(MINUTE + 1);
  expect(await upstreams.current(upstream, "left-pad")).toBe(old);
  await expect.poll(() => old.superseded).toBe(true);
  expect(await versionsOf(upstreams, await upstreams.current(upstream, "left-pad"))).toEqual([
    "1.0.0",
    "1.1.0",
  ]);
  expect(fake.count("left-pad")).toBe(2);
});

test("after two windows the answer waits for the refresh", async () => {
  const { fake, upstream, upstreams, clock } = await published();
  const old = await upstreams.current(upstream, "left-pad");
  fake.publish({ name: "left-pad", version: "1.1.0" });
  clock.advance(2 * MINUTE);
  const current = await upstreams.current(upstream, "left-pad");
  expect(old.superseded).toBe(true);
  expect(await versionsOf(upstreams, current)).toEqual(["1.0.0", "1.1.0"]);
});

test("with a window of zero every request asks, and an unchanged answer keeps the entry", async () => {
  const { fake, upstream, upstreams } = await published({ settings: { freshSeconds: 0 } });
  const first = await upstreams.current(upstream, "left-pad");
  expect(await upstreams.current(upstream, "left-pad")).toBe(first);
  fake.withoutValidators(true);
  expect(await upstreams.current(upstream, "left-pad")).toBe(first);
  expect(await upstreams.current(upstream, "left-pad")).toBe(first);
  expect(fake.requests.map(({ status }) => status)).toEqual([200, 304, 200, 200]);
  expect(first.superseded).toBe(false);
  fake.publish({ name: "left-pad", version: "2.0.0" });
  expect(await versionsOf(upstreams, await upstreams.current(upstream, "left-pad"))).toContain("2.0.0");
});

test("an upstream that does not compress gives the same document", async () => {
  const { fake, upstream, upstreams } = await published({
    fake: { gzip: false },
    settings: { freshSeconds: 0 },
  });
  const entry = await upstreams.current(upstream, "left-pad");
  expect(await documentOf(upstreams, entry)).toEqual(fake.document("left-pad"));
  fake.withoutValidators(true);
  expect(await upstreams.current(upstream, "left-pad")).toBe(entry);
});

test("a lost version, a moved tag and a deprecation are followed", async () => {
  const { fake, upstream, upstreams } = await published({ settings: { freshSeconds: 0 } });
  fake.publish({ name: "left-pad", version: "1.1.0" });
  const before = present(await upstreams.current(upstream, "left-pad"));
  expect((await upstreams.facts(before, "1.1.0"))?.deprecated).toBeNull();
  fake.deprecate("left-pad", "1.1.0", "use another");
  const deprecated = present(await upstreams.current(upstream, "left-pad"));
  expect((await upstreams.facts(deprecated, "1.1.0"))?.deprecated).toBe("use another");
  fake.setTag("left-pad", "latest", "1.0.0");
  const moved = await upstreams.current(upstream, "left-pad");
  expect((await documentOf(upstreams, moved))["dist-tags"]).toEqual({ latest: "1.0.0" });
  fake.remove("left-pad", "1.1.0");
  const removed = present(await upstreams.current(upstream, "left-pad"));
  expect(await upstreams.facts(removed, "1.1.0")).toBeNull();
  expect(await upstreams.facts(removed, "1.0.0")).toMatchObject({ version: "1.0.0", origin: "upstream" });
  expect([before, deprecated, moved].every(({ superseded }) => superseded)).toBe(true);
});

test("absence is remembered for half a minute, and a package that comes or goes is followed", async () => {
  const { fake, upstream, upstreams, clock } = await published();
  const absent = await upstreams.current(upstream, "new");
  expect(absent.kind).toBe("absent");
  clock.advance(29_000);
  expect(await upstreams.current(upstream, "new")).toBe(absent);
  expect(fake.count("new")).toBe(1);
  fake.publish({ name: "new", version: "1.0.0" });
  clock.advance(MINUTE);
  const come = await upstreams.current(upstream, "new");
  expect(come.kind).toBe("present");
  expect(absent.superseded).toBe(true);
  fake.remove("new");
  clock.advance(10 * MINUTE);
  expect((await upstreams.current(upstream, "new")).kind).toBe("absent");
  expect(come.superseded).toBe(true);
  fake.fault("new", { kind: "status", status: 410 });
  clock.advance(10 * MINUTE);
  expect((await upstreams.current(upstream, "new")).kind).toBe("absent");
});

test("only what is known comes back when no request may be sent", async () => {
  const { fake, upstream, upstreams, clock } = await published();
  expect(await upstreams.current(upstream, "left-pad", { cachedOnly: true })).toBeNull();
  const entry = await upstreams.current(upstream, "left-pad");
  clock.advance(10 * MINUTE);
  expect(await upstreams.current(upstream, "left-pad", { cachedOnly: true })).toBe(entry);
  expect(fake.count()).toBe(1);
});

test("what one process fetched, another one and a later start find", async () => {
  const { fake, upstream, upstreams, another, db } = await published();
  const entry = present(await upstreams.current(upstream, "left-pad"));
  await expect
    .poll(async () => (await db.read.selectFrom("upstream_documents").selectAll().execute()).length)
    .toBe(1);
  const other = another();
  const found = present(await other.current(upstream, "left-pad"));
  expect(found.digest).toBe(entry.digest);
  expect(await documentOf(other, found)).toEqual(fake.document("left-pad"));
  expect(await other.facts(found, "1.0.0")).toMatchObject({ version: "1.0.0" });
  expect(fake.count()).toBe(1);
});

test("a process that has an old document takes a fresher one that another process wrote", async () => {
  const { fake, upstream, upstreams, another, clock, db } = await published();
  const other = another();
  const old = await other.current(upstream, "left-pad");
  fake.publish({ name: "left-pad", version: "1.1.0" });
  clock.advance(10 * MINUTE);
  const newer = present(await upstreams.current(upstream, "left-pad"));
  await expect
    .poll(async () => (await db.read.selectFrom("upstream_documents").select("document_digest").execute())[0])
    .toEqual({ document_digest: newer.digest });
  expect(present(await other.current(upstream, "left-pad")).digest).toBe(newer.digest);
  expect(old.superseded).toBe(true);
  expect(fake.count("left-pad")).toBe(2);
});

test("a restart asks with the validators of before", async () => {
  const { fake, upstream, upstreams, another, clock } = await published();
  await upstreams.current(upstream, "left-pad");
  await upstreams.close();
  clock.advance(10 * MINUTE);
  const later = another();
  const entry = await later.current(upstream, "left-pad");
  expect(fake.requests.map(({ status }) => status)).toEqual([200, 304]);
  expect(await documentOf(later, entry)).toEqual(fake.document("left-pad"));
});

test.each(["removed", "torn"])("a document whose stored bytes are %s is fetched again", async (how) => {
  const { fake, upstream, upstreams, another, folder } = await published();
  fake.publish({ name: "large", version: "1.0.0", manifest: { readme: incompressible(100_000) } });
  await upstreams.current(upstream, "large");
  await upstreams.close();
  const paths = await blobPaths(folder);
  expect(paths).toHaveLength(1);
  for (const path of paths) await (how === "removed" ? rm(path) : truncate(path, 20));
  const later = another();
  await isFetchedAgain({ fake, upstream, later, name: "large" });
  await later.close();
  expect(await blobPaths(folder)).toHaveLength(1);
});

test.each([null, new Uint8Array([1, 2, 3])])(
  "a small document whose row has lost its bytes (%s) is fetched again, and written again",
  async (document) => {
    const { fake, upstream, upstreams, another, db, folder } = await published();
    await upstreams.current(upstream, "left-pad");
    await upstreams.close();
    expect(await readdir(folder)).not.toContain("blobs");
    await db.write((trx) => trx.updateTable("upstream_documents").set({ document }).execute());
    const later = another();
    await isFetchedAgain({ fake, upstream, later, name: "left-pad" });
    await later.close();
    const last = another();
    const entry = await last.current(upstream, "left-pad");
    expect(await documentOf(last, entry)).toEqual(fake.document("left-pad"));
    expect(fake.count()).toBe(2);
  },
);

async function isFetchedAgain(input: {
  fake: Fixture["fake"];
  upstream: Fixture["upstream"];
  later: Fixture["upstreams"];
  name: string;
}): Promise<void> {
  const { fake, upstream, later, name } = input;
  const entry = await later.current(upstream, name);
  expect(fake.count()).toBe(1);
  expect(await documentOf(later, entry)).toEqual(fake.document(name));
  expect(await later.facts(present(entry), "1.0.0")).toMatchObject({ version: "1.0.0" });
  expect(fake.requests.map(({ status }) => status)).toEqual([200, 200]);
}

test("an index that left the memory is made from the stored document, once for all who want it", async () => {
  const { fake, upstream, upstreams, another } = await published();
  await upstreams.current(upstream, "left-pad");
  await upstreams.close();
  const later = another();
  const entry = present(await later.current(upstream, "left-pad"));
  const indexes = await Promise.all([later.index(entry), later.index(entry)]);
  expect(indexes[0]).toBe(indexes[1]);
  expect(await later.facts(entry, "1.0.0")).toMatchObject({ version: "1.0.0" });
  expect(fake.count()).toBe(1);
});

test("whoever holds an old entry gets the document that took its place in another process", async () => {
  const { fake, upstream, upstreams, another, clock, db } = await published({
    deps: { limits: { ...LIMITS, cacheBytesMax: 1 } },
  });
  const old = present(await upstreams.current(upstream, "left-pad"));
  const rows = db.read.selectFrom("upstream_documents").selectAll();
  await expect.poll(async () => (await rows.execute()).length).toBe(1);
  fake.publish({ name: "left-pad", version: "1.1.0" });
  clock.advance(10 * MINUTE);
  const other = another();
  await other.current(upstream, "left-pad");
  await other.close();
  expect(await versionsOf(upstreams, old)).toEqual(["1.0.0", "1.1.0"]);
  expect(old.superseded).toBe(true);
  expect(fake.count("left-pad")).toBe(2);
});

test("a view that was asked for comes with the document, once and only to who asked", async () => {
  const { upstream, upstreams } = await published();
  const [mine, other] = [viewOf("abbreviated"), viewOf("full")];
  const [entry] = await Promise.all([
    upstreams.current(upstream, "left-pad", { view: mine }),
    upstreams.current(upstream, "left-pad", { view: other }),
  ]);
  expect(upstreams.takeFirstView(present(entry), other)).toBeNull();
  expect(upstreams.takeFirstView(present(entry), mine)).toMatchObject({ shown: 1, hidden: [] });
  expect(upstreams.takeFirstView(present(entry), mine)).toBeNull();
});

test("an upstream that gets another URL is another upstream", async () => {
  const { fake, upstream, upstreams } = await published();
  const entry = await upstreams.current(upstream, "left-pad");
  const elsewhere = { ...upstream, url: `${upstream.url}elsewhere/` };
  await upstreams.current(elsewhere, "left-pad");
  expect(entry.superseded).toBe(true);
  expect(fake.count("elsewhere/left-pad")).toBe(1);
});

test("large documents that cannot be stored are served, and asked for again when they are gone", async () => {
  const fixture = await published();
  const { fake, upstream, upstreams, blobs, warnings } = fixture;
  fake.publish({ name: "large", version: "1.0.0", manifest: { readme: incompressible(100_000) } });
  const failing = { ...blobs, put: async () => Promise.reject(new Error("disk full")) };
  const broken = await createFixture({ url: fake.url, deps: { blobs: failing } });
  const entry = await broken.upstreams.current(broken.upstream, "large");
  expect(await documentOf(broken.upstreams, entry)).toEqual(fake.document("large"));
  await expect.poll(() => broken.warnings.length).toBeGreaterThan(0);
  expect(await broken.db.read.selectFrom("upstream_documents").selectAll().execute()).toEqual([]);
  expect(warnings).toEqual([]);
  await upstreams.current(upstream, "large");
});

test("an upstream that is deleted meanwhile does not take others' rows along", async () => {
  const { fake, upstream, upstreams, db, warnings } = await published();
  await upstreams.current({ ...upstream, id: "deleted", name: "deleted" }, "left-pad");
  await upstreams.current(upstream, "left-pad");
  await expect.poll(() => warnings.length).toBe(1);
  await expect
    .poll(async () => db.read.selectFrom("upstream_documents").select("upstream_id").execute())
    .toEqual([{ upstream_id: "u1" }]);
  expect(fake.count()).toBe(2);
});

function viewOf(form: ViewOptions["form"]): ViewOptions {
  const policy = plainContext({ registry: "r" });
  return { form, packageUrl: "http://127.0.0.1/npm/r/left-pad", policy };
}

function incompressible(length: number): string {
  return randomBytes(length).toString("base64");
}

async function blobPaths(folder: string): Promise<string[]> {
  const entries = await readdir(join(folder, "blobs"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test("versions that differ in build metadata only are reported, once per document", async () => {
  const { fake, upstream, upstreams, warnings, clock } = await published();
  fake.publish({ name: "twins", version: "1.0.0+a" });
  fake.publish({ name: "twins", version: "1.0.0+b" });
  await upstreams.current(upstream, "twins");
  clock.advance(10 * MINUTE);
  await upstreams.current(upstream, "twins");
  await upstreams.current(upstream, "left-pad");
  expect(warnings).toEqual([
    {
      message: expect.stringContaining("differ in build metadata only"),
      fields: { upstream: "public", packageName: "twins", count: 1, version: "1.0.0+b over 1.0.0+a" },
    },
  ]);
});
