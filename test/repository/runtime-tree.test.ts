import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./temporary-copy.ts";

interface LockEntry {
  version?: string;
  license?: string;
  link?: boolean;
  resolved?: string;
  hasInstallScript?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** A no-op check in a package that only Node 20 needs, and that runs as well without it. */
const SCRIPTS_THAT_DO_NOT_MATTER = ["@photostructure/sqlite"];
const LICENCES = [
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "ISC",
  "MIT",
  "MIT-0",
  "PSF-2.0",
];

/** Lists of the SPDX project, under licences for data: they ask for attribution and for nothing else. */
const DATA_LICENCES: Readonly<Record<string, string>> = {
  "spdx-exceptions": "CC-BY-3.0",
  "spdx-license-ids": "CC0-1.0",
  "spdx-ranges": "(MIT AND CC-BY-3.0)",
};

const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
  packages: Record<string, LockEntry>;
};

test("what operators install runs no script that matters", () => {
  const withScript = runtimeTree().filter(({ entry }) => entry.hasInstallScript === true);
  expect(withScript.map(({ name }) => name)).toEqual(SCRIPTS_THAT_DO_NOT_MATTER);
  const server = lock.packages["packages/server"];
  expect(Object.keys(server?.optionalDependencies ?? {})).toEqual(SCRIPTS_THAT_DO_NOT_MATTER);
});

test("what operators install is under a permissive licence", () => {
  const others = runtimeTree().filter(({ name, entry: { license = "none" } }) => {
    return !LICENCES.includes(license) && DATA_LICENCES[name] !== license;
  });
  expect(others.map(({ name, entry }) => `${name}: ${entry.license}`)).toEqual([]);
});

test("the walk sees the tree", () => {
  const names = runtimeTree().map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["fastify", "@entrepot/core", "find-my-way", "pg-protocol"]));
});

test("our own dependencies are exact versions", () => {
  const loose = Object.entries(lock.packages)
    .filter(([path]) => path === "" || path.startsWith("packages/"))
    .flatMap(([, entry]) => Object.entries({ ...entry.dependencies, ...entry.optionalDependencies }))
    .filter(([, range]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range));
  expect(loose).toEqual([]);
});

/** Every package that the server brings, found by walking the lockfile the way Node resolves. */
function runtimeTree(): Array<{ name: string; entry: LockEntry }> {
  const seen = new Set<string>();
  const queue = ["packages/server"];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const entry = lock.packages[path];
    const names = Object.keys({ ...entry?.dependencies, ...entry?.optionalDependencies });
    queue.push(...names.map((name) => resolve(name, path)).filter((found) => found !== undefined));
  }
  seen.delete("packages/server");
  return [...seen].sort().map((path) => ({ name: nameOf(path), entry: lock.packages[path] ?? {} }));
}

function resolve(name: string, from: string): string | undefined {
  const folders = from.split("/");
  for (let length = folders.length; length >= 0; length -= 1) {
    const path = [...folders.slice(0, length), "node_modules", name].join("/");
    const entry = lock.packages[path];
    if (entry !== undefined) return entry.link === true ? entry.resolved : path;
  }
  return undefined;
}

function nameOf(path: string): string {
  return path.startsWith("packages/")
    ? `@entrepot/${path.slice(9)}`
    : (path.split("node_modules/").at(-1) ?? path);
}
