import { matchesNamePattern } from "@entrepot/core";
import { expect, test } from "vitest";
import { compileClaims } from "./claims.ts";

const PATTERNS = ["left-pad", "@acme/*", "@corp/tool-*", "internal-*", "@one/exact"];
const NAMES = [
  "left-pad",
  "left-pad2",
  "@acme/x",
  "@acme2/x",
  "@corp/tool-x",
  "@corp/tool-",
  "@corp/other",
  "internal-",
  "internal-x",
  "xinternal-x",
  "@one/exact",
  "@one/exact2",
  "acme",
];

test.each(NAMES)("%s is claimed exactly where one of the patterns matches it", (name) => {
  const expected = PATTERNS.some((pattern) => matchesNamePattern(pattern, name));
  expect(compileClaims(PATTERNS)(name)).toBe(expected);
});

test("no claim claims nothing", () => {
  expect(NAMES.filter(compileClaims([]))).toEqual([]);
});
