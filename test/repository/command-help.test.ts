import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLIENT_COMMANDS } from "@entrepot/cli";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "./temporary-copy.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "entrepot-help-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the compiled command where nothing is, and sees that it leaves nothing there. */
function start(words: readonly string[]): Ended {
  const main = join(root, "packages/server/dist/main.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], {
    cwd: folder,
    encoding: "utf8",
    timeout: 30_000,
  });
  expect(readdirSync(folder)).toEqual([]);
  return { status, stdout, stderr };
}

/** Gives what the command prints and expects success. */
function entrepot(...words: string[]): string {
  const { status, stdout, stderr } = start(words);
  expect([status, stderr], words.join(" ")).toEqual([0, ""]);
  return stdout;
}

test.each(["--version", "-v"])("%s prints the version", (option) => {
  const { version } = JSON.parse(readFileSync(join(root, "packages/server/package.json"), "utf8")) as {
    version: string;
  };
  expect(entrepot(option)).toBe(`${version}\n`);
});

describe.each(["serve", "config", "admin", "migrate", "gc", "login", "status set", "upstream list"])(
  "the usage of %s",
  (name) => {
    test("comes with --help, with -h and from help", () => {
      const words = name.split(" ");
      const asked = [
        [...words, "--help"],
        [...words, "-h"],
        ["help", ...words],
      ];
      for (const usage of asked.map((argv) => entrepot(...argv))) {
        expect(usage).toMatch(new RegExp(`^Usage: entrepot ${name}\\b`));
      }
    });
  },
);

test("the usage of serve lists its options, wherever --help stands", () => {
  const usage = entrepot("serve", "--help");
  for (const option of ["--port NUMBER", "--data VALUE", "--[no-]anonymous-read", "--config PATH"]) {
    expect(usage).toContain(option);
  }
  expect(entrepot("--port", "80", "--help")).toBe(usage);
  expect(entrepot("config", "print", "--help")).toMatch(/^Usage: entrepot config/);
});

test("help lists the commands of the server and of the client", () => {
  const text = entrepot("help");
  for (const words of [["--help"], ["help", "help"]]) expect(entrepot(...words)).toBe(text);
  for (const name of ["serve", "config", "admin", "migrate", "gc"]) expect(text).toContain(`\n  ${name} `);
  for (const { name, summary } of CLIENT_COMMANDS) {
    expect(text).toContain(`\n  ${name} `);
    expect(text).toContain(`  ${summary}\n`);
  }
});

test.each([
  { word: "serv", hint: "did you mean serve?" },
  { word: "migrat", hint: "did you mean migrate?" },
  { word: "logn", hint: "did you mean login?" },
  { word: "up", hint: "entrepot help lists them." },
  { word: "constructor", hint: "entrepot help lists them." },
])("an unknown command is named with the nearest known one: $word", ({ word, hint }) => {
  const stderr = `entrepot: There is no command "${word}"; ${hint}\n`;
  for (const words of [["help", word], [word, "--help"], [word]]) {
    expect(start(words), words.join(" ")).toEqual({ status: 2, stdout: "", stderr });
  }
});
