import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isEntrepotError } from "../errors.ts";
import { LOCKFILE_ENTRIES_MAX, type ParsedLockfile } from "./lockfile.ts";
import { parseLockfile } from "./parse-lockfile.ts";

function messageOf(text: string, fileName: string | null = null): string {
  try {
    parseLockfile(fileName, text);
  } catch (error) {
    if (isEntrepotError(error, "request-invalid")) return error.message;
    throw error;
  }
  return "it was read";
}

function namesIn(parsed: ParsedLockfile): string[] {
  return parsed.packages.map(({ name, version }) => `${name}@${version}`);
}

describe("bad input", () => {
  it.each([
    ["", "it is empty"],
    ["hello", "it is none of package-lock.json"],
    ["[]", "it is none of"],
    ["{}", "it is none of"],
    ['{"lockfileVersion": 3,\n "packages": {\n  "a": oops}}', "it is not valid JSON in line 3: "],
    ['{"a": 1}\n}', "it is not valid JSON in line 2: something follows its end"],
    ['{"lockfileVersion": 3, "packages": 7}', '"packages" or "dependencies" is not an object'],
    ["lockfileVersion: '9.0'\npackages:\n  a@1.0.0: [", "it is not valid YAML in line 3"],
    ["lockfileVersion: '9.0'\npackages: &a\n  x: *a", "it refers to itself"],
    [`lockfileVersion: '9.0'\npackages: ${"[".repeat(200)}`, "nesting exceeded"],
    ["lockfileVersion: 9\npackages: [a]", '"packages" is not a map'],
    ['# yarn lockfile v1\n\n\na@1:\n   version "1.0.0"\n', "line 5 is indented by an odd"],
    ['# yarn lockfile v1\n\na@1:\n  version "1.0.0', "line 4 is not what yarn writes"],
    ["# yarn lockfile v1\n\nleft@1\n", "line 3 names packages, but does not end in a colon"],
    ["{\n<<<<<<< ours\n", "line 2 has the mark of a merge conflict"],
    ["\0\0", "it is binary"],
  ])("says what is wrong with %j", (text, expected) => {
    expect(messageOf(text)).toContain(expected);
  });

  it("bounds aliases that grow", () => {
    const bomb = ["lockfileVersion: '9.0'", "a0: &a0 [x]"];
    for (let at = 1; at < 30; at += 1) bomb.push(`a${at}: &a${at} [*a${at - 1}, *a${at - 1}]`);
    expect(messageOf(bomb.join("\n"))).toContain("refers to itself");
  });

  it("bounds how deep dependencies are nested", () => {
    let nested: object = {};
    for (let depth = 0; depth < 200; depth += 1) nested = { a: { version: "1.0.0", dependencies: nested } };
    expect(messageOf(JSON.stringify({ lockfileVersion: 1, dependencies: nested }))).toMatch(
      /nested more than 100 deep/,
    );
  });

  it("bounds the entries", () => {
    const entries = Array.from({ length: LOCKFILE_ENTRIES_MAX + 1 }, (_, at) => [`node_modules/p${at}`, {}]);
    const text = JSON.stringify({ lockfileVersion: 3, packages: Object.fromEntries(entries) as object });
    expect(messageOf(text)).toContain(`more than ${LOCKFILE_ENTRIES_MAX} entries`);
  });

  it("names the entries that make no sense, and takes the others", () => {
    const packages: Record<string, unknown> = {
      "node_modules/good": { version: "1.0.0" },
      "node_modules/bad": { version: "one" },
      "node_modules/none": {},
      "node_modules/../x": { version: "1.0.0" },
      "node_modules/text": "1.0.0",
    };
    const parsed = parseLockfile(null, JSON.stringify({ lockfileVersion: 3, packages }));
    expect(namesIn(parsed)).toEqual(["good@1.0.0"]);
    expect(parsed.problems).toEqual([
      '"bad" has "one" where a version should be',
      '"none" has "" where a version should be',
      '"../x" is not a package name',
      'the entry "node_modules/text" is not an object',
    ]);
  });

  it("is not confused by names of what every object has", () => {
    const npm =
      '{"lockfileVersion":3,"packages":{"node_modules/__proto__":{"version":"1.0.0"},' +
      '"node_modules/constructor":{"version":"1.0.0","__proto__":{"name":"evil"}}}}';
    const yarn =
      '# yarn lockfile v1\n\n\n"__proto__@1":\n  version "1.0.0"\n\nconstructor@1:\n  version "1.0.0"\n';
    const pnpm = "lockfileVersion: '9.0'\npackages:\n  __proto__@1.0.0: {}\n  constructor@1.0.0: {}\n";
    for (const text of [npm, yarn, pnpm]) {
      const parsed = parseLockfile(null, text);
      expect(namesIn(parsed)).toEqual(["constructor@1.0.0"]);
      expect(parsed.problems).toEqual(['"__proto__" is not a package name']);
    }
    expect(Object.hasOwn(Object.prototype, "version")).toBe(false);
  });

  it("reads any text or says why not", () => {
    const words = [
      "lockfileVersion",
      ":",
      "'9.0'",
      "\n",
      "  ",
      "packages",
      '"',
      "{",
      "}",
      "[",
      "]",
      ",",
      "a@1.0.0",
      "//",
      "/*",
    ];
    const start = fc.constantFrom(
      "",
      "lockfileVersion: '9.0'\n",
      "__metadata:\n",
      "# yarn lockfile v1\n",
      "{",
    );
    const rest = fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(start, fc.oneof(rest, fc.string()), (first, text) => {
        expect(messageOf(first + text)).toMatch(/^it was read$|^The lockfile cannot be read: /);
      }),
    );
  });
});
