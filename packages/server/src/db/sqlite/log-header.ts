import { closeSync, openSync, readSync } from "node:fs";

/**
 * The index of the write-ahead log begins with a header of this many bytes that every commit changes, as SQLite's
 * file format documents: a counter of transactions, the end of the log and checksums.
 */
const HEADER_BYTES = 48;

/** Tells cheaply that nothing was committed. */
export interface LogHeader {
  /** True when no connection of any process committed since the last call; false when one did or may have. */
  isUnchanged(): boolean;
  close(): void;
}

/**
 * Looks at the header of a database's log index. A commit is in it before its writer hears of success, and a read
 * of the file sees what others wrote into the memory they share, so what was acknowledged is never missed. To read
 * it costs a quarter of asking the engine. Where the file cannot be read so, the answer is always false.
 */
export function openLogHeader(databasePath: string): LogHeader {
  const always: LogHeader = { isUnchanged: () => false, close: () => undefined };
  // Elsewhere a file and the memory mapped from it need not be one.
  if (process.platform !== "linux") return always;
  try {
    const file = openSync(`${databasePath}-shm`, "r");
    return watchedHeader(file);
  } catch {
    // Asking the engine each time is slower, not wrong.
    return always;
  }
}

function watchedHeader(file: number): LogHeader {
  let known = Buffer.alloc(HEADER_BYTES);
  let read = Buffer.alloc(HEADER_BYTES);
  let isOpen = true;
  return {
    isUnchanged() {
      if (!isOpen || readSync(file, read, 0, HEADER_BYTES, 0) !== HEADER_BYTES) return false;
      if (read.equals(known)) return true;
      [known, read] = [read, known];
      return false;
    },
    close() {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
}
