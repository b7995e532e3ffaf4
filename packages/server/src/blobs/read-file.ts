import { close, fstat, open, read } from "node:fs";
import { promisify } from "node:util";

/** What is read at once of a file whose size nobody told; most files end within it. */
const FIRST_READ_BYTES = 64 * 1024;

export const openFile: (path: string, flags: string) => Promise<number> = promisify(open);
export const closeFile: (fd: number) => Promise<void> = promisify(close);
const statFile = promisify(fstat);
const readInto = promisify(read);

/**
 * Reads a whole file with as few calls into the thread pool as there can be: opening, reading and closing it. Each
 * costs more than the call into the system that it makes, and asking for the size first would be one more.
 */
export async function readWhole(path: string, sizeBytesExpected?: number): Promise<Buffer> {
  const fd = await openFile(path, "r");
  try {
    // One byte more than expected tells whether the file ends there.
    const first = Buffer.allocUnsafeSlow((sizeBytesExpected ?? FIRST_READ_BYTES) + 1);
    const { bytesRead } = await readInto(fd, first, 0, first.length, 0);
    if (bytesRead < first.length) return trimmed(first, bytesRead);
    return await readRest(fd, first);
  } finally {
    // Nobody has to wait for it: what was read is read.
    close(fd, () => undefined);
  }
}

/** A little slack may stay, but no small file may hold on to much more memory than it is long. */
function trimmed(bytes: Buffer, length: number): Buffer {
  return length + 1 === bytes.length ? bytes.subarray(0, length) : Buffer.from(bytes.subarray(0, length));
}

async function readRest(fd: number, first: Buffer): Promise<Buffer> {
  const { size } = await statFile(fd);
  const whole = Buffer.allocUnsafeSlow(Math.max(size, first.length));
  let at = first.copy(whole);
  while (at < whole.length) {
    const { bytesRead } = await readInto(fd, whole, at, whole.length - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return whole.subarray(0, at);
}
