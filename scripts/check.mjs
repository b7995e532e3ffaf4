/**
 * `npm run check`: everything that needs no running server, in under a minute. With names, only those:
 * `npm run check -- lint types`. Exits with 1 if a check fails and says which.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { ensureInstalled, root } from "./prepare.mjs";

const bin = (path) => join(root, "node_modules", path);

const LINT = ["--format=default", "--type-aware", "--report-unused-disable-directives-severity=error"];

/**
 * Name → arguments of node, run one after the other from the repository's root. `expect` is text that a run
 * prints only if it read something: a tool that finds no file says success.
 */
export const CHECKS = {
  "build": { args: ["scripts/build.mjs"] },
  "format": { args: [bin("oxfmt/bin/oxfmt"), "--check"], expect: /on [1-9]\d* files/ },
  "lint": {
    args: [
      bin("oxlint/bin/oxlint"),
      ...LINT,
      "--tsconfig=tsconfig.check.json",
      // Linted below: it has browsers' types and not Node's.
      "--ignore-pattern=packages/web/**",
    ],
    expect: /on [1-9]\d* files with/,
  },
  "console-lint": {
    args: [bin("oxlint/bin/oxlint"), ...LINT, "--tsconfig=packages/web/tsconfig.json", "packages/web"],
    expect: /on [1-9]\d* files with/,
  },
  "types": { args: [bin("typescript/bin/tsc"), "-p", "tsconfig.check.json"] },
  "console-types": { args: [bin("typescript/bin/tsc"), "-p", "packages/web"] },
  "unused": { args: [bin("knip/bin/knip.js"), "--no-progress", "--treat-config-hints-as-errors"] },
  "sizes": { args: ["scripts/check-sizes.mjs"], isShown: true },
  "generated": { args: ["scripts/generate-docs.mjs", "--check"] },
  "documents": { args: ["scripts/check-docs.mjs"] },
};

/** Runs the named checks (all when empty), prints a line for each, and returns how many passed and failed. */
export async function runChecks(names = []) {
  const unknown = names.filter((name) => !(name in CHECKS));
  if (unknown.length > 0) {
    throw new Error(`No check named ${unknown.join(", ")}; there are: ${Object.keys(CHECKS).join(", ")}.`);
  }
  const counts = { passed: 0, failed: 0 };
  for (const name of names.length > 0 ? names : Object.keys(CHECKS)) {
    const startedAt = Date.now();
    const { isPassed, output } = await runCheck(CHECKS[name]);
    counts[isPassed ? "passed" : "failed"] += 1;
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    console.log(`${isPassed ? "ok    " : "FAILED"} ${name.padEnd(10)} ${seconds.padStart(5)} s`);
    if (!isPassed || CHECKS[name].isShown) console.log(output.trimEnd().replaceAll(/^/gm, "       "));
  }
  return counts;
}

function runCheck({ args, expect }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.on("close", (code) => {
      const output = stripVTControlCharacters(Buffer.concat(chunks).toString("utf8"));
      const didRead = expect === undefined || expect.test(output);
      const note = didRead ? "" : "\nThe tool says it read no file, so this is no success.";
      resolve({ isPassed: code === 0 && didRead, output: output + note });
    });
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  ensureInstalled();
  const { passed, failed } = await runChecks(process.argv.slice(2));
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
