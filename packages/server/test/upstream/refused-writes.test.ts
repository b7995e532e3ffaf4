import { EntrepotError } from "@entrepot/core";
import { expect, test } from "vitest";
import type { Database } from "../../src/db/index.ts";
import { createFixture, documentOf, type Fixture } from "./upstream-fixture.ts";

const MINUTE = 60_000;

interface FullDisk extends Fixture {
  setFull(isFull: boolean): void;
}

/** A process whose database can be made to take nothing, as on a full disk. */
async function onFullDisk(): Promise<FullDisk> {
  const whole = await createFixture();
  let isFull = true;
  const write: Database["write"] = (work) =>
    isFull ? Promise.reject(new EntrepotError("storage-unavailable")) : whole.db.write(work);
  const { upstreams, another, warnings, clock } = await createFixture({
    url: whole.fake.url,
    deps: { db: { ...whole.db, write } },
  });
  whole.fake.publish({ name: "left-pad", version: "1.0.0" });
  return { ...whole, upstreams, another, warnings, clock, setFull: (value) => void (isFull = value) };
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

test("a server that stops while its database takes nothing does not wait for it", async () => {
  const { upstream, upstreams, warnings } = await onFullDisk();
  await upstreams.current(upstream, "left-pad");
  await upstreams.close();
  expect(warnings.map(({ message }) => message)).toEqual(["Upstream documents wait for the database"]);
});
