import { describe, expect, it } from "vitest";
import { createPackageFiles, type PackageFiles, type ReviewedVersion } from "./package-files.ts";

const VERSIONS = ["1.0.0", "2.0.0", "3.0.0", "4.0.0", "5.0.0"];

interface Task {
  name: string;
  wanted: string | null;
  end(): void;
}

/** A reader of versions that are all as large as this, whose threads answer when they are told to. */
function readerOf(sizeBytes: number): { files: PackageFiles; tasks: Task[] } {
  const tasks: Task[] = [];
  const bytes = Buffer.alloc(sizeBytes);
  const output = { files: [{ path: "a.js", sizeBytes: 1 }], fileCount: 1, unpackedSizeBytes: 1, file: null };
  const deps = {
    verdicts: { of: async () => ({ versions: VERSIONS, hidden: new Map() }) },
    tarballs: { get: async ({ version }: { version: string }) => ({ digest: version, sizeBytes }) },
    blobCache: { held: () => ({ bytes }) },
    threads: {
      run: async (name: string, { wanted }: { wanted: string | null }) =>
        await new Promise((resolve) => {
          tasks.push({ name, wanted, end: () => resolve(output) });
        }),
    },
    tarballLimits: {},
  };
  return { files: createPackageFiles(deps as unknown as Parameters<typeof createPackageFiles>[0]), tasks };
}

const reviewed = (version: string): ReviewedVersion => ({
  registry: { name: "default" } as ReviewedVersion["registry"],
  name: "left",
  version,
  isManager: false,
  requester: null,
});

async function begun(tasks: readonly Task[], count: number): Promise<void> {
  await expect.poll(() => tasks.length).toBe(count);
}

describe("looking into tarballs", () => {
  it("makes a comparison once for all who ask for it meanwhile, and remembers it", async () => {
    const { files, tasks } = readerOf(1000);
    const asked = [1, 2, 3].map(() => files.diff(reviewed("1.0.0"), reviewed("2.0.0")));
    await begun(tasks, 1);
    tasks[0]?.end();
    const [first, ...others] = await Promise.all(asked);
    for (const other of others) expect(other).toBe(first);
    expect(await files.diff(reviewed("1.0.0"), reviewed("2.0.0"))).toBe(first);
    const back = files.diff(reviewed("2.0.0"), reviewed("1.0.0"));
    await begun(tasks, 2);
    tasks[1]?.end();
    await back;
  });

  it("reads no more tarballs at once than there are slots, and says when to come back", async () => {
    const { files, tasks } = readerOf(1000);
    const reading = VERSIONS.slice(0, 4).map((version) => files.read(reviewed(version), null));
    await begun(tasks, 4);
    const late = VERSIONS[4] ?? "";
    await expect(files.read(reviewed(late), null)).rejects.toMatchObject({
      code: "overloaded",
      details: { retryAfterSeconds: 10 },
    });
    for (const task of tasks) task.end();
    await Promise.all(reading);
    // What is remembered takes none.
    const again = VERSIONS.slice(0, 4).map((version) => files.read(reviewed(version), null));
    expect((await Promise.all(again)).map(({ fileCount }) => fileCount)).toEqual([1, 1, 1, 1]);
    const afterwards = files.read(reviewed(late), null);
    await begun(tasks, 5);
    tasks[4]?.end();
    await afterwards;
  });

  it("remembers what files there are, and reads the tarball again for the text of one", async () => {
    const { files, tasks } = readerOf(1000);
    const listing = files.read(reviewed("1.0.0"), null);
    await begun(tasks, 1);
    tasks[0]?.end();
    await listing;
    expect((await files.read(reviewed("1.0.0"), null)).files).toEqual([{ path: "a.js", sizeBytes: 1 }]);
    expect((await files.read(reviewed("1.0.0"), "absent.js")).file).toBeNull();
    expect(tasks).toHaveLength(1);
    const reading = files.read(reviewed("1.0.0"), "a.js");
    await begun(tasks, 2);
    expect(tasks[1]?.wanted).toBe("a.js");
    tasks[1]?.end();
    await reading;
  });
});
