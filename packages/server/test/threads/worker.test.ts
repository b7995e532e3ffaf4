import { randomBytes } from "node:crypto";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { compiledModuleUrl } from "../../src/threads/index.ts";

const WORKER = compiledModuleUrl(
  "threads/worker.js",
  new URL("../../src/threads/worker.ts", import.meta.url).href,
);

function ingest(id: number, readmeBytes: number): object {
  const document = {
    "name": "left-pad",
    "dist-tags": {},
    "versions": {},
    "readme": randomBytes(readmeBytes).toString("base64"),
  };
  const body = new TextEncoder().encode(JSON.stringify(document));
  return { id, task: "ingestDocument", input: { name: "left-pad", body, isGzip: false, sizeBytesMax: 1e9 } };
}

test("a thread answers each request once, with memory of its own, however large the answer is", async () => {
  const worker = new Worker(WORKER, { execArgv: [] });
  onTestFinished(async () => void (await worker.terminate()));
  const answers: Array<{ id: number; output?: { document: Uint8Array } }> = [];
  worker.on("message", (answer) => answers.push(answer as never));
  const sizes = [10, 20_000, 2_000_000, 10];
  sizes.forEach((sizeBytes, id) => worker.postMessage(ingest(id, sizeBytes)));
  await expect.poll(() => answers.length).toBe(sizes.length);
  expect(answers.map(({ id }) => id)).toEqual([0, 1, 2, 3]);
  const documents = answers.map(({ output }) => output?.document ?? new Uint8Array());
  expect(documents.map(({ length }) => length > 0)).toEqual([true, true, true, true]);
  expect(documents.map((bytes) => bytes.length === bytes.buffer.byteLength)).toEqual([
    true,
    true,
    true,
    true,
  ]);
});
