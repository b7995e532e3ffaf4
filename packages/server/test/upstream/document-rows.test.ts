import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { describeOnEachDatabase } from "../db/each-database.ts";
import { createFixture, documentOf, type Fixture, present } from "./upstream-fixture.ts";

const MINUTE = 60_000;

describeOnEachDatabase("what is remembered of upstreams", (databases) => {
  async function fixture(): Promise<Fixture> {
    // SQLite's file must outlive the fixture, so it lies in the fixture's own folder.
    const made = await createFixture(
      databases.kind === "postgres" ? { databaseUrl: await databases.emptyUrl() } : {},
    );
    made.fake.publish({ name: "left-pad", version: "1.0.0" });
    return made;
  }

  test("presence and absence come back in another process, with their times and validators", async () => {
    const { fake, upstream, upstreams, another, clock, db } = await fixture();
    fake.publish({ name: "nothing", version: "1.0.0" });
    await upstreams.current(upstream, "nothing");
    fake.remove("nothing");
    clock.advance(10 * MINUTE);
    const entry = present(await upstreams.current(upstream, "left-pad"));
    const absent = await upstreams.current(upstream, "nothing");
    await upstreams.close();
    const rows = await db.read.selectFrom("upstream_documents").selectAll().orderBy("name").execute();
    expect(rows).toMatchObject([
      { name: "left-pad", state: "present", document_digest: entry.digest, checked_at: clock.now() },
      { name: "nothing", state: "absent", document_digest: null, document: null, etag: null },
    ]);
    const later = another();
    const found = present(await later.current(upstream, "left-pad"));
    expect([found.digest, found.freshUntil]).toEqual([entry.digest, entry.freshUntil]);
    expect(await later.current(upstream, "nothing")).toMatchObject({
      kind: "absent",
      freshUntil: absent.freshUntil,
    });
    expect(await documentOf(later, found)).toEqual(fake.document("left-pad"));
    clock.advance(10 * MINUTE);
    await later.current(upstream, "left-pad");
    expect(fake.requests.map(({ status }) => status)).toEqual([200, 200, 404, 304]);
  });

  test("a name that never was leaves no row, however often it is asked for", async () => {
    const { fake, upstream, upstreams, another, clock, db } = await fixture();
    for (const asker of [upstreams, another()]) {
      await asker.current(upstream, "nothing");
      clock.advance(10 * MINUTE);
      expect((await asker.current(upstream, "nothing")).kind).toBe("absent");
      await asker.close();
    }
    expect(fake.count("nothing")).toBe(4);
    expect(await db.read.selectFrom("upstream_documents").select("name").execute()).toEqual([]);
  });

  test("hundreds of documents are written in groups, and an older answer never covers a newer one", async () => {
    const { fake, upstream, upstreams, another, clock, db } = await fixture();
    const names = Array.from({ length: 450 }, (_, index) => `package-${index}`);
    for (const name of names) fake.publish({ name, version: "1.0.0" });
    await Promise.all(names.map((name) => upstreams.current(upstream, name)));
    await upstreams.close();
    const count = db.read.selectFrom("upstream_documents").select((eb) => eb.fn.countAll().as("count"));
    expect(Number((await count.executeTakeFirstOrThrow()).count)).toBe(450);
    const [slow, fast] = [another(), another()];
    await slow.current(upstream, "left-pad");
    clock.advance(10 * MINUTE);
    fake.publish({ name: "left-pad", version: "1.1.0" });
    const newer = present(await fast.current(upstream, "left-pad"));
    await fast.close();
    await slow.close();
    const row = db.read.selectFrom("upstream_documents").selectAll().where("name", "=", "left-pad");
    expect(await row.executeTakeFirst()).toMatchObject({
      document_digest: newer.digest,
      checked_at: clock.now(),
    });
  });

  test("what another URL of the same upstream said counts no longer, however late it was written", async () => {
    const { fake, upstream, upstreams, another } = await fixture();
    const elsewhere = { ...upstream, url: `${upstream.url}elsewhere/` };
    await upstreams.current(upstream, "left-pad");
    await upstreams.close();
    const moved = await another().current(elsewhere, "left-pad");
    expect(moved.kind).toBe("absent");
    expect(fake.count("elsewhere/left-pad")).toBe(1);
  });

  test("a document that only holds still is not written again", async () => {
    const { fake, upstream, upstreams, clock, db, warnings } = await fixture();
    const entry = present(await upstreams.current(upstream, "left-pad"));
    const rows = db.read.selectFrom("upstream_documents").selectAll();
    await expect.poll(async () => (await rows.execute()).length).toBe(1);
    const [written] = await rows.execute();
    expect(gunzipSync(written?.document ?? new Uint8Array())).toEqual(expect.anything());
    // Had the document been put again, these bytes would be gone.
    const document = new Uint8Array([1]);
    await db.write((trx) => trx.updateTable("upstream_documents").set({ document }).execute());
    clock.advance(10 * MINUTE);
    expect(await upstreams.current(upstream, "left-pad")).toBe(entry);
    fake.withoutValidators(true);
    clock.advance(10 * MINUTE);
    expect(await upstreams.current(upstream, "left-pad")).toBe(entry);
    await upstreams.close();
    const [row] = await rows.execute();
    expect(row).toMatchObject({ checked_at: clock.now(), document_digest: entry.digest, etag: null });
    expect(row?.document).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  test("a large document is a blob, and its row has no bytes", async () => {
    const { fake, upstream, upstreams, another, blobs, db } = await fixture();
    const readme = randomBytes(100_000).toString("base64");
    fake.publish({ name: "large", version: "1.0.0", manifest: { readme } });
    const { digest } = present(await upstreams.current(upstream, "large"));
    await upstreams.close();
    const [row] = await db.read.selectFrom("upstream_documents").selectAll().execute();
    expect(row).toMatchObject({ document_digest: digest, document: null });
    expect((await blobs.stat(digest))?.sizeBytes).toBeGreaterThan(64 * 1024);
    const later = another();
    expect(await documentOf(later, await later.current(upstream, "large"))).toEqual(fake.document("large"));
  });

  test("rows of an upstream that was deleted meanwhile are dropped, and the others' kept", async () => {
    const { upstream, upstreams, db } = await fixture();
    await upstreams.current({ ...upstream, id: "deleted", name: "deleted" }, "left-pad");
    await upstreams.current(upstream, "left-pad");
    await upstreams.close();
    expect(await db.read.selectFrom("upstream_documents").select("upstream_id").execute()).toEqual([
      { upstream_id: "u1" },
    ]);
  });
});
