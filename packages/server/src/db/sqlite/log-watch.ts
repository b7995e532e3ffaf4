import { watch } from "node:fs";
import { performance } from "node:perf_hooks";

/**
 * A commit writes to the write-ahead log first and becomes visible when the log is on disk. For so long after a
 * write was noticed the version is asked for each time; what takes longer than this to reach the disk is found
 * by the regular look.
 */
const SETTLING_MS = 3000;

/** Tells whether a commit may have become visible lately. */
export interface LogWatch {
  /** False only when nothing was written to the log for a while. */
  mayHaveChanged(): boolean;
  close(): void;
}

/**
 * Watches the write-ahead log of a database file. The kernel queues the notice of a write before the writer can
 * tell anybody of it, so whoever was told finds the notice handled already. Where files cannot be watched in
 * that way the answer is always true.
 */
export function watchLog(databasePath: string): LogWatch {
  let settledAt = performance.now() + SETTLING_MS;
  const always: LogWatch = { mayHaveChanged: () => true, close: () => undefined };
  // Only inotify is known to deliver notices in the order described.
  if (process.platform !== "linux") return always;
  try {
    const watcher = watch(`${databasePath}-wal`, { persistent: false }, () => {
      settledAt = performance.now() + SETTLING_MS;
    });
    watcher.on("error", () => {
      settledAt = Number.POSITIVE_INFINITY;
    });
    return { mayHaveChanged: () => performance.now() < settledAt, close: () => watcher.close() };
  } catch {
    // No watches left, or no log yet: asking each time is slower, not wrong.
    return always;
  }
}
