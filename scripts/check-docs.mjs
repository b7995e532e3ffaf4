/**
 * Checks our documents without running them: relative links lead to files that exist, and code blocks are
 * what they say: JSON and YAML parse, shell blocks are valid shell, JavaScript blocks are valid modules.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { load } from "js-yaml";
import { listOwnFiles } from "./own-files.mjs";
import { root } from "./prepare.mjs";

const BLOCK = /^```(\w*)\n([\s\S]*?)^```$/gm;
const LINK = /\]\((?!https?:|mailto:|#)([^)\s#]+)(?:#[^)\s]*)?\)/g;

const CHECK_OF = {
  json: (text) => attempt(() => JSON.parse(text)),
  yaml: (text) => attempt(() => load(text)),
  sh: (text) => syntaxOf("bash", ["-n"], text),
  js: (text) => syntaxOf(process.execPath, ["--check", "--input-type=module", "-"], text),
};

const documents = listOwnFiles().filter((path) => path.endsWith(".md"));
const offences = documents.flatMap((path) => offencesOf(path));

for (const offence of offences) console.error(offence);
if (documents.length === 0) console.error("No document was found: the check itself is broken.");
console.log(`${documents.length} documents, ${offences.length} offences`);
process.exitCode = offences.length > 0 || documents.length === 0 ? 1 : 0;

function offencesOf(path) {
  const text = readFileSync(join(root, path), "utf8");
  const lineAt = (index) => text.slice(0, index).split("\n").length;
  const found = [];
  for (const block of text.matchAll(BLOCK)) {
    const problem = CHECK_OF[block[1]]?.(block[2]);
    if (problem) found.push(`${path}:${lineAt(block.index)}: ${block[1]} block: ${problem}`);
  }
  for (const link of text.replaceAll(BLOCK, (block) => block.replaceAll(/[^\n]/g, " ")).matchAll(LINK)) {
    const target = join(root, dirname(path), decodeURIComponent(link[1]));
    if (!existsSync(target)) {
      found.push(`${path}:${lineAt(link.index)}: link to ${link[1]}, which is not there`);
    }
  }
  return found;
}

function attempt(parse) {
  try {
    parse();
    return undefined;
  } catch (error) {
    return error.message.split("\n")[0];
  }
}

function syntaxOf(command, args, input) {
  const { status, stderr } = spawnSync(command, args, { input, encoding: "utf8" });
  return status === 0 ? undefined : stderr.trim().split("\n").slice(-1)[0];
}
