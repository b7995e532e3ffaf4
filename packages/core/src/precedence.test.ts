import fc from "fast-check";
import semver from "semver";
import { expect, test } from "vitest";
import { comparePrecedence, hasInexactNumber, precedenceOf } from "./precedence.ts";

test("compares as the semver library does", () => {
  const number = fc.constantFrom("0", "1", "2", "10", "9007199254740991");
  const identifier = fc.oneof(
    fc.constantFrom("0", "1", "9", "10", "a", "A", "rc", "rc1", "-", "0a", "9007199254740991"),
    fc.constantFrom("20210922031142123", "20210922031142125", "9".repeat(200)),
  );
  const version = fc
    .tuple(
      fc.tuple(number, number, number),
      fc.array(identifier, { maxLength: 3 }),
      fc.constantFrom("", "", "+build.1", "+-"),
    )
    .map(([core, prerelease, build]) => {
      return core.join(".") + (prerelease.length > 0 ? `-${prerelease.join(".")}` : "") + build;
    })
    .filter((text) => text.length <= 256);
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(Math.sign(comparePrecedence(precedenceOf(a), precedenceOf(b)))).toBe(semver.compare(a, b));
    }),
    { numRuns: 5000 },
  );
});

test("knows numbers that cannot be compared exactly", () => {
  expect(hasInexactNumber(precedenceOf("1.0.0-20210922031142123"))).toBe(true);
  expect(hasInexactNumber(precedenceOf("1.0.0-20210922031142123a.20210922"))).toBe(false);
  expect(hasInexactNumber(precedenceOf("1.0.0"))).toBe(false);
});
