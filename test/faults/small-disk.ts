import { execFile, execFileSync } from "node:child_process";
import { mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A file system of a few megabytes, in memory. */
export interface SmallDisk {
  path: string;
  makeReadOnly(): Promise<void>;
  /** Leaves `leftBytes` free. */
  fill(leftBytes?: number): Promise<void>;
  /** Takes back what {@link SmallDisk.fill} wrote. */
  free(): Promise<void>;
  unmount(): Promise<void>;
}

/** Tells whether this process may mount one. */
export function hasSmallDisks(): boolean {
  if (process.getuid?.() !== 0) return false;
  const probe = mkdtempSync(join(tmpdir(), "entrepot-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", probe], { stdio: "ignore" });
    execFileSync("umount", [probe], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(probe);
  }
}

/** Mounts one below `folder`. */
export async function mountSmallDisk(folder: string, { sizeMib }: { sizeMib: number }): Promise<SmallDisk> {
  const path = join(folder, "disk");
  await mkdir(path);
  await run("mount", ["-t", "tmpfs", "-o", `size=${sizeMib}m`, "tmpfs", path]);
  const filler = join(path, "filler");
  return {
    path,
    makeReadOnly: async () => void (await run("mount", ["-o", "remount,ro", path])),
    async fill(leftBytes = 0) {
      const { bavail, bsize } = await statfs(path);
      try {
        await writeFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)));
      } catch (error) {
        // Somebody else wrote meanwhile; it is full all the same.
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
    },
    free: () => rm(filler, { force: true }),
    unmount: async () => void (await run("umount", ["--lazy", path])),
  };
}
