import { expect, it } from "vitest";
import { verifyTrail } from "../../src/audit/index.ts";
import type { Database } from "../../src/db/index.ts";
import { MIGRATIONS } from "../../src/db/migrations/index.ts";
import { createSilentLog } from "../../src/telemetry/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { change, eventsOf, openTrail, refusal } from "./trail-fixtures.ts";

const START = "0".repeat(64);

async function sealed(db: Database, count: number): Promise<number[]> {
  const trail = openTrail(db);
  for (let index = 0; index < count; index += 1) await change(db, `package-${index}`);
  await trail.settle();
  return (await eventsOf(db)).map(({ seq }) => seq);
}

describeOnEachDatabase("the chain of the audit trail", (databases) => {
  it("is whole without events, and with events that are not sealed yet", async () => {
    const db = await databases.open();
    expect(await verifyTrail(db)).toEqual({
      events: 0,
      unsealed: 0,
      head: START,
      fault: null,
      hasWantedHead: null,
    });
    await change(db, "a");
    const unsealed = { events: 0, unsealed: 1, head: START };
    expect(await verifyTrail(db, { isSealed: false })).toMatchObject({ ...unsealed, fault: null });
    expect(await verifyTrail(db, { now: () => 60_000 })).toMatchObject({ ...unsealed, fault: null });
    expect(await verifyTrail(db, { now: () => 60_002, wantedHead: START })).toMatchObject({
      fault: { of: "event", reason: expect.stringContaining("older than a minute") },
      hasWantedHead: null,
    });
  });

  it("takes in changes and other events in one order", async () => {
    const db = await databases.open();
    const trail = openTrail(db);
    await change(db, "a");
    trail.record(refusal("b"));
    await trail.settle();
    await change(db, "c");
    await trail.settle();
    const events = await eventsOf(db);
    expect(events.map((event) => event.package)).toEqual(["a", "b", "c"]);
    expect(new Set(events.map(({ hash }) => hash)).size).toBe(3);
    expect(await verifyTrail(db)).toMatchObject({
      events: 3,
      unsealed: 0,
      head: events[2]?.hash,
      fault: null,
    });
  });

  it("is whole after a thousand events at once through two connections that both seal", async () => {
    const url = await databases.emptyUrl();
    const [one, other] = [await databases.open({ url }), await databases.open({ url })];
    const trails = [openTrail(one), openTrail(other)];
    const work: Promise<void>[] = [];
    for (let index = 0; index < 500; index += 1) {
      const db = index % 2 === 0 ? one : other;
      const trail = trails[index % 2];
      work.push(change(db, `package-${index}`));
      trail?.record(refusal(`refused-${index}`));
      if (index % 50 === 0 && trail !== undefined) work.push(trail.settle());
    }
    await Promise.all(work);
    await Promise.all(trails.map((trail) => trail.close()));
    expect(await verifyTrail(one)).toMatchObject({ events: 1000, unsealed: 0, fault: null });
  });

  it("goes on where another process left off", async () => {
    const db = await databases.open();
    await sealed(db, 3);
    await change(db, "later");
    const trail = openTrail(db);
    await trail.close();
    expect(await verifyTrail(db)).toMatchObject({ events: 4, unsealed: 0, fault: null });
  });

  it("does not fit an event whose text was changed", async () => {
    const db = await databases.open();
    const seqs = await sealed(db, 5);
    await db.write((trx) =>
      trx
        .updateTable("audit_events")
        .set({ detail: '{"name":"other"}' })
        .where("seq", "=", seqs[2] as number)
        .execute(),
    );
    const { events, fault } = await verifyTrail(db);
    expect(events).toBe(2);
    expect(fault).toMatchObject({
      seq: seqs[2],
      kind: "tag-set",
      reason: expect.stringContaining("changed"),
    });
  });

  it("does not fit the event after one that was removed", async () => {
    const db = await databases.open();
    const seqs = await sealed(db, 5);
    const removed = seqs[1] as number;
    await db.write((trx) => trx.deleteFrom("audit_events").where("seq", "=", removed).execute());
    expect((await verifyTrail(db)).fault).toMatchObject({
      seq: seqs[2],
      reason: expect.stringContaining("removed"),
    });
  });

  it("does not fit an event with another hash, or with none", async () => {
    const db = await databases.open();
    const seqs = await sealed(db, 5);
    for (const hash of ["f".repeat(64), null]) {
      await db.write((trx) =>
        trx
          .updateTable("audit_events")
          .set({ hash })
          .where("seq", "=", seqs[3] as number)
          .execute(),
      );
      // Sealing does not mend it.
      await openTrail(db).settle();
      expect((await verifyTrail(db)).fault).toMatchObject({ seq: seqs[3] });
    }
  });

  it("does not fit an event that was put between others", async () => {
    const db = await databases.open();
    const seqs = await sealed(db, 5);
    const [, , third] = await eventsOf(db);
    if (third === undefined) throw new Error("no third event");
    await db.write(async (trx) => {
      await trx.deleteFrom("audit_events").where("seq", "=", third.seq).execute();
      const query = trx.insertInto("audit_events");
      const forged = { ...third, actor: "mallory" };
      const compiled = query.values(forged).compile();
      const statement = databases.kind === "postgres" ? overriding(compiled.sql) : compiled.sql;
      await trx.executeQuery({ ...compiled, sql: statement });
    });
    expect((await verifyTrail(db)).fault).toMatchObject({ seq: seqs[2] });
  });

  it("misses a hash that was written down when the end was cut off", async () => {
    const db = await databases.open();
    const seqs = await sealed(db, 5);
    const { head } = await verifyTrail(db);
    await change(db, "later");
    await openTrail(db).settle();
    expect(await verifyTrail(db, { wantedHead: head })).toMatchObject({ fault: null, hasWantedHead: true });
    await db.write((trx) =>
      trx
        .deleteFrom("audit_events")
        .where("seq", ">=", seqs[4] as number)
        .execute(),
    );
    const fifth = { of: "change", kind: "tag-set", reason: expect.stringContaining("removed") };
    expect(await verifyTrail(db, { wantedHead: head })).toMatchObject({
      events: 4,
      fault: fifth,
      hasWantedHead: null,
    });
    // Whoever cuts off the change log too is found out by the hash alone.
    const changes = await db.read.selectFrom("changes").select("seq").orderBy("seq").execute();
    await db.write((trx) =>
      trx
        .deleteFrom("changes")
        .where("seq", ">=", changes[4]?.seq as number)
        .execute(),
    );
    expect(await verifyTrail(db)).toMatchObject({ events: 4, fault: null });
    expect(await verifyTrail(db, { wantedHead: head })).toMatchObject({ hasWantedHead: false });
  });

  it("lacks the events of changes when all of it is gone", async () => {
    const db = await databases.open();
    await sealed(db, 3);
    const [first] = await db.read.selectFrom("changes").select("seq").orderBy("seq").execute();
    await db.write((trx) => trx.deleteFrom("audit_events").execute());
    expect((await verifyTrail(db)).fault).toMatchObject({ of: "change", seq: first?.seq });
  });

  it("needs no events for changes that are older than it, and forgets no other", async () => {
    const url = await databases.emptyUrl();
    const older = Object.entries(MIGRATIONS).filter(([name]) => name < "0008-trail-start");
    const migrations = Object.fromEntries(older);
    const before = await databases.open({ url, migrations });
    await change(before, "old");
    await before.write((trx) => trx.deleteFrom("audit_events").execute());
    await before.close();
    const db = await databases.open({ url });
    expect(await verifyTrail(db)).toMatchObject({ events: 0, fault: null });
    await sealed(db, 3);
    expect(await verifyTrail(db)).toMatchObject({ events: 3, fault: null });
    await db.write((trx) => trx.deleteFrom("audit_events").execute());
    openTrail(db).record(refusal("left"));
    expect((await verifyTrail(db)).fault).toMatchObject({ of: "change", kind: "tag-set" });
  });

  it("drops the oldest of what a database that is gone does not take, and says so in the trail", async () => {
    const db = await databases.open();
    let isGone = true;
    const lines: unknown[] = [];
    const log = { ...createSilentLog(), warn: (...line: unknown[]) => void lines.push(line) };
    const gone = await databases.open();
    await gone.close();
    const trail = openTrail({ ...db, write: (work) => (isGone ? gone : db).write(work) }, log);
    for (let index = 0; index < 10_003; index += 1) trail.record(refusal(`p${index}`));
    await trail.settle().catch(() => undefined);
    isGone = false;
    await trail.settle();
    const events = await eventsOf(db);
    expect(events).toHaveLength(10_001);
    expect(events.slice(0, 2)).toMatchObject([
      { kind: "events-dropped", detail: '{"count":3}' },
      { kind: "request-refused", package: "p3" },
    ]);
    expect(lines).toContainEqual(["audit events dropped", { count: 3 }]);
    expect(await verifyTrail(db)).toMatchObject({ events: 10_001, fault: null });
  });
});

/** The column is numbered by the server unless one insists. */
function overriding(statement: string): string {
  return statement.replace(" values ", " overriding system value values ");
}
