import { mkdtemp, readdir, rm, truncate, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import {
  createFakeUpstream,
  httpRequest,
  startTestApp,
  type FakeUpstream,
  type TestApp,
} from "@entrepot/testkit";
import { createSilentLog } from "entrepot";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const OPEN = { ENTREPOT_ANONYMOUS_READ: "true" };

let data: string;
let upstream: FakeUpstream;
let app: TestApp;
let warnings: string[];

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "entrepot-tarballs-"));
  upstream = await createFakeUpstream();
  warnings = [];
});
afterEach(async () => {
  await app.close();
  await upstream.close();
  await rm(data, { recursive: true });
});

async function start(): Promise<void> {
  const log = createSilentLog();
  const warn = (message: string): void => void warnings.push(message);
  app = await startTestApp({ upstream: upstream.url, env: OPEN, data, log: { ...log, warn } });
}

async function restart(): Promise<void> {
  await app.close();
  await start();
}

interface Published {
  path: string;
  bytes: Buffer;
  digest: string;
  requests(): number;
}

function publish(name: string, sizeBytes: number): Published {
  const { bytes, digest, tarballPath } = upstream.publish({
    name,
    version: "1.0.0",
    files: { "blob.bin": randomBytes(sizeBytes) },
  });
  const path = `/npm/default/${name}/-/${name}-1.0.0.tgz`;
  return { path, bytes, digest, requests: () => upstream.count(tarballPath) };
}

async function expectServed({ path, bytes }: Published): Promise<void> {
  const answer = await app.request(path);
  expect(answer.status).toBe(200);
  expect(answer.headers["content-length"]).toBe(String(bytes.length));
  expect(answer.bytes.equals(bytes)).toBe(true);
}

const blobOf = ({ digest }: { digest: string }): string => join(data, "blobs", digest.slice(0, 2), digest);

describe.each([
  ["tiny", 100],
  ["small", 200_000],
  ["large", 3_000_000],
  ["very large", 17_000_000],
])("a %s tarball of an upstream", (_size, sizeBytes) => {
  test("is fetched once, by twenty at once, and served without the upstream after a restart", async () => {
    const published = publish("pad", sizeBytes);
    await start();
    await Promise.all(Array.from({ length: 20 }, () => expectServed(published)));
    expect(published.requests()).toBe(1);
    await restart();
    await upstream.offline();
    await expectServed(published);
    expect(await readdir(join(data, "staging")).catch(() => [])).toEqual([]);
  });

  test("is fetched again when the store has lost or torn it", async () => {
    const published = publish("pad", sizeBytes);
    await start();
    await expectServed(published);
    for (const [round, lose] of [unlink, (path: string) => truncate(path, 50)].entries()) {
      await restart();
      await lose(blobOf(published));
      await expectServed(published);
      expect(published.requests()).toBe(round + 2);
    }
    await restart();
    await upstream.offline();
    await expectServed(published);
  });

  test("comes in parts too, also when it was never seen", async () => {
    const published = publish("pad", sizeBytes);
    await start();
    for (let round = 0; round < 2; round += 1) {
      const answer = await app.request(published.path, { headers: { range: "bytes=10-59" } });
      expect(answer.status).toBe(206);
      expect(answer.bytes.equals(published.bytes.subarray(10, 60))).toBe(true);
    }
    expect(published.requests()).toBe(1);
  });
});

test("while the store takes nothing, tarballs are served, and kept once it does again", async () => {
  const published = ["a", "b", "c"].map((name) => publish(name, 5000));
  await writeFile(join(data, "blobs"), "a file where the folder should be");
  await start();
  for (const each of published) await expectServed(each);
  await app.close();
  expect(warnings.filter((message) => message === "tarballs not stored")).toHaveLength(1);
  await unlink(join(data, "blobs"));
  await start();
  for (const each of published) {
    await expectServed(each);
    expect(each.requests()).toBe(2);
  }
  await restart();
  await upstream.offline();
  for (const each of published) await expectServed(each);
});

test("a tarball of one's own is served from the store after a restart", async () => {
  await start();
  const { document } = await app.admin.publish({
    name: "own",
    version: "1.0.0",
    files: { "a.bin": randomBytes(9000) },
  });
  await restart();
  const answer = await httpRequest(app.url, "/npm/default/own/-/own-1.0.0.tgz");
  expect(answer.bytes.equals(document.tarball.bytes)).toBe(true);
});

test("a tarball of one's own that the store has lost or torn comes back with the same publish", async () => {
  await start();
  const own = { name: "own", version: "1.0.0", files: { "a.bin": randomBytes(9000) } };
  const path = "/npm/default/own/-/own-1.0.0.tgz";
  const { document } = await app.admin.publish(own);
  for (const lose of [unlink, (path: string) => truncate(path, 50)]) {
    await restart();
    await lose(blobOf(document.tarball));
    const answer = await app.request(path);
    expect(answer.status).toBe(503);
    expect(answer.json["error"]).toMatch(/own@1\.0\.0 are missing.*publish the very same tarball again/s);
    expect((await app.admin.publish(own)).status).toBe(201);
    expect((await app.request(path)).bytes.equals(document.tarball.bytes)).toBe(true);
  }
});
