import { isEntrepotError } from "@entrepot/core";
import type { Fault } from "@entrepot/testkit";
import { expect, test } from "vitest";

import { createFixture, documentOf, type Fixture, versionsOf } from "./upstream-fixture.ts";

const MINUTE = 60_000;

/** Every way in which a document can fail to come or be a lie, and what it is called. */
const faults: Array<[name: string, fault: Fault, code: string]> = [
  ["500", { kind: "status", status: 500 }, "upstream-unavailable"],
  ["503 with HTML", { kind: "status", status: 503, body: "<html>" }, "upstream-unavailable"],
  ["401", { kind: "status", status: 401 }, "upstream-unavailable"],
  ["403", { kind: "status", status: 403 }, "upstream-unavailable"],
  ["400", { kind: "status", status: 400 }, "upstream-invalid"],
  ["204", { kind: "status", status: 204, body: "" }, "upstream-invalid"],
  ["HTML with 200", { kind: "html" }, "upstream-invalid"],
  ["an empty body", { kind: "empty" }, "upstream-invalid"],
  ["JSON that stops", { kind: "not-json" }, "upstream-invalid"],
  ["JSON that is no packument", { kind: "replace", body: `{"error":"not found"}` }, "upstream-invalid"],
  ["a JSON array", { kind: "replace", body: "[]" }, "upstream-invalid"],
  ["garbage called gzip", { kind: "garbage-gzip" }, "upstream-invalid"],
  ["half of the gzip", { kind: "truncate" }, "upstream-invalid"],
  ["a flipped byte", { kind: "flip" }, "upstream-invalid"],
  ["another package's document", { kind: "other-package", name: "other" }, "upstream-invalid"],
  ["an encoding that nobody asked for", { kind: "encoding", encoding: "br" }, "upstream-invalid"],
  ["a body that breaks off", { kind: "cut" }, "upstream-invalid"],
  ["a reset", { kind: "reset" }, "upstream-unavailable"],
  ["silence", { kind: "hang" }, "upstream-timeout"],
  ["silence in the middle", { kind: "hang-in-body" }, "upstream-timeout"],
  ["a redirect to nowhere", { kind: "redirect", location: "http://" }, "upstream-invalid"],
  ["a redirect to another host", { kind: "redirect", location: "http://192.0.2.1/x" }, "upstream-invalid"],
  ["a redirect to a file", { kind: "redirect", location: "file:///etc/passwd" }, "upstream-invalid"],
  ["a redirect to itself", { kind: "redirect", location: "/left-pad" }, "upstream-invalid"],
];

async function withTwoPackages(options: Parameters<typeof createFixture>[0] = {}): Promise<Fixture> {
  const fixture = await createFixture({ ...options, settings: { timeoutMs: 300, ...options.settings } });
  for (const name of ["left-pad", "other"]) fixture.fake.publish({ name, version: "1.0.0" });
  return fixture;
}

test.each(faults)(
  "%s, nothing cached: an error with the upstream's name, then healed",
  async (_name, fault, code) => {
    const { fake, upstream, upstreams, db, stagedFiles } = await withTwoPackages();
    fake.fault("left-pad", fault);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const failure = await upstreams.current(upstream, "left-pad").catch((error: unknown) => error);
      if (!isEntrepotError(failure)) throw failure;
      expect(failure.code).toBe(code);
      expect(failure.message).toContain(`"public"`);
      expect(failure.details).toMatchObject({ upstream: "public", retryAfterSeconds: expect.any(Number) });
    }
    expect(await db.read.selectFrom("upstream_documents").selectAll().execute()).toEqual([]);
    expect(await stagedFiles()).toEqual([]);
    fake.fault("left-pad", null);
    expect(await versionsOf(upstreams, await upstreams.current(upstream, "left-pad"))).toEqual(["1.0.0"]);
  },
);

test.each(faults)("%s, something cached: it is served on, then healed", async (_name, fault) => {
  const { fake, upstream, upstreams, clock } = await withTwoPackages();
  const old = await upstreams.current(upstream, "left-pad");
  const document = fake.document("left-pad");
  fake.publish({ name: "left-pad", version: "1.1.0" });
  fake.fault("left-pad", fault);
  clock.advance(10 * MINUTE);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    expect(await upstreams.current(upstream, "left-pad")).toBe(old);
    expect(await documentOf(upstreams, old)).toEqual(document);
  }
  expect(old.superseded).toBe(false);
  fake.fault("left-pad", null);
  clock.advance(10 * MINUTE);
  await expect
    .poll(async () => versionsOf(upstreams, await upstreams.current(upstream, "left-pad")))
    .toEqual(["1.0.0", "1.1.0"]);
  expect(old.superseded).toBe(true);
});

test("an upstream that is down: cached names are served, others fail at once, and it heals by itself", async () => {
  const { fake, upstream, upstreams, clock, another } = await withTwoPackages();
  const old = await upstreams.current(upstream, "left-pad");
  await upstreams.close();
  const later = another();
  await fake.offline();
  clock.advance(10 * MINUTE);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const failure = await later.current(upstream, `never-seen-${attempt}`).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "upstream-unavailable", status: 503 });
    expect(await versionsOf(later, await later.current(upstream, "left-pad"))).toEqual(["1.0.0"]);
  }
  const failingSince = clock.now();
  expect(later.health("u1")).toMatchObject({
    state: "open",
    failingSince,
    refusesUntil: failingSince + 1000,
  });
  const refused = await later.current(upstream, "never-seen").catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: "upstream-unavailable",
    details: { upstream: "public", retryAfterSeconds: 1 },
  });
  await fake.online();
  fake.publish({ name: "left-pad", version: "1.1.0" });
  clock.advance(10 * MINUTE);
  await expect
    .poll(async () => versionsOf(later, await later.current(upstream, "left-pad")))
    .toEqual(["1.0.0", "1.1.0"]);
  expect(later.health("u1")).toMatchObject({ state: "closed", failingSince: null, refusesUntil: null });
  expect(old.kind).toBe("present");
});

test("an upstream that asks for a pause gets it", async () => {
  const { fake, upstream, upstreams, clock } = await withTwoPackages();
  const old = await upstreams.current(upstream, "left-pad");
  fake.forget();
  fake.fault("*", { kind: "status", status: 429, headers: { "retry-after": "40" } });
  clock.advance(10 * MINUTE);
  const failure = await upstreams.current(upstream, "other").catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "upstream-unavailable", details: { retryAfterSeconds: 40 } });
  fake.fault("*", null);
  clock.advance(39_000);
  expect(await upstreams.current(upstream, "left-pad")).toBe(old);
  const refused = await upstreams.current(upstream, "other").catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "upstream-unavailable", details: { retryAfterSeconds: 1 } });
  expect(fake.count()).toBe(1);
  clock.advance(1000);
  expect((await upstreams.current(upstream, "other")).kind).toBe("present");
});

test("an upstream that hangs delays cached answers once, not each of them", { timeout: 12_000 }, async () => {
  const { fake, upstream, upstreams, clock } = await withTwoPackages({ settings: { timeoutMs: 20_000 } });
  const names = Array.from({ length: 30 }, (_, index) => `package-${index}`);
  for (const name of names) fake.publish({ name, version: "1.0.0" });
  for (const name of names) await upstreams.current(upstream, name);
  fake.fault("*", { kind: "hang" });
  clock.advance(10 * MINUTE);
  for (const name of names) {
    expect(await versionsOf(upstreams, await upstreams.current(upstream, name))).toEqual(["1.0.0"]);
  }
  expect(upstreams.health("u1").waiting).toBeGreaterThan(0);
});

test("absence is never said because the upstream fails", async () => {
  const { fake, upstream, upstreams, clock } = await withTwoPackages();
  expect((await upstreams.current(upstream, "nothing")).kind).toBe("absent");
  fake.fault("*", { kind: "status", status: 500 });
  clock.advance(10 * MINUTE);
  const failure = await upstreams.current(upstream, "nothing").catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "upstream-unavailable" });
});

test("a document above the limit is refused, compressed, inflated and without a length", async () => {
  const { fake, upstream, upstreams } = await withTwoPackages();
  const readme = "x".repeat(11_000_000);
  fake.publish({ name: "bomb", version: "1.0.0", manifest: { readme } });
  const failure = await upstreams.current(upstream, "bomb").catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "upstream-invalid" });
  const plain = await createFixture({ url: fake.url });
  fake.fault("bomb", { kind: "replace", body: readme });
  const tooLong = await plain.upstreams.current(plain.upstream, "bomb").catch((error: unknown) => error);
  expect(tooLong).toMatchObject({ code: "upstream-invalid", message: expect.stringContaining("10000000") });
});

test("a name that no upstream can have is refused without a request", async () => {
  const { fake, upstream, upstreams } = await withTwoPackages();
  for (const name of ["../x", "@../x", "a/b", ""]) {
    await expect(upstreams.current(upstream, name)).rejects.toMatchObject({ code: "name-invalid" });
  }
  expect(fake.count()).toBe(0);
});

test("closing does not wait for an upstream that hangs", { timeout: 8000 }, async () => {
  const { fake, upstream, upstreams } = await withTwoPackages({ settings: { timeoutMs: 60_000 } });
  fake.fault("*", { kind: "hang" });
  const waiting = upstreams.current(upstream, "left-pad").catch((error: unknown) => error);
  await expect.poll(() => fake.openRequests()).toBe(1);
  await upstreams.close();
  expect(await waiting).toMatchObject({ code: "upstream-unavailable" });
});
