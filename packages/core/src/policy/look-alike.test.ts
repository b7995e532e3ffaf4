import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findLookAlike, lookAlikeNames } from "./look-alike.ts";
import { POPULAR_NAMES } from "./popular-names.ts";

const names = lookAlikeNames();

describe("findLookAlike", () => {
  test.each<[string, string, string]>([
    ["loadsh", "lodash", "two letters are swapped"],
    ["lodahs", "lodash", "two letters are swapped"],
    ["lodas", "lodash", "one letter is missing"],
    ["expresss", "express", "one letter is too many"],
    ["axois", "axios", "two letters are swapped"],
    ["momemt", "moment", "one letter is another"],
    ["crossenv", "cross-env", "only case or separators differ"],
    ["cross_env", "cross-env", "only case or separators differ"],
    ["Lodash", "lodash", "only case or separators differ"],
    ["socketio", "socket.io", "only case or separators differ"],
    ["types-node", "@types/node", "it is the same without the scope"],
    ["@react/dom", "react-dom", "it is the same without the scope"],
    ["@cross/env", "cross-env", "it is the same without the scope"],
    ["@typ/es-node", "@types/node", "only case or separators differ"],
    ["l0dash", "lodash", "it reads the same"],
    ["cornmander", "commander", "it reads the same"],
    ["jque1y", "jquery", "one letter is another"],
    ["@bable/core", "@babel/core", "two letters are swapped"],
    ["@babe1/core", "@babel/core", "it reads the same"],
  ])("%s is taken for %s", (name, other, because) => {
    expect(findLookAlike(name, names)).toEqual({ name: other, because });
  });

  test.each([
    "lodash",
    "preact",
    "react",
    "enquirer",
    "inquirer",
    "tslint",
    "babel-core",
    "lodash-es",
    "left-pad",
    "@acme/lodash",
    "@babel/cor",
    "@babel/core2",
    "@types/reac",
    "gott",
    "vie",
    "a",
    "",
    "__proto__",
    "constructor",
    "x".repeat(512),
    "l".repeat(64),
  ])("%s means itself", (name) => {
    expect(findLookAlike(name, names)).toBeNull();
  });

  test("names that are known here mean themselves", () => {
    expect(findLookAlike("loadsh", lookAlikeNames(POPULAR_NAMES, ["loadsh"]))).toBeNull();
  });

  test("own names can be protected as well", () => {
    const own = lookAlikeNames([...POPULAR_NAMES, "acme-billing"]);
    expect(findLookAlike("acme-biling", own)?.name).toBe("acme-billing");
  });

  test("the list has each name once, in the form of names", () => {
    expect(new Set(POPULAR_NAMES).size).toBe(POPULAR_NAMES.length);
    expect(POPULAR_NAMES.length).toBeGreaterThan(300);
    for (const name of POPULAR_NAMES) expect(name).toMatch(/^(?:@[a-z0-9-]+\/)?[a-z0-9][a-z0-9._-]*$/u);
  });

  test("whatever is one edit away is found, and what is said of it is so", () => {
    const long = POPULAR_NAMES.filter((name) => name.length >= 6 && !name.startsWith("@"));
    const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz".split(""));
    const edits = fc.constantFrom<(name: string, at: number, by: string) => string>(
      (name, at, by) => name.slice(0, at) + by + name.slice(at),
      (name, at, by) => name.slice(0, at) + by + name.slice(at + 1),
      (name, at) => name.slice(0, at) + name.slice(at + 1),
      (name, at) => `${name.slice(0, at)}${name[at + 1] ?? ""}${name[at] ?? ""}${name.slice(at + 2)}`,
    );
    fc.assert(
      fc.property(fc.constantFrom(...long), fc.nat(60), fc.tuple(letter, edits), (name, seed, [by, edit]) => {
        const edited = edit(name, seed % name.length, by);
        const found = findLookAlike(edited, names);
        expect(found === null).toBe(names.known.has(edited));
      }),
      { numRuns: 3000 },
    );
  });
});
