import { setTimeout as delay } from "node:timers/promises";
import { EntrepotError } from "@entrepot/core";
import { expect, test } from "vitest";
import type { Database } from "../../src/db/index.ts";
import { createFixture, documentOf, type Fixture } from "./upstream-fixture.ts";

const MINUTE = 60_000;
/** How long the rows that were refused wait. */
const RETRY_MS = 1000;

interface FullDisk extends Fixture {
  /** How often the database was asked in vain. */
  refusals(): number;
  setFull(isFull: boolean): void;
}

/** A process whose database can be made to take nothing, as on a full disk. */
async function onFullDisk(): Promise<FullDisk> {
  const whole = await createFixture();
  let isFull = true;
  let refusals = 0;
  const write: Database["write"] = (work) => {
    if (!isFull) return whole.db.write(work);
    refusals += 1;
    return Promise.reject(new EntrepotError("storage-unavailable"));
  };
  const { upstreams, another, warnings, clock } = await createFixture({
    url: whole.fake.url,
    deps: { db: { ...whole.db, write } },
  });
  whole.fake.publish({ name: "left-pad", version: "1.0.0" });
  return {
    ...whole,
    upstreams,
    another,
    warnings,
    clock,
    refusals: () => refusals,
    setFull: (value) => void (isFull = value),
  };
}

test("a document that the database cannot take is served again, and written once there is room", async () => {
  const { fake, upstream, upstreams, another, db, warnings, clock, setFull } = await onFullDisk();
  const entry = await upstreams.current(upstream, "left-pad");
  await expect.poll(() => warnings.length).toBe(1);
  expect(await documentOf(upstreams, entry)).toEqual(fake.document("left-pad"));
  // Its upstream says that it still holds, which is nothing that could be written by itself.
  clock.advance(10 * MINUTE);
  await upstreams.current(upstream, "left-pad");
  setFull(false);
  await expect
    .poll(async () => db.read.selectFrom("upstream_documents").select("name").execute())
    .toEqual([{ name: "left-pad" }]);
  expect(fake.requests.map(({ status }) => status)).toEqual([200, 304]);

  await upstreams.close();
  fake.fault("*", { kind: "reset" });
  const later = another();
  expect(await documentOf(later, await later.current(upstream, "left-pad"))).toEqual(
    fake.document("left-pad"),
  );
});

test("a server that stops while its database takes nothing does not wait for it, nor asks again", async () => {
  const { upstream, upstreams, warnings, refusals } = await onFullDisk();
  await upstreams.current(upstream, "left-pad");
  await upstreams.close();
  expect(warnings.map(({ message }) => message)).toEqual(["Upstream documents wait for the database"]);
  expect(warnings[0]?.fields["error"]).toBeInstanceOf(EntrepotError);
  const asked = refusals();
  await delay(2 * RETRY_MS);
  expect(refusals()).toBe(asked);
});
