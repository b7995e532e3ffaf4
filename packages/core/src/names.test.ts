import { describe, expect, test } from "vitest";
import {
  assertPublishableName,
  matchesNamePattern,
  parseNamePattern,
  parsePackageName,
  tarballFileName,
} from "./names.ts";

const DANGEROUS = [
  "",
  ".",
  "..",
  "../x",
  "a/b",
  "a/../b",
  "@../x",
  "@./x",
  "@.a/x",
  "@s/-",
  "@-/x",
  "@s/..",
  "@s/.x",
  "@s/",
  "@/x",
  "@s",
  "@s/x/y",
  "a b",
  " a",
  "a ",
  "a\\b",
  "a%2fb",
  "a\0",
  "a\n",
  "-a",
  "_a",
  ".a",
  "-",
  "node_modules",
  "Favicon.ico",
  "@s/node_modules",
  "é",
  "a?b",
  "a#b",
  "a@b",
  "@@s/x",
  "x".repeat(600),
];
const LEGACY = [
  "JSONStream",
  "http",
  "a~b",
  "jQuery",
  "x".repeat(300),
  "@Acme/Widget",
  "@s/_x",
  "constructor",
  "a!'()*",
];
const NEW = ["left-pad", "@acme/left.pad_2", "x", "@a-b/c-d", "1", "constructor", "hasownproperty"];

describe("package names", () => {
  test.each(DANGEROUS)("%j is never a name", (name) => {
    expect(() => parsePackageName(name)).toThrow(expect.objectContaining({ code: "name-invalid" }));
    expect(() => assertPublishableName(name)).toThrow(expect.objectContaining({ code: "name-invalid" }));
  });

  test.each(LEGACY)("%j may be proxied", (name) => {
    expect(parsePackageName(name).full).toBe(name);
  });

  test.each(LEGACY.filter((name) => name !== "constructor"))("%j may not be published anew", (name) => {
    expect(() => assertPublishableName(name)).toThrow(expect.objectContaining({ code: "name-invalid" }));
  });

  test.each(NEW)("%j may be published", (name) => {
    expect(() => assertPublishableName(name)).not.toThrow();
  });

  test("a refusal says what is wrong", () => {
    expect(() => assertPublishableName("left pad")).toThrow(
      '"left pad" is not a valid package name: its name has the character " "',
    );
    expect(() => assertPublishableName("LeftPad")).toThrow("upper-case");
    expect(() => assertPublishableName("@Acme/x")).toThrow("its scope has upper-case");
    expect(() => assertPublishableName("http")).toThrow("core module");
    expect(() => assertPublishableName("@s/_x")).toThrow('starts with "_"');
    expect(() => assertPublishableName(`@s/${"x".repeat(214)}`)).toThrow("more than 214");
  });

  test("names fall into scope and base", () => {
    expect(parsePackageName("@acme/left-pad")).toEqual({
      full: "@acme/left-pad",
      scope: "@acme",
      base: "left-pad",
    });
    expect(parsePackageName("left-pad")).toEqual({ full: "left-pad", scope: null, base: "left-pad" });
    expect(tarballFileName("@acme/left-pad", "1.0.0-rc.1")).toBe("left-pad-1.0.0-rc.1.tgz");
  });
});

describe("name patterns", () => {
  test.each([
    ["left", "left", true],
    ["left", "left-pad", false],
    ["left", "Left", false],
    ["@acme/*", "@acme/x", true],
    ["@acme/*", "@acme-evil/x", false],
    ["@acme/*", "acme", false],
    ["acme-*", "acme-x", true],
    ["acme-*", "acme-", false],
    ["acme-*", "@acme-x/y", false],
    ["@acme/ui-*", "@acme/ui-kit", true],
    ["@acme/ui-*", "@acme/api", false],
    ["a.b*", "axb1", false],
  ])("%s against %s: %s", (pattern, name, expected) => {
    expect(matchesNamePattern(pattern, name)).toBe(expected);
  });

  test.each(["*", "", "@*", "@acme*", "a*b", "**", "*-x", "@acme/**", "../*", ".*", "/*", "@/*"])(
    "%j is refused",
    (pattern) => {
      expect(() => parseNamePattern(pattern)).toThrow(expect.objectContaining({ code: "name-invalid" }));
    },
  );
});
