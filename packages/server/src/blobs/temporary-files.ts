import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, stat, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

import { isAbsence, systemCode } from "./storage-error.ts";

const STALE_AFTER_MS = 60 * 60 * 1000;
const NAME = /^([0-9a-f]{8})-(\d+)-[0-9a-f]{24}\.part$/;

/** Short name of this machine: processes of other machines cannot be asked whether they live. */
const MACHINE_TAG = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/** A folder of files that are being written. */
export interface TemporaryFolder {
  path: string;
  /** A fresh path in it that tells which machine and process writes it. */
  nextPath(): string;
}

/** Names files in a folder, which need not be there. */
export function temporaryFolder(path: string): TemporaryFolder {
  const start = `${path}/${MACHINE_TAG}-${process.pid}-${randomBytes(8).toString("hex")}`;
  let count = 0;
  return {
    path,
    nextPath: () => `${start}${(count++).toString(16).padStart(8, "0")}.part`,
  };
}

/**
 * Runs `open` on a fresh path, making the folder first when it is missing.
 * Making it only then saves a call on every file.
 */
export async function withTemporaryPath<T>(
  folder: TemporaryFolder,
  open: (path: string) => Promise<T>,
): Promise<T> {
  const path = folder.nextPath();
  try {
    return await open(path);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    await mkdir(folder.path, { recursive: true });
    return open(path);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== "ESRCH";
  }
}

function isStale(name: string, modifiedAt: number): boolean {
  const match = NAME.exec(name);
  if (match === null) return false;
  if (Date.now() - modifiedAt > STALE_AFTER_MS) return true;
  if (match[1] !== MACHINE_TAG) return false;
  const pid = Number(match[2]);
  // In a container every start has the same process id: a file older than this start is a former one's.
  if (pid === process.pid) return modifiedAt < Date.now() - process.uptime() * 1000 - 50;
  return !isAlive(pid);
}

/** Removes temporary files older than an hour or owned by a dead process; a missing folder is fine. */
export async function removeStaleFiles(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    try {
      const { mtimeMs } = await stat(path);
      if (isStale(name, mtimeMs)) await unlink(path);
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
  }
}

/** Names in a folder; none when it is missing. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}
