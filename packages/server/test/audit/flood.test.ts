import { createTestClock } from "@entrepot/testkit";
import { expect, it } from "vitest";
import { createAuditTrail, type AuditRecord, type AuditTrail } from "../../src/audit/index.ts";
import type { Database } from "../../src/db/index.ts";
import { createSilentLog } from "../../src/telemetry/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { eventsOf, refusal } from "./trail-fixtures.ts";

function trailAt(db: Database, now: () => number): AuditTrail {
  const changes = { subscribe: () => () => undefined };
  return createAuditTrail({ db, log: createSilentLog(), workspaceId: "w", now, changes });
}

function from(address: string, { credential }: { credential: string | null }): AuditRecord {
  const event = refusal("left");
  return { ...event, actor: { ...event.actor, address, credential } };
}

const omittedOf = ({ detail }: { detail: string }): unknown =>
  (JSON.parse(detail) as Record<string, unknown>)["omitted"];

describeOnEachDatabase("a flood of refusals", (databases) => {
  it("from one network of IPv6 counts as one, whichever of its addresses it uses", async () => {
    const db = await databases.open();
    const clock = createTestClock();
    const trail = trailAt(db, clock.now);
    const limit = { perMinute: 2 };
    for (let host = 0; host < 5; host += 1) {
      trail.recordAtMost(limit, from(`2001:db8::${host}`, { credential: "t1" }));
    }
    trail.recordAtMost(limit, from("2001:db8:0:1::1", { credential: "t1" }));
    clock.advance(60_000);
    trail.recordAtMost(limit, from("2001:db8::77", { credential: "t1" }));
    await trail.settle();
    const events = await eventsOf(db);
    expect(events.map(({ address }) => address)).toEqual([
      "2001:db8::0",
      "2001:db8::1",
      "2001:db8:0:1::1",
      "2001:db8::77",
    ]);
    expect(events.map(omittedOf)).toEqual([undefined, undefined, undefined, 3]);
  });

  it("by strangers from everywhere is cut as a whole, and leaves room for those who are known", async () => {
    const db = await databases.open();
    const clock = createTestClock();
    const trail = trailAt(db, clock.now);
    for (let index = 0; index < 700; index += 1) {
      const address = `10.0.${Math.floor(index / 250)}.${index % 250}`;
      trail.recordAtMost({ perMinute: 60 }, from(address, { credential: null }));
    }
    trail.recordAtMost({ perMinute: 60 }, from("10.9.9.9", { credential: "t1" }));
    clock.advance(60_000);
    trail.recordAtMost({ perMinute: 60 }, from("10.9.9.8", { credential: null }));
    await trail.settle();
    const events = await eventsOf(db);
    expect(events).toHaveLength(602);
    expect(events.slice(-2).map(omittedOf)).toEqual([undefined, 100]);
  });
});
