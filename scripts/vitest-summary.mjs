/**
 * A vitest reporter that writes what a script needs to know to the file named by ENTREPOT_TEST_SUMMARY:
 * counts, and for each skipped test its reason (the note given to `context.skip(note)`).
 */
import { writeFileSync } from "node:fs";

export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const summary = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) addModule(summary, module);
    const file = process.env.ENTREPOT_TEST_SUMMARY;
    if (file !== undefined) writeFileSync(file, JSON.stringify(summary));
  }
}

/** A file that cannot be loaded, and a failing hook of a suite, are failures without a failed test. */
function addModule(summary, module) {
  const failedBefore = summary.failed;
  for (const test of module.children.allTests()) addTest(summary, test);
  const isFailed = module.state() === "failed";
  if (isFailed && summary.failed === failedBefore) summary.failed += 1;
}

function addTest(summary, test) {
  const result = test.result();
  if (result.state === "passed") summary.passed += 1;
  else if (result.state === "failed") summary.failed += 1;
  else summary.skipped.push({ name: test.fullName, reason: result.note ?? "no reason given" });
}
