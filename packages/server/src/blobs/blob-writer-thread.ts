/*
 * The thread that writes small blobs. A call into the thread pool costs more than the call into the system that it
 * makes, and a blob takes several: here they follow one another without a hand-over, and one message brings many.
 */
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";

import type { BlobBatch, BlobFailure, BlobWriterData } from "./blob-writer-messages.ts";
import { systemCode } from "./storage-error.ts";
import { createWriteBlob, type WriteBlob } from "./write-blob.ts";

/** Nobody waits for what is written here, so on a busy processor it comes after what somebody waits for. */
const NICENESS = 10;

function main(): void {
  const port = parentPort;
  if (port === null) throw new Error("blob-writer-thread runs as a worker only");
  stepBack();
  const { folder, memory } = workerData as BlobWriterData;
  const write = createWriteBlob(folder);
  port.on("message", (batch: BlobBatch) => port.postMessage(writeAll(write, batch, memory)));
}

/** Elsewhere than on Linux the priority is the whole process's. */
function stepBack(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(NICENESS);
  } catch {
    // Where it is not allowed, everything works all the same.
  }
}

function writeAll(write: WriteBlob, { digests, ends }: BlobBatch, memory: SharedArrayBuffer): BlobFailure[] {
  const failures: BlobFailure[] = [];
  let start = 0;
  digests.forEach((digest, index) => {
    const end = ends[index] as number;
    try {
      write(digest, new Uint8Array(memory, start, end - start));
    } catch (error) {
      failures.push({ index, code: systemCode(error), message: String(error) });
    }
    start = end;
  });
  return failures;
}

main();
