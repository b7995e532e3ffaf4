import { describe, expect, it } from "vitest";
import { isEntrepotError } from "../errors.ts";
import { parseBadVersions } from "./bad-versions.ts";

const read = (text: string): string[] =>
  parseBadVersions(text).wanted.map(({ name, range, isExact }) => `${name} ${isExact ? "=" : "~"} ${range}`);

describe("parseBadVersions", () => {
  it.each([
    ["left@1.2.3", ["left = 1.2.3"]],
    ["@acme/left@1.2.3", ["@acme/left = 1.2.3"]],
    ["left 1.2.3", ["left = 1.2.3"]],
    ["left\t1.2.3", ["left = 1.2.3"]],
    ["left@v1.2.3", ["left = 1.2.3"]],
    ["left@1.2.3+build.5", ["left = 1.2.3"]],
    ["left@1.2.3-rc.1", ["left = 1.2.3-rc.1"]],
    ["- `left@1.2.3`,", ["left = 1.2.3"]],
    ["* left: 1.2.3, 1.2.4", ["left = 1.2.3", "left = 1.2.4"]],
    ["3. left@1.2.3", ["left = 1.2.3"]],
    ["left 1.2.3 1.2.4", ["left = 1.2.3", "left = 1.2.4"]],
    ["left@^1", ["left ~ ^1"]],
    ["left@>=1 <2", ["left ~ >=1 <2"]],
    ["left@*", ["left ~ *"]],
    ["left@1.2.3 || 1.2.4", ["left = 1.2.3", "left = 1.2.4"]],
    ["left [1.0,2.0)", ["left ~ >=1.0.0 <2.0.0"]],
    ["left@1.2.3 # worm", ["left = 1.2.3"]],
    ["left@1.2.3 (worm)", ["left = 1.2.3"]],
    ["├── left@1.2.3 deduped", ["left = 1.2.3"]],
    ["│ └─┬ @acme/left@1.2.3", ["@acme/left = 1.2.3"]],
    ["JSONStream@1.0.0", ["JSONStream = 1.0.0"]],
    ["constructor@1.0.0\n__proto__@1.0.0", ["constructor = 1.0.0"]],
  ])("reads %j", (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it("reads CSV, with heading, quotes, ranges and further columns", () => {
    const text =
      'Package,Version,Seen\nleft,1.2.3,2026-01-01\n"@acme/b","= 4.1.1 || = 4.1.2",9.8\nc;^2;high\n';
    expect(parseBadVersions(text)).toEqual({
      wanted: [
        { name: "left", range: "1.2.3", isExact: true },
        { name: "@acme/b", range: "4.1.1", isExact: true },
        { name: "@acme/b", range: "4.1.2", isExact: true },
        { name: "c", range: "^2", isExact: false },
      ],
      unread: [],
    });
  });

  it("reads tables", () => {
    const text = "| Package | Versions |\n|---|---|\n| @ctrl/a | 4.1.1, 4.1.2 |\n| b | 1.0.0 \\||";
    expect(read(text).slice(0, 2)).toEqual(["@ctrl/a = 4.1.1", "@ctrl/a = 4.1.2"]);
  });

  it("reads a list in JSON", () => {
    expect(read('[\n  "left@1.2.3",\n  "@acme/b@2.0.0"\n]')).toEqual(["left = 1.2.3", "@acme/b = 2.0.0"]);
    expect(read('{\n  "left": "1.2.3",\n  "@acme/b": "2.0.0"\n}')).toEqual([
      "left = 1.2.3",
      "@acme/b = 2.0.0",
    ]);
  });

  it("reads lines of lockfiles", () => {
    const npm = `    "node_modules/a/node_modules/@acme/left": {
      "version": "1.2.3",
      "resolved": "https://registry.example/@acme/left/-/left-1.2.3.tgz",
      "integrity": "sha512-abc==",
      "dev": true,
    },`;
    expect(read(npm)).toEqual(["@acme/left = 1.2.3"]);
    const yarn = `left@^1.0.0, left@^1.2.0:\n  version "1.2.3"\n  resolved "https://r.example/left/-/left-1.2.3.tgz#abc"\n  integrity sha512-x==`;
    expect(read(yarn)).toEqual(["left = 1.2.3"]);
    expect(read(`"left@npm:^1.0.0":\n  version: 1.2.3\n  resolution: "left@npm:1.2.3"`)).toEqual([
      "left = 1.2.3",
    ]);
    expect(read("  /@acme/left/1.2.3:\n  /b@2.0.0(react@18.2.0):\n  'c@3.0.0(react@18.2.0)':")).toEqual([
      "@acme/left = 1.2.3",
      "b = 2.0.0",
      "c = 3.0.0",
    ]);
    expect(read("pkg:npm/%40acme/left@1.2.3?x=y\nhttps://r.example/@acme%2fb/-/b-2.0.0.tgz")).toEqual([
      "@acme/left = 1.2.3",
      "@acme/b = 2.0.0",
    ]);
  });

  it("names what it cannot read, and goes on", () => {
    const text = "left@1.2.3\nright\nleft@latest\n\n# a remark\n../etc@1.0.0\nleft@1.2.3";
    const { wanted, unread } = parseBadVersions(text);
    expect(wanted).toHaveLength(1);
    expect(unread).toEqual([
      { line: 2, text: "right", why: "it says no version; write right@* for every one" },
      { line: 3, text: "left@latest", why: '"latest" is no version and no range' },
      { line: 6, text: "../etc@1.0.0", why: "it does not begin with the name of a package" },
    ]);
  });

  it("has limits", () => {
    const tries = [
      "x".repeat(200_001),
      Array.from({ length: 5001 }, (_, i) => `p@1.0.${i}`).join("\n"),
      '{\n "lockfileVersion": 3',
    ];
    for (const text of tries) {
      expect(() => parseBadVersions(text)).toThrow(
        expect.toSatisfy((e) => isEntrepotError(e, "request-invalid")),
      );
    }
  });

  it("is quick with hostile lines", () => {
    for (const line of [
      "@".repeat(20_000),
      " ".repeat(20_000),
      "a ".repeat(20_000),
      "(".repeat(20_000),
      "1".repeat(20_000),
      "a@1(".repeat(5000),
      "├".repeat(20_000),
    ]) {
      expect(parseBadVersions(line).wanted).toEqual([]);
    }
  });

  it("is quick with hostile texts", () => {
    for (const line of [
      "",
      " ",
      `a@1${" ".repeat(4900)}x`,
      `a@1${",".repeat(4900)}x`,
      `a@${"1".repeat(4900)}`,
    ]) {
      const text = `${line}\n`.repeat(Math.floor(199_000 / (line.length + 1)));
      expect(parseBadVersions(`${text}left@1.0.0 deduped,`).wanted).toContainEqual({
        name: "left",
        range: "1.0.0",
        isExact: true,
      });
    }
  });
});
