import semver from "semver";
import { expect, test } from "vitest";
import { isEntrepotError } from "../errors.ts";
import { parseVersionRange } from "./version-range.ts";

test.each([
  ["*", "*"],
  [" ^1.2.0 ", "^1.2.0"],
  ["1.3.*", "1.3.*"],
  ["<2 || >=3", "<2 || >=3"],
  ["[1.0,2.0)", ">=1.0.0 <2.0.0"],
  ["(1.0, 2.0]", ">1.0.0 <=2.0.0"],
  ["[1.0,)", ">=1.0.0"],
  ["(,2)", "<2.0.0"],
  ["[1.5]", "1.5.0"],
  ["(,)", "*"],
  ["1.0.0, 1.1.0", "1.0.0 || 1.1.0"],
  ["[1.0,2.0), 3.1.4, ^5", ">=1.0.0 <2.0.0 || 3.1.4 || ^5"],
  ["3.1.4,[1.0,2.0)", "3.1.4 || >=1.0.0 <2.0.0"],
])("%s is %s", (raw, range) => {
  expect(parseVersionRange(raw)).toBe(range);
  expect(semver.validRange(range)).not.toBeNull();
});

test.each([
  "",
  "  ",
  "latest",
  "[1.0",
  "1.0)",
  "[a,b]",
  "1.0.0,,1.1.0",
  "[1,2,3]",
  "x".repeat(2000),
  null,
  7,
])("%j is refused", (raw) => {
  try {
    parseVersionRange(raw);
    expect.unreachable();
  } catch (error) {
    expect(isEntrepotError(error, "request-invalid")).toBe(true);
    expect((error as Error).message.length).toBeLessThan(400);
  }
});
