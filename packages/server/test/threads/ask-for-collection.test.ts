import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { compiledModuleUrl } from "../../src/threads/index.ts";

const MODULE = compiledModuleUrl(
  "threads/ask-for-collection.js",
  new URL("../../src/threads/ask-for-collection.ts", import.meta.url).href,
);
const ADDRESS_SPACE_KIB = 4_000_000;

/** Takes all memory there is, then asks. */
const PROGRAM = `
  const { askForCollection } = await import(${JSON.stringify(MODULE)});
  const held = [];
  let refusal = null;
  while (refusal === null) {
    try {
      held.push(new Uint8Array(16 * 1024 ** 2));
    } catch (error) {
      refusal = error.name;
    }
  }
  askForCollection();
  console.log("asked after a " + refusal);
`;

test.runIf(process.platform === "linux")("a process without memory to ask with goes on", async () => {
  const node = [process.execPath, "--input-type=module", "--eval", PROGRAM];
  const { stdout } = await promisify(execFile)("sh", [
    "-c",
    `ulimit -v ${ADDRESS_SPACE_KIB} && exec "$@"`,
    "sh",
    ...node,
  ]);
  expect(stdout.trim()).toBe("asked after a RangeError");
});
