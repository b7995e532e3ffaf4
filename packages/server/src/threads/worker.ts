/*
 * Entry of a thread: takes one request at a time and answers it. It must stay light, for each thread loads
 * it: what only one task needs is imported by that task.
 */
import { parentPort } from "node:worker_threads";
import { failureOf, STOP, type TaskAnswer, type TaskRequest } from "./messages.ts";
import {
  compareIndexes,
  indexDocument,
  ingestDocument,
  judgePackage,
  readFacts,
  readRefusal,
  renderLocalView,
  renderUpstreamView,
} from "./packument-tasks.ts";
import { releaseBuffer, releaseBytes } from "./release-bytes.ts";
import { selectManifest } from "./select-manifest.ts";
import type { TaskHandlers, TaskName, TaskResult } from "./tasks.ts";

const HANDLERS: TaskHandlers = {
  ingestDocument,
  indexDocument,
  renderUpstreamView,
  renderLocalView,
  judgePackage,
  readFacts,
  readRefusal,
  compareIndexes,
  selectManifest,
  inspectTarball: async (input) => (await import("./inspect-tarball.ts")).inspectTarball(input),
  readFiles: async (input) => (await import("./compare-files.ts")).readFiles(input),
  diffTarballs: async (input) => (await import("./compare-files.ts")).diffTarballs(input),
  readAudit: async (input) => (await import("./audit-bodies.ts")).readAudit(input),
  reportAudit: async (input) => (await import("./audit-bodies.ts")).reportAudit(input),
  readLockfile: async (input) => (await import("./read-lockfile.ts")).readLockfile(input),
  describeUpstream: async (input) => (await import("./describe-versions.ts")).describeUpstream(input),
  describeManifests: async (input) => (await import("./describe-versions.ts")).describeManifests(input),
  renderReadme: async (input) => (await import("./render-readme.ts")).renderReadme(input),
  verifyProof: async (input) => (await import("./verify-proof.ts")).verifyProof(input),
};

const COPIED_BYTES_MAX = 1024 ** 2;

parentPort?.on("message", (request: TaskRequest | typeof STOP) => {
  if (request === STOP) parentPort?.close();
  else void answer(request);
});

async function answer({ id, task, input }: TaskRequest): Promise<void> {
  try {
    const { output, transfer } = await handlerOf(task)(input);
    send({ id, output }, transfer);
  } catch (error) {
    send({ id, failure: failureOf(error) }, []);
  }
  releaseInput(input);
}

/** What came was copied for this thread alone; what the answer took along is gone already. */
function releaseInput(input: object): void {
  for (const value of Object.values(input)) if (value instanceof Uint8Array) releaseBytes(value);
}

function handlerOf(task: TaskName): (input: unknown) => TaskResult<TaskName> | Promise<TaskResult<TaskName>> {
  // The pool's types pair each task with its input; that pairing does not survive the message.
  return HANDLERS[task] as (input: unknown) => TaskResult<TaskName>;
}

/**
 * All but huge outputs are copied, so that what the main thread keeps for long lies in its own part of the heap. Here it
 * would keep this thread's part from shrinking.
 */
function send(message: TaskAnswer, outputs: ArrayBuffer[]): void {
  const isMoved = ({ byteLength }: ArrayBuffer): boolean => byteLength > COPIED_BYTES_MAX;
  parentPort?.postMessage(message, outputs.filter(isMoved));
  for (const output of outputs) releaseBuffer(output);
}
