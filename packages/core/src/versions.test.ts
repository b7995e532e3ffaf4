import fc from "fast-check";
import semver from "semver";
import { describe, expect, test } from "vitest";
import {
  cleanVersion,
  compareVersions,
  highestStable,
  isPrerelease,
  isTagName,
  maxSatisfying,
  normalizeVersion,
} from "./versions.ts";

describe("normalizeVersion", () => {
  test.each([
    ["1.0.0", "1.0.0"],
    ["1.0.0+4.17.0", "1.0.0"],
    ["1.0.0-rc.1+b-1.x", "1.0.0-rc.1"],
    ["1.0.0--", "1.0.0--"],
    ["1.0.0-0a", "1.0.0-0a"],
    ["9007199254740991.0.0", "9007199254740991.0.0"],
  ])("%s is %s", (raw, expected) => {
    expect(normalizeVersion(raw)).toBe(expected);
  });

  test.each([
    "",
    "1",
    "1.0",
    "v1.0.0",
    "=1.0.0",
    " 1.0.0",
    "1.0.0 ",
    "01.0.0",
    "1.0.0-01",
    "1.0.0-",
    "1.0.0-a..b",
    "1.0.0+",
    "1.0.0+a..b",
    "9007199254740993.0.0",
    "1.x.0",
    "__proto__",
    "constructor",
    "latest",
    "1.0.0\n",
    `1.0.0-${"a".repeat(260)}`,
  ])("%j is no version", (raw) => {
    expect(normalizeVersion(raw)).toBeNull();
  });

  test("gives what the semver library gives, or nothing", () => {
    const part = fc.constantFrom("0", "1", "01", "12", "a", "-", "rc", "x1", "");
    const raw = fc
      .tuple(
        fc.array(part, { minLength: 2, maxLength: 4 }),
        fc.option(fc.array(part, { maxLength: 3 })),
        fc.option(fc.array(part, { maxLength: 3 })),
      )
      .map(
        ([main, pre, build]) =>
          main.join(".") + (pre ? `-${pre.join(".")}` : "") + (build ? `+${build.join(".")}` : ""),
      );
    fc.assert(
      fc.property(raw, (text) => {
        expect(normalizeVersion(text)).toBe(semver.parse(text)?.version ?? null);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("choosing versions", () => {
  const versions = ["1.0.0", "1.10.0", "1.9.0", "2.0.0-beta.1", "0.9.0"];

  test("compares by precedence", () => {
    expect([...versions].sort(compareVersions)).toEqual([
      "0.9.0",
      "1.0.0",
      "1.9.0",
      "1.10.0",
      "2.0.0-beta.1",
    ]);
  });

  test("finds the highest stable one and the highest in a range", () => {
    expect(highestStable(versions)).toBe("1.10.0");
    expect(highestStable(["1.0.0-a"])).toBeNull();
    expect(maxSatisfying(versions, "^1.0.0")).toBe("1.10.0");
    expect(maxSatisfying(versions, ">=1.0.0")).toBe("1.10.0");
    expect(maxSatisfying(versions, ">=2.0.0-alpha")).toBe("2.0.0-beta.1");
    expect(maxSatisfying(versions, "not a range")).toBeNull();
  });

  test("knows pre-releases", () => {
    expect(["1.0.0", "1.0.0-a", "1.0.0+a-b", "1.0.0-a+b"].map(isPrerelease)).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });
});

test.each([
  ...([
    ["latest", true],
    ["next/x", true],
    ["beta-1", true],
    ["é", true],
    ["", false],
    ["1.0.0", false],
    ["v1", false],
  ] as const),
  ...([
    ["*", false],
    ["x", false],
    ["^1", false],
    ["a b", false],
    ["a\n", false],
    ["__proto__", false],
    ["t".repeat(300), false],
  ] as const),
])("%j as a tag: %s", (tag, expected) => {
  expect(isTagName(tag)).toBe(expected);
});

test.each([
  [" v1.2.3 ", "1.2.3"],
  ["=1.2.3+build", "1.2.3"],
  ["1.2.3beta", "1.2.3-beta"],
  ["1.2", null],
  ["next", null],
])("cleanVersion(%j) is %j, as npm has it", (raw, expected) => {
  expect(cleanVersion(raw)).toBe(expected);
});
