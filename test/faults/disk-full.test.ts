import { readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import {
  ADMIN_PASSWORD,
  createFakeUpstream,
  hashesOf,
  loginAs,
  makePublishDocument,
  type FakeUpstream,
  type PublishDocument,
} from "@entrepot/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createClient, type Client, type Received } from "./client.ts";
import { seededRandom, type SeededRandom } from "./seeded-random.ts";
import { makeFolder, removeFolder, startServer, type RunningServer } from "./server-process.ts";
import { hasSmallDisks, mountSmallDisk, type SmallDisk } from "./small-disk.ts";
import { until } from "./wait.ts";

const MIB = 1024 * 1024;
const DISK_MIB = 48;
/** Above what a download keeps in memory, so that it goes over the disk. */
const LARGE_TARBALL_BYTES = 20 * MIB;

const mayMount = hasSmallDisks();
if (!mayMount) {
  process.stdout.write("skipped: needs root to mount a tmpfs; run the tests in a container as root\n");
}

/** A version and the hash that its tarball must have. */
interface Version {
  name: string;
  version: string;
  integrity: string;
}

describe.skipIf(!mayMount)("with the data folder on a disk that fills up", () => {
  let folder: string;
  let data: string;
  let disk: SmallDisk;
  let upstream: FakeUpstream;
  let server: RunningServer;
  let client: Client;
  let token: string;
  let random: SeededRandom;

  beforeEach(async () => {
    random = seededRandom("a full disk");
    folder = await makeFolder();
    disk = await mountSmallDisk(folder, { sizeMib: DISK_MIB });
    data = join(disk.path, "data");
    upstream = await createFakeUpstream();
    server = await startServer({ data, upstream: upstream.url });
    token = await loginAs(server.url, "admin", ADMIN_PASSWORD);
    client = createClient(server.url, { token, connections: 8 });
  });

  afterEach(async () => {
    client.close();
    await server.kill();
    await upstream.close();
    await disk.unmount();
    await removeFolder(folder);
  });

  /** What it serves afterwards lies on the disk, for nothing is in its memory. */
  async function restart(meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
    client.close();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await meanwhile();
    server = await startServer({ data, upstream: upstream.url });
    client = createClient(server.url, { token, connections: 8 });
  }

  function make(version: string, { name, sizeBytes }: { name: string; sizeBytes: number }): PublishDocument {
    const files = { "blob.bin": random.bytes(sizeBytes) };
    return makePublishDocument({ name, version, files, readme: "x".repeat(50_000) });
  }

  async function publish({ body }: PublishDocument): Promise<Received> {
    return await client.request(`/npm/default/${String(body["name"])}`, { method: "PUT", body });
  }

  function bringUpstream(name: string, sizeBytes: number): Version {
    const { integrity } = upstream.publish({
      name,
      version: "1.0.0",
      tarball: random.bytes(sizeBytes),
      // Too much for a document's row in the database.
      manifest: sizeBytes > MIB ? { padding: random.bytes(100_000).toString("base64") } : {},
    });
    return { name, version: "1.0.0", integrity };
  }

  async function expectWhole({ name, version, integrity }: Version): Promise<void> {
    const document = await client.request(`/npm/default/${name}`);
    expect([name, document.status]).toEqual([name, 200]);
    const { versions } = document.json<{ versions: Record<string, { dist: { integrity: string } }> }>();
    expect([name, versions[version]?.dist.integrity]).toEqual([name, integrity]);
    const tarball = await client.request(tarballPath(name, version));
    expect([name, tarball.status]).toEqual([name, 200]);
    expect([name, hashesOf(tarball.bytes).integrity]).toEqual([name, integrity]);
  }

  async function expectAbsent(name: string, version: string): Promise<void> {
    const document = await client.request(`/npm/default/${name}`);
    if (document.status !== 404) {
      expect(document.status).toBe(200);
      const { versions, "dist-tags": tags } = document.json<{
        "versions": object;
        "dist-tags": Record<string, string>;
      }>();
      expect(Object.keys(versions)).not.toContain(version);
      expect(Object.values(tags)).not.toContain(version);
    }
    expect((await client.request(tarballPath(name, version))).status).toBe(404);
  }

  async function expectNoRemains(): Promise<void> {
    for (const remains of [join(data, "staging"), join(data, "blobs", "incoming")]) {
      await until(`nothing in ${remains}`, async () => (await entriesOf(remains)).length === 0);
    }
  }

  test("a publish is refused, reads and installs go on, and the publish succeeds when there is room", async () => {
    const mine = make("1.0.0", { name: "own", sizeBytes: 3 * MIB });
    const small = make("1.0.0", { name: "own-small", sizeBytes: 2000 });
    for (const document of [mine, small]) expect((await publish(document)).status).toBe(201);
    const there = [
      versionOf(mine),
      versionOf(small),
      bringUpstream("left", 2000),
      bringUpstream("wide", 2 * MIB),
    ];
    for (const version of there) await expectWhole(version);
    await restart();
    await disk.fill();

    const refused = [
      make("1.1.0", { name: "own", sizeBytes: 5000 }),
      make("1.0.0", { name: "other", sizeBytes: 5000 }),
      make("1.0.0", { name: "large", sizeBytes: 4 * MIB }),
    ];
    for (const document of refused) {
      expectStorageError(await publish(document));
      await expectAbsent(versionOf(document).name, versionOf(document).version);
    }
    await expectNoRemains();
    // A start must not need room, or nobody could read until somebody makes some.
    await restart(async () => {
      await disk.free();
      await disk.fill();
    });
    const fresh = Array.from({ length: 8 }, (_, index) =>
      bringUpstream(`fresh-${index}`, index * 300_000 + 500),
    );
    for (let again = 0; again < 2; again += 1) {
      await Promise.all([...there, ...fresh].map(expectWhole));
    }
    expect((await client.request("/health/live")).status).toBe(200);

    await disk.free();
    for (const document of refused) expect((await publish(document)).status).toBe(201);
    const all = [...there, ...fresh, ...refused.map(versionOf)];
    await Promise.all(all.map(expectWhole));
    await restart();
    await Promise.all(all.map(expectWhole));
    await restart();
    await upstream.offline();
    await Promise.all(all.map(expectWhole));
  });

  test("whatever is left of the disk, a publish is there whole or not at all", async () => {
    const first = make("1.0.0", { name: "shared", sizeBytes: 1000 });
    expect((await publish(first)).status).toBe(201);
    const there: Version[] = [versionOf(first)];
    const refused: PublishDocument[] = [];
    for (let step = 0; step < STEPS; step += 1) {
      // Now the tarballs find no room, now the database.
      await disk.fill(step * STEP_BYTES);
      const sizeBytes = 30_000;
      const tried = [
        make(`1.1.${step}`, { name: "shared", sizeBytes }),
        ...[1, 2, 3].map((index) => make("1.0.0", { name: `own-${step}-${index}`, sizeBytes })),
      ];
      const answers = await Promise.all(tried.map(publish));
      for (const [index, answer] of answers.entries()) {
        const document = tried[index] as PublishDocument;
        if (answer.status === 201) {
          there.push(versionOf(document));
          continue;
        }
        expectStorageError(answer);
        await expectAbsent(versionOf(document).name, versionOf(document).version);
        refused.push(document);
      }
      for (const version of there.slice(-4)) await expectWhole(version);
      await disk.free();
    }
    process.stdout.write(`on a disk that is nearly full: ${there.length} taken, ${refused.length} refused\n`);
    expect(refused.length).toBeGreaterThan(0);
    expect(there.length).toBeGreaterThan(1);
    await expectNoRemains();
    for (const document of refused) expect((await publish(document)).status).toBe(201);
    await restart();
    for (const version of [...there, ...refused.map(versionOf)]) await expectWhole(version);
  });

  test("a disk that fills while a large tarball comes serves none of it, and all of it when there is room", async () => {
    const large = bringUpstream("large", LARGE_TARBALL_BYTES);
    const small = bringUpstream("left", 2000);
    await expectWhole(small);
    // A stop writes down what waits behind the answers.
    await restart();
    await disk.fill(LARGE_TARBALL_BYTES / 2);
    const path = tarballPath(large.name, large.version);
    for (let again = 0; again < 2; again += 1) {
      const answers = await Promise.all(Array.from({ length: 5 }, () => client.request(path)));
      for (const answer of answers) expectStorageError(answer);
      await expectNoRemains();
      const { bavail, bsize } = await statfs(disk.path);
      // The database has grown a little since.
      expect(bavail * bsize).toBeGreaterThan(LARGE_TARBALL_BYTES / 4);
    }
    await expectWhole(small);
    expect((await client.request("/health/live")).status).toBe(200);

    await disk.free();
    await expectWhole(large);
    await restart();
    upstream.forget();
    for (const version of [large, small]) await expectWhole(version);
    expect(upstream.requests.filter(({ path }) => path.endsWith(".tgz"))).toEqual([]);
    // What was said of it while there was no room is kept when it is said again.
    await restart();
    await upstream.offline();
    for (const version of [large, small]) await expectWhole(version);
  });
});

const STEPS = 16;
const STEP_BYTES = 48 * 1024;

/** What was never needed is not there. */
async function entriesOf(path: string): Promise<string[]> {
  return await readdir(path).catch(() => []);
}

function tarballPath(name: string, version: string): string {
  return `/npm/default/${name}/-/${name}-${version}.tgz`;
}

function versionOf({ body, tarball: { integrity } }: PublishDocument): Version {
  const [version] = Object.keys(body["versions"] as object);
  return { name: String(body["name"]), version: String(version), integrity };
}

function expectStorageError(answer: Received): void {
  expect(answer.status).toBe(503);
  expect(answer.json()).toMatchObject({
    error: expect.stringMatching(/full/i),
    code: "storage-unavailable",
  });
}
