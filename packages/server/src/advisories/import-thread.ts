/*
 * The thread that reads feeds and writes indexes: it blocks, takes seconds and megabytes, and ends with its one task.
 */
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { answerImport, type ImportRequest } from "./import-tasks.ts";

/** Requests that somebody waits for go first on a busy processor. */
const NICENESS = 10;

async function main(): Promise<void> {
  stepBack();
  parentPort?.postMessage(await answerImport(workerData as ImportRequest));
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

void main();
