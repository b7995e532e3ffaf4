/*
 * Entry of a thread: takes one request at a time and answers it. It must stay light, for each thread loads
 * it: what only one task needs is imported by that task.
 */
import { parentPort } from "node:worker_threads";
import { inspectTarball } from "./inspect-tarball.ts";
import { failureOf, type TaskAnswer, type TaskRequest } from "./messages.ts";
import { indexDocument, ingestDocument, renderLocalView, renderUpstreamView } from "./packument-tasks.ts";
import { selectManifest } from "./select-manifest.ts";
import type { TaskHandlers, TaskName, TaskResult } from "./tasks.ts";

const HANDLERS: TaskHandlers = {
  ingestDocument,
  indexDocument,
  renderUpstreamView,
  renderLocalView,
  inspectTarball,
  selectManifest,
};

parentPort?.on("message", (request: TaskRequest) => {
  void answer(request);
});

async function answer({ id, task, input }: TaskRequest): Promise<void> {
  try {
    const { output, transfer } = await handlerOf(task)(input);
    send({ id, output }, transfer);
  } catch (error) {
    send({ id, failure: failureOf(error) }, []);
  }
}

function handlerOf(task: TaskName): (input: unknown) => TaskResult<TaskName> | Promise<TaskResult<TaskName>> {
  // The pool's types pair each task with its input; that pairing does not survive the message.
  return HANDLERS[task] as (input: unknown) => TaskResult<TaskName>;
}

function send(message: TaskAnswer, transfer: ArrayBuffer[]): void {
  parentPort?.postMessage(message, transfer);
}
