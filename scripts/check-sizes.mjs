/** Sizes of our source files: none above 400 lines; prints median and 90th percentile, so that drift is seen. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listOwnFiles } from "./own-files.mjs";
import { root } from "./prepare.mjs";

const LINES_MAX = 400;
const SOURCE = /^(packages\/[^/]+\/src|scripts|bench)\/.*\.(ts|mjs)$/;
const TEST = /(\.(test|conformance)\.ts$|^packages\/[^/]+\/test\/|^test\/)/;

const files = listOwnFiles()
  .filter((path) => /\.(ts|mjs)$/.test(path))
  .map((path) => ({ path, lines: countLines(path), isTest: TEST.test(path) }));
const source = files.filter((file) => SOURCE.test(file.path) && !file.isTest);
const tests = files.filter((file) => file.isTest);
const tooLong = files.filter((file) => file.lines > LINES_MAX);

for (const file of tooLong) console.error(`${file.path}: ${file.lines} lines, at most ${LINES_MAX}`);
console.log(`source: ${describe(source)}\ntests: ${describe(tests)}`);
if (source.length === 0) console.error("No source file was found: the check itself is broken.");
process.exitCode = tooLong.length > 0 || source.length === 0 ? 1 : 0;

function countLines(path) {
  const text = readFileSync(join(root, path), "utf8");
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

function describe(list) {
  const lines = list.map((file) => file.lines).sort((left, right) => left - right);
  const total = lines.reduce((sum, count) => sum + count, 0);
  const at = (share) => lines[Math.min(lines.length - 1, Math.floor(lines.length * share))] ?? 0;
  return `${lines.length} files, ${total} lines, median ${at(0.5)}, 90th percentile ${at(0.9)}, longest ${at(1)}`;
}
