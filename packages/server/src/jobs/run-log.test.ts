import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";
import { RunLog } from "./run-log.ts";

function logFrom(line: number): RunLog {
  return new RunLog(() => 5, { line, counts: { a: 1 } });
}

test("numbers lines after those of an earlier holder and adds to its counts", () => {
  const log = logFrom(7);
  log.log("x");
  log.count("a", 2);
  expect(log.record()).toEqual({ lines: [{ line: 8, at: 5, text: "x" }], counts: '{"a":3}' });
});

test("is dirty until what was recorded is saved, and again after more is said", () => {
  const log = logFrom(0);
  const states = [log.isDirty];
  log.log("x");
  states.push(log.isDirty);
  const record = log.record();
  log.log("y");
  log.markSaved(record);
  states.push(log.isDirty);
  expect(log.record().lines.map((line) => line.text)).toEqual(["y"]);
  log.markSaved(log.record());
  states.push(log.isDirty);
  log.count("a", 1);
  states.push(log.isDirty);
  expect(states).toEqual([false, true, true, false, true]);
});

test("keeps a bounded number of lines, characters and counts", () => {
  const log = logFrom(0);
  for (let index = 0; index < 10_100; index++) log.log("x".repeat(3_000));
  for (let index = 0; index < 100; index++) log.count(`c${index}`, 1);
  const { lines, counts } = log.record();
  expect(lines).toHaveLength(10_001);
  expect(lines.at(-1)?.text).toContain("10000");
  expect(lines[0]?.text).toHaveLength(2_000);
  expect(Object.keys(JSON.parse(counts) as object)).toHaveLength(50);
});

test("failures wait longer each time, but not more than an hour", () => {
  const waits = [1, 2, 3, 4, 5, 6, 100].map(backoffMs);
  expect(waits).toEqual([10_000, 40_000, 160_000, 640_000, 2_560_000, 3_600_000, 3_600_000]);
});
