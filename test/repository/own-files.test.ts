import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listOwnFiles } from "../../scripts/own-files.mjs";
import { root } from "./temporary-copy.ts";

/** Put together here, so that this file is not an offender itself. */
const REGISTRY_HOSTS = [
  ["registry", "npmjs", "org"],
  ["registry", "npmjs", "com"],
  ["registry", "yarnpkg", "com"],
  ["npm", "jsr", "io"],
  ["npm", "pkg", "github", "com"],
  ["registry", "npmmirror", "com"],
].map((parts) => parts.join("."));

test("no file names a registry's host: which upstream is asked is a matter of configuration", () => {
  const offenders = listOwnFiles().filter((path) => {
    const text = readFileSync(join(root, path), "latin1");
    return REGISTRY_HOSTS.some((host) => text.includes(host));
  });
  expect(offenders).toEqual([]);
});

test("the lockfile holds for any registry: it names no address to download from", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { resolved?: string }>;
  };
  const addresses = Object.values(packages).map((entry) => entry.resolved ?? "");
  expect(addresses.filter((address) => address.includes("://"))).toEqual([]);
});
