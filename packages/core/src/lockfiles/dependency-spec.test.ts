import { expect, it } from "vitest";
import { isRegistryTarball, readDependencySpec } from "./dependency-spec.ts";

it.each([
  ["^1.0.0", "registry a@^1.0.0"],
  ["", "registry a@*"],
  ["npm:b", "registry b@*"],
  ["npm:@s/b@1", "registry @s/b@1"],
  ["npm:^1.0.0", "registry a@^1.0.0"],
  ["latest", "registry a@latest"],
  ["1.x || >=2 <3", "registry a@1.x || >=2 <3"],
  ["u/r", "git"],
  ["github:u/r", "git"],
  ["git@host.test:u/r.git", "git"],
  ["https://host.test/u/r.git#v1", "git"],
  ["https://host.test/a.tgz", "tarball"],
  ["./a", "link"],
  ["~/a", "link"],
  ["catalog:", "other"],
  ["jsr:^1", "other"],
  ["patch:a@1#p", "patch"],
])("reads the range %j of a dependency", (spec, expected) => {
  const read = readDependencySpec("a", spec);
  expect(read.kind === "registry" ? `registry ${read.name}@${read.range}` : read.what).toBe(expected);
});

it.each([
  ["/a/-/a-1.0.0.tgz", "a", true],
  ["/api/npm/x/@s/a/-/a-1.0.0.tgz", "@s/a", true],
  ["/@s%2fa/-/@s/a-1.0.0.tgz", "@s/a", true],
  ["/download/@s/a/1.0.0/0123abcd", "@s/a", true],
  ["/~/11/@s/a/1.0.0.tgz", "@s/a", true],
  ["/u/a/-/archive/1.0.0/a-1.0.0.tar.gz", "a", false],
  ["/u/a/archive/1.0.0.tar.gz", "a", false],
  ["/u/a/tar.gz/0123", "a", false],
])("knows whether %s is a registry's tarball of %s", (path, name, expected) => {
  expect(isRegistryTarball(`https://host.test${path}`, name, "1.0.0")).toBe(expected);
});
