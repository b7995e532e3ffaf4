import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

import type { VersionFacts } from "@entrepot/core";
import type { Fault, PublishedVersion, PublishInput } from "@entrepot/testkit";
import { expect, test } from "vitest";

import { descriptors } from "../blobs/blob-store.conformance.ts";
import type { FetchedTarball } from "../../src/upstream/index.ts";
import { createFixture, type Fixture, present, random } from "./upstream-fixture.ts";

interface Ready extends Fixture {
  published: PublishedVersion;
  facts: VersionFacts;
  get(more?: Partial<Parameters<Fixture["upstreams"]["tarball"]>[1]>): Promise<FetchedTarball>;
}

/** A fixture with `left-pad@1.0.0`, whose document was read. */
async function ready(
  input: Partial<PublishInput> = {},
  options: Parameters<typeof createFixture>[0] = {},
): Promise<Ready> {
  const fixture = await createFixture({ ...options, settings: { timeoutMs: 300, ...options.settings } });
  const { fake, upstream, upstreams } = fixture;
  const published = fake.publish({
    name: "left-pad",
    version: "1.0.0",
    files: { "index.js": random(90_000) },
    ...input,
  });
  const name = input.name ?? "left-pad";
  const version = input.version ?? "1.0.0";
  const facts = await upstreams.facts(present(await upstreams.current(upstream, name)), version);
  if (facts === null) throw new Error("no facts");
  fake.forget();
  return {
    ...fixture,
    published,
    facts,
    get: (more) => upstreams.tarball(upstream, { name, version, facts, ...more }),
  };
}

async function bytesOf(tarball: FetchedTarball): Promise<Buffer> {
  return "bytes" in tarball ? tarball.bytes : readFile(tarball.path);
}

/** More than is taken into memory. */
const LARGE: PublishInput["files"] = { "big.bin": random(17_000_000) };

test.each([
  ["small", { "index.js": random(90_000) }, "bytes"],
  ["large", LARGE, "path"],
])("a %s tarball comes verified, and its file goes when it is let go", async (_name, files, where) => {
  const { fake, published, get, stagedFiles } = await ready({ files }, { credential: "Bearer secret" });
  const tarball = await get();
  expect(tarball).toHaveProperty(where);
  expect((await bytesOf(tarball)).equals(published.bytes)).toBe(true);
  expect(tarball.sizeBytes).toBe(published.bytes.length);
  expect(tarball.sha512.toString("hex")).toBe(published.digest);
  expect(fake.requests[0]?.headers).toMatchObject({
    "authorization": "Bearer secret",
    "accept-encoding": "identity",
  });
  await tarball.discard();
  await tarball.discard();
  expect(await stagedFiles()).toEqual([]);
});

test("twenty who ask at once are one upstream request, and the last to let go removes the file", async () => {
  const { fake, published, get, stagedFiles } = await ready();
  const tarballs = await Promise.all(Array.from({ length: 20 }, () => get()));
  expect(fake.count(published.tarballPath)).toBe(1);
  for (const tarball of tarballs) {
    expect((await bytesOf(tarball)).equals(published.bytes)).toBe(true);
    await tarball.discard();
  }
  expect(await stagedFiles()).toEqual([]);
});

test.each([
  ["a scoped package", { name: "@acme/widget" }],
  ["a version with build metadata", { version: "1.0.0+build.7" }],
  ["a sha1 only, as old packages have", { dist: { integrity: undefined } }],
  ["a place that may not be fetched from", { dist: { tarball: "http://192.0.2.1/left-pad-1.0.0.tgz" } }],
  ["a place that is no URL", { dist: { tarball: "somewhere" } }],
])("%s comes from where it lies", async (_name, input: Partial<PublishInput>) => {
  const { fake, published, get } = await ready(input);
  const tarball = await get();
  expect((await bytesOf(tarball)).equals(published.bytes)).toBe(true);
  expect(fake.count(published.tarballPath)).toBe(1);
  await tarball.discard();
});

test.each(["sha256", "sha384"])("a tarball that is promised by %s is verified by it", async (algorithm) => {
  const { published, facts, get, mismatches } = await ready();
  const hash = (bytes: Uint8Array): string =>
    `${algorithm}-${createHash(algorithm).update(bytes).digest("base64")}`;
  const tarball = await get({ facts: { ...facts, integrity: hash(published.bytes), shasum: null } });
  await tarball.discard();
  const wrong = get({ facts: { ...facts, integrity: hash(Buffer.from("other")), shasum: null } });
  await expect(wrong).rejects.toMatchObject({ code: "upstream-invalid" });
  expect(mismatches).toHaveLength(1);
});

test("a tarball that lies elsewhere by the document's word is fetched there", async () => {
  const { fake, published, facts, get } = await ready();
  fake.fault("files/a.tgz", { kind: "replace", body: published.bytes });
  const tarball = await get({ facts: { ...facts, tarball: `${fake.url}files/a.tgz` } });
  expect(fake.requests.map(({ path }) => path)).toEqual(["/files/a.tgz"]);
  await tarball.discard();
});

test("a tarball that is gone from where the document says is looked for at its usual place", async () => {
  const { fake, published, facts, get } = await ready();
  const tarball = await get({ facts: { ...facts, tarball: `${fake.url}moved/a.tgz` } });
  expect(fake.requests.map(({ path, status }) => [path, status])).toEqual([
    ["/moved/a.tgz", 404],
    [`/${published.tarballPath}`, 200],
  ]);
  await tarball.discard();
});

test("a version of which the document promises no hash is refused without a request", async () => {
  const { fake, get } = await ready({ dist: { integrity: undefined, shasum: undefined } });
  await expect(get()).rejects.toMatchObject({
    code: "upstream-invalid",
    message: expect.stringContaining(`"public"`),
  });
  expect(fake.count()).toBe(0);
});

const faults: Array<[name: string, fault: Fault, code: string, isLie: boolean]> = [
  ["a flipped byte", { kind: "flip" }, "upstream-invalid", true],
  ["half of it, called whole", { kind: "truncate" }, "upstream-invalid", true],
  ["an empty body", { kind: "empty" }, "upstream-invalid", true],
  ["HTML with 200", { kind: "html" }, "upstream-invalid", true],
  ["another tarball", { kind: "replace", body: random(5000) }, "upstream-invalid", true],
  ["more than the limit", { kind: "replace", body: Buffer.alloc(20_000_001) }, "upstream-invalid", false],
  ["a body that breaks off", { kind: "cut" }, "upstream-invalid", false],
  ["silence in the middle", { kind: "hang-in-body" }, "upstream-timeout", false],
  ["silence", { kind: "hang" }, "upstream-timeout", false],
  ["a reset", { kind: "reset" }, "upstream-unavailable", false],
  ["500", { kind: "status", status: 500 }, "upstream-unavailable", false],
  ["401", { kind: "status", status: 401 }, "upstream-unavailable", false],
  ["404", { kind: "status", status: 404 }, "version-not-found", false],
  ["410", { kind: "status", status: 410 }, "version-not-found", false],
  [
    "a redirect to another host",
    { kind: "redirect", location: "http://192.0.2.1/x" },
    "upstream-invalid",
    false,
  ],
];

test.each(faults)(
  "%s instead of a tarball: an error, nothing left, then healed",
  async (_name, fault, ...[code, isLie]) => {
    const { fake, published, get, stagedFiles, mismatches } = await ready();
    fake.fault(published.tarballPath, fault);
    const failures = await Promise.allSettled([get(), get(), get()]);
    for (const failure of failures) {
      expect(failure).toMatchObject({
        status: "rejected",
        reason: { code, message: expect.stringContaining(`"public"`), details: { upstream: "public" } },
      });
    }
    expect(await stagedFiles()).toEqual([]);
    expect(mismatches).toHaveLength(isLie ? 1 : 0);
    if (isLie) {
      expect(mismatches[0]).toMatchObject({
        packageName: "left-pad",
        version: "1.0.0",
        promised: published.integrity,
      });
    }
    fake.fault(published.tarballPath, null);
    const healed = await get();
    expect((await bytesOf(healed)).equals(published.bytes)).toBe(true);
    await healed.discard();
    expect(await stagedFiles()).toEqual([]);
  },
);

test("a document that promises wrong hashes makes every tarball a lie until it heals", async () => {
  const fixture = await createFixture({ settings: { freshSeconds: 0 } });
  const { fake, upstream, upstreams, mismatches } = fixture;
  fake.publish({ name: "left-pad", version: "1.0.0" });
  fake.withoutValidators(true);
  const get = async (): Promise<FetchedTarball> => {
    const facts = await upstreams.facts(present(await upstreams.current(upstream, "left-pad")), "1.0.0");
    return upstreams.tarball(upstream, { name: "left-pad", version: "1.0.0", facts: facts as VersionFacts });
  };
  fake.fault("left-pad", { kind: "wrong-hash" });
  await expect(get()).rejects.toMatchObject({ code: "upstream-invalid" });
  expect(mismatches).toHaveLength(1);
  fake.fault("left-pad", null);
  await (await get()).discard();
});

test("a document whose promise a tarball breaks is asked for whole, whatever its age, but not each time", async () => {
  const { fake, upstream, upstreams, clock } = await createFixture({ settings: { freshSeconds: 3600 } });
  fake.publish({ name: "left-pad", version: "1.0.0" });
  fake.fault("left-pad", { kind: "wrong-hash" });
  const facts = async (): Promise<VersionFacts> => {
    const entry = present(await upstreams.current(upstream, "left-pad"));
    return (await upstreams.facts(entry, "1.0.0")) as VersionFacts;
  };
  const get = async (): Promise<FetchedTarball> =>
    upstreams.tarball(upstream, { name: "left-pad", version: "1.0.0", facts: await facts() });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await expect(get()).rejects.toMatchObject({ code: "upstream-invalid" });
  }
  await expect.poll(() => [fake.count("left-pad"), fake.openRequests()]).toEqual([2, 0]);
  fake.fault("left-pad", null);
  const isFetched = async (): Promise<boolean> => {
    clock.advance(5000);
    const fetched = await get().catch(() => null);
    await fetched?.discard();
    return fetched !== null;
  };
  await expect.poll(isFetched).toBe(true);
  // An upstream that calls a document unchanged need not have sent it right the first time.
  expect(fake.requests.some(({ headers }) => "if-none-match" in headers)).toBe(false);
});

test("who gives up leaves the others their download", async () => {
  const { fake, published, get, stagedFiles } = await ready();
  fake.fault(published.tarballPath, { kind: "delay", milliseconds: 100 });
  const leaver = new AbortController();
  const left = get({ signal: leaver.signal }).catch((error: unknown) => error);
  const stays = [get(), get({ signal: new AbortController().signal })];
  await expect.poll(() => fake.openRequests()).toBe(1);
  leaver.abort(new Error("gone"));
  expect(await left).toMatchObject({ message: "gone" });
  for (const tarball of await Promise.all(stays)) {
    expect((await bytesOf(tarball)).equals(published.bytes)).toBe(true);
    await tarball.discard();
  }
  expect(fake.count(published.tarballPath)).toBe(1);
  expect(await stagedFiles()).toEqual([]);
});

test("small tarballs use the disk when there is no memory for them, and memory again when there is", async () => {
  const { fake, get, facts, stagedFiles, upstream, upstreams } = await ready();
  const names = Array.from({ length: 9 }, (_, index) => `big-${index}`);
  const tarballs = [];
  for (const name of names) {
    fake.publish({ name, version: "1.0.0", files: { "big.bin": random(10_000_000) } });
    const known = upstreams.current(upstream, name).then((entry) => upstreams.facts(present(entry), "1.0.0"));
    tarballs.push(await upstreams.tarball(upstream, { name, version: "1.0.0", facts: known }));
  }
  const inMemory = tarballs.filter((tarball) => "bytes" in tarball);
  expect(inMemory).toHaveLength(6);
  expect(await stagedFiles()).toHaveLength(3);
  for (const tarball of tarballs) await tarball.discard();
  expect(await stagedFiles()).toEqual([]);
  const again = await get({ facts });
  expect(again).toHaveProperty("bytes");
  await again.discard();
});

test("a download that everybody gave up ends, and leaves no file", async () => {
  const { fake, published, get, stagedFiles } = await ready({ files: LARGE });
  fake.fault(published.tarballPath, { kind: "hang-in-body" });
  const leaver = new AbortController();
  const left = [get({ signal: leaver.signal }), get({ signal: leaver.signal })].map((one) =>
    one.catch(() => "left"),
  );
  await expect.poll(async () => (await stagedFiles()).length).toBe(1);
  leaver.abort(new Error("gone"));
  expect(await Promise.all(left)).toEqual(["left", "left"]);
  await expect.poll(stagedFiles).toEqual([]);
  await expect.poll(() => fake.openRequests()).toBe(0);
  fake.fault(published.tarballPath, null);
  await (await get()).discard();
  const late = AbortSignal.abort(new Error("before it began"));
  await expect(get({ signal: late })).rejects.toThrow("before it began");
});

test("whatever fails, no descriptor stays behind", async () => {
  const { fake, published, get, upstreams, db } = await ready({ files: { "big.bin": random(3_000_000) } });
  await expect
    .poll(async () => db.read.selectFrom("upstream_documents").select("name").execute())
    .toHaveLength(1);
  const before = await descriptors();
  for (const [, fault] of faults) {
    fake.fault(published.tarballPath, fault);
    await Promise.allSettled([get(), get({ signal: AbortSignal.timeout(20) })]);
  }
  await upstreams.close();
  await expect.poll(descriptors).toBeLessThanOrEqual(before);
});

test("a download begins before the facts are there", async () => {
  const { fake, published, facts, get, stagedFiles } = await ready();
  let tell: (facts: VersionFacts | null) => void = () => undefined;
  const later = new Promise<VersionFacts | null>((resolve) => (tell = resolve));
  const waiting = get({ facts: later });
  await expect.poll(() => fake.count(published.tarballPath)).toBe(1);
  tell(facts);
  const tarball = await waiting;
  expect((await bytesOf(tarball)).equals(published.bytes)).toBe(true);
  await tarball.discard();
  expect(await stagedFiles()).toEqual([]);
});

test("a guess that was wrong is put right by the facts", async () => {
  const { fake, published, facts, get, stagedFiles, mismatches } = await ready();
  fake.fault("files/a.tgz", { kind: "replace", body: published.bytes });
  const elsewhere = { ...facts, tarball: `${fake.url}files/a.tgz` };
  for (const fault of [{ kind: "flip" }, { kind: "status", status: 404 }, { kind: "cut" }] as Fault[]) {
    fake.fault(published.tarballPath, fault);
    const tarball = await get({ facts: Promise.resolve(elsewhere) });
    expect((await bytesOf(tarball)).equals(published.bytes)).toBe(true);
    await tarball.discard();
  }
  expect(mismatches).toEqual([]);
  expect(await stagedFiles()).toEqual([]);
});

test("facts that never come, or deny the version, end the early download", async () => {
  const { fake, published, get, stagedFiles } = await ready();
  fake.fault(published.tarballPath, { kind: "hang-in-body" });
  await expect(get({ facts: Promise.resolve(null) })).rejects.toMatchObject({ code: "version-not-found" });
  await expect(get({ facts: Promise.reject(new Error("no document")) })).rejects.toThrow("no document");
  await expect.poll(stagedFiles).toEqual([]);
  await expect.poll(() => fake.openRequests()).toBe(0);
});

test("hundreds of downloads at once use no more connections than they may", async () => {
  const { fake, upstreams, upstream } = await ready();
  let most = 0;
  const names = Array.from({ length: 200 }, (_, index) => `package-${index}`);
  for (const name of names) fake.publish({ name, version: "1.0.0" });
  fake.fault("*", { kind: "delay", milliseconds: 2 });
  const watch = setInterval(() => (most = Math.max(most, fake.openRequests())), 1);
  await Promise.all(
    names.map(async (name) => {
      const facts = upstreams
        .current(upstream, name)
        .then((entry) => upstreams.facts(present(entry), "1.0.0"));
      await (await upstreams.tarball(upstream, { name, version: "1.0.0", facts })).discard();
    }),
  );
  clearInterval(watch);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(16);
});
