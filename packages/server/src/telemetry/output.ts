import { write as writeChunk, writeSync } from "node:fs";

/** Where lines go: whole lines only, in order, without ever blocking or throwing. */
export interface Output {
  /**
   * Takes one or more whole lines. Returns false when they were dropped because the reader is too slow or
   * gone.
   */
  write(text: string): boolean;
  /** Resolves when everything taken so far is written or given up, after two seconds at the latest. */
  flush(): Promise<void>;
  /** Writes what is left before the process ends. */
  flushSync(): void;
}

/** The call that writes bytes to a file descriptor. */
export type WriteChunk = (
  fd: number,
  bytes: Buffer,
  done: (error: Error | null, written: number) => void,
) => void;

const QUEUE_CHARACTERS_MAX = 8 * 1024 * 1024;
const RETRY_MS = 20;
const FLUSH_MS_MAX = 2000;

interface Queue {
  fd: number;
  waiting: string;
  /** What is being written; null when nothing is. */
  current: Buffer | null;
  isGone: boolean;
  flushed: (() => void)[];
}

/**
 * Makes an output on a file descriptor, 1 for standard output. Several writers may share it: their lines do
 * not mix.
 * At most 8 Mi characters wait; what comes on top is dropped.
 */
export function createOutput(fd: number, writeTo: WriteChunk = writeChunk): Output {
  const queue: Queue = { fd, waiting: "", current: null, isGone: false, flushed: [] };
  return {
    write(text) {
      if (queue.isGone || queue.waiting.length + text.length > QUEUE_CHARACTERS_MAX) return false;
      queue.waiting += text;
      if (queue.current === null) writeNext(queue, writeTo);
      return true;
    },
    flush() {
      if (queue.current === null) return Promise.resolve();
      return waitForFlush(queue);
    },
    flushSync() {
      writeRest(queue);
    },
  };
}

/** A reader that has stopped reading holds nobody up for longer than the limit. */
function waitForFlush(queue: Queue): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FLUSH_MS_MAX);
    queue.flushed.push(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function writeNext(queue: Queue, writeTo: WriteChunk): void {
  if (queue.waiting === "") {
    queue.current = null;
    for (const resolve of queue.flushed.splice(0)) resolve();
    return;
  }
  queue.current = Buffer.from(queue.waiting);
  queue.waiting = "";
  writeCurrent(queue, writeTo);
}

function writeCurrent(queue: Queue, writeTo: WriteChunk): void {
  if (queue.current === null) return;
  writeTo(queue.fd, queue.current, (error, written) => {
    if (isTemporary(error)) {
      setTimeout(() => writeCurrent(queue, writeTo), RETRY_MS).unref();
      return;
    }
    if (error !== null || queue.current === null) {
      giveUp(queue);
      return;
    }
    if (written >= queue.current.length) return writeNext(queue, writeTo);
    queue.current = queue.current.subarray(written);
    writeCurrent(queue, writeTo);
  });
}

/** A pipe that nobody empties answers EAGAIN when it is not a blocking one. */
function isTemporary(error: Error | null): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === "EAGAIN" || code === "EINTR";
}

/** Nobody reads any more: there is no place left to say so. */
function giveUp(queue: Queue): void {
  queue.isGone = true;
  queue.waiting = "";
  queue.current = null;
  for (const resolve of queue.flushed.splice(0)) resolve();
}

function writeRest(queue: Queue): void {
  if (queue.isGone || queue.waiting === "") return;
  try {
    writeSync(queue.fd, queue.waiting);
    queue.waiting = "";
  } catch {
    // The process is ending and its reader is slow or gone; there is nobody to tell.
    queue.isGone = true;
  }
}
