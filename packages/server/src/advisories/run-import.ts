import { Worker } from "node:worker_threads";
import { EntrepotError } from "@entrepot/core";
import { compiledModuleUrl } from "../threads/index.ts";
import { ImportRefusal } from "./import-refusal.ts";
import type { ImportAnswer, ImportRequest, ImportTaskName, ImportTasks } from "./import-tasks.ts";

/** Memory of the engine's heap for one task; a record that needs more is not taken. */
const HEAP_MIB_MAX = 320;
const YOUNG_HEAP_MIB_MAX = 32;

/**
 * Does a task in a thread of its own. Throws {@link ImportRefusal} for data that cannot be taken, `storage-unavailable`
 * when files cannot be read or written, and what the signal says when it is aborted.
 */
export async function runImport<N extends ImportTaskName>(
  task: N,
  input: ImportTasks[N]["input"],
  signal?: AbortSignal,
): Promise<ImportTasks[N]["output"]> {
  signal?.throwIfAborted();
  const workerData: ImportRequest = { task, input };
  const worker = new Worker(compiledModuleUrl("advisories/import-thread.js", import.meta.url), {
    workerData,
    name: "advisories",
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX, maxYoungGenerationSizeMb: YOUNG_HEAP_MIB_MAX },
  });
  const stop = (): void => void worker.terminate();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const answer = await answerOf(worker);
    signal?.throwIfAborted();
    return outputOf(answer) as ImportTasks[N]["output"];
  } finally {
    signal?.removeEventListener("abort", stop);
    await worker.terminate();
  }
}

function answerOf(worker: Worker): Promise<ImportAnswer | null> {
  return new Promise((resolve) => {
    worker.once("message", (answer: ImportAnswer) => resolve(answer));
    worker.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY") {
        resolve({ refusal: `it needs more than ${HEAP_MIB_MAX} MiB of memory to be read` });
      } else resolve({ failure: { message: error.message, code: error.code ?? null } });
    });
    worker.once("exit", () => resolve(null));
  });
}

function outputOf(answer: ImportAnswer | null): unknown {
  if (answer === null) throw new Error("The thread that reads advisories ended without an answer.");
  if ("output" in answer) return answer.output;
  if ("refusal" in answer) throw new ImportRefusal(answer.refusal);
  const { message, code } = answer.failure;
  const cause = Object.assign(new Error(message), code === null ? {} : { code });
  // A code of the system's means the disk; anything else is a mistake of ours.
  if (code === null || !/^E[A-Z]+$/.test(code)) throw cause;
  throw new EntrepotError("storage-unavailable", {
    message: "The files of the advisories cannot be read or written.",
    cause,
  });
}
