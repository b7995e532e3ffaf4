/**
 * `npm test`: installs and builds what is missing, runs the checks, then the tests, and ends with the line
 * `N passed, N failed` (and `, N skipped`, after a line for each that says why). Arguments go to vitest, and
 * with any the checks are left out: `npm test -- --project unit packages/core`.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runChecks } from "./check.mjs";
import { build, ensureInstalled, root } from "./prepare.mjs";

const args = process.argv.slice(2);
ensureInstalled();

// The checks begin with a build; tests that start threads or processes need one too.
const checks = args.length === 0 ? await runChecks() : { passed: 0, failed: 0 };
if (args.length > 0) await build();
const tests = await runTests(args);

for (const { name, reason } of tests.skipped) console.log(`skipped: ${name}: ${reason}`);
const passed = checks.passed + tests.passed;
const failed = checks.failed + tests.failed;
const skipped = tests.skipped.length > 0 ? `, ${tests.skipped.length} skipped` : "";
console.log(`${passed} passed, ${failed} failed${skipped}`);
process.exitCode = failed > 0 ? 1 : 0;

/** A run that ends without a summary, or without a test, counts as one failure. */
async function runTests(vitestArgs) {
  const folder = mkdtempSync(join(tmpdir(), "entrepot-test-"));
  const summaryFile = join(folder, "summary.json");
  try {
    const code = await runVitest(vitestArgs, summaryFile);
    const summary = JSON.parse(readFileSync(summaryFile, "utf8"));
    const isSilentFailure = code !== 0 && summary.failed === 0;
    return { ...summary, failed: summary.failed + (isSilentFailure ? 1 : 0) };
  } catch (error) {
    console.error(`The test run left no summary: ${error.message}`);
    return { passed: 0, failed: 1, skipped: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runVitest(vitestArgs, summaryFile) {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=./scripts/vitest-summary.mjs"];
  const child = spawn(process.execPath, [vitest, "run", ...reporters, ...vitestArgs], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ENTREPOT_TEST_SUMMARY: summaryFile },
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code));
  });
}
