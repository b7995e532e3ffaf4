import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createFileStore, createStagingArea, type StagingArea } from "../../src/blobs/index.ts";
import { descriptors } from "./blob-store.conformance.ts";

describe("staging area", () => {
  let folder: string;
  let staging: StagingArea;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "entrepot-staging-"));
    staging = createStagingArea(join(folder, "staging"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const stagedNames = (): Promise<string[]> => readdir(join(folder, "staging"));

  test.each([0, 10, 300_000, 2_000_000])("%i bytes are written and hashed", async (sizeBytes) => {
    const bytes = randomBytes(sizeBytes);
    const staged = await staging.stage();
    for (let at = 0; at < bytes.length; at += 60_000) await staged.write(bytes.subarray(at, at + 60_000));
    const result = await staged.finish();
    expect(result.sizeBytes).toBe(sizeBytes);
    expect(result.sha512.equals(createHash("sha512").update(bytes).digest())).toBe(true);
    expect(result.sha1.equals(createHash("sha1").update(bytes).digest())).toBe(true);
    expect((await readFile(staged.path)).equals(bytes)).toBe(true);
    await staged.discard();
    expect(await stagedNames()).toEqual([]);
  });

  test("writes that nobody waits for keep their order", async () => {
    const bytes = randomBytes(3_000_000);
    const staged = await staging.stage();
    const writes = [];
    for (let at = 0; at < bytes.length; at += 100_000) {
      writes.push(Promise.resolve(staged.write(bytes.subarray(at, at + 100_000))));
    }
    await Promise.all(writes);
    await staged.finish();
    expect((await readFile(staged.path)).equals(bytes)).toBe(true);
  });

  test("discarding is safe at every moment and holds no descriptor", async () => {
    await (await staging.stage()).discard();
    const before = await descriptors();
    const untouched = await staging.stage();
    const half = await staging.stage();
    await half.write(randomBytes(400_000));
    const done = await staging.stage();
    await done.finish();
    const busy = await staging.stage();
    const write = busy.write(randomBytes(900_000));
    await Promise.all(
      [untouched, half, done, busy].flatMap((staged) => [staged.discard(), staged.discard()]),
    );
    await write;
    expect(await stagedNames()).toEqual([]);
    expect(await descriptors()).toBeLessThanOrEqual(before);
    await expect(async () => half.write(randomBytes(1))).rejects.toMatchObject({
      code: "storage-unavailable",
    });
  });

  test("a file that a store moved away stays in the store when it is discarded", async () => {
    const store = createFileStore({ folder: join(folder, "blobs") });
    const staged = await staging.stage();
    await staged.write(Buffer.from("kept"));
    const { sha512, sizeBytes } = await staged.finish();
    await store.put(sha512.toString("hex"), { path: staged.path, move: true }, { sizeBytes, durable: true });
    await staged.discard();
    expect((await store.readBytes(sha512.toString("hex")))?.toString()).toBe("kept");
  });

  test("cleaning removes old files and those of dead processes, and no others", async () => {
    const mine = await staging.stage();
    const ours = (name: string): string => join(folder, "staging", name);
    const [machine] = basename(mine.path).split("-");
    const dead = spawnSync("true").pid;
    const random = "0".repeat(24);
    await writeFile(ours(`${machine}-${dead}-${random}.part`), "dead owner");
    await writeFile(ours(`${machine}-${process.ppid}-${random}.part`), "living owner");
    await writeFile(ours(`ffffffff-${dead}-${random}.part`), "another machine's");
    await writeFile(ours(`ffffffff-1-${random}.part`), "another machine's, old");
    await utimes(ours(`ffffffff-1-${random}.part`), 1000, 1000);
    await writeFile(ours(`${machine}-${process.pid}-${random}.part`), "a former start with our process id");
    const beforeStart = Date.now() / 1000 - process.uptime() - 60;
    await utimes(ours(`${machine}-${process.pid}-${random}.part`), beforeStart, beforeStart);
    await writeFile(ours("notes.txt"), "not ours at all");
    await staging.clean();
    expect((await stagedNames()).sort()).toEqual(
      [
        basename(mine.path),
        `${machine}-${process.ppid}-${random}.part`,
        `ffffffff-${dead}-${random}.part`,
        "notes.txt",
      ].sort(),
    );
  });

  test("cleaning where there is no folder yet is fine", async () => {
    await createStagingArea(join(folder, "nothing")).clean();
  });
});
