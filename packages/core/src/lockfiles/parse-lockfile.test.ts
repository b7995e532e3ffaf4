import { describe, expect, it } from "vitest";
import type { ParsedLockfile } from "./lockfile.ts";
import { parseLockfile } from "./parse-lockfile.ts";

const HOST = "https://registry.example.test";
const json = (value: unknown): string => JSON.stringify(value);

/** Each package on a line, with what is known of it. */
function lines(parsed: ParsedLockfile): string[] {
  return parsed.packages.map((item) =>
    [
      `${item.name}@${item.version}`,
      item.resolved,
      item.integrity,
      item.isDev === true ? "dev" : null,
      item.isOptional === true ? "optional" : null,
      item.isBundled ? "bundled" : null,
    ]
      .filter((part) => part !== null)
      .join(" "),
  );
}

describe("npm", () => {
  const tree = {
    lockfileVersion: 1,
    dependencies: {
      left: {
        version: "1.0.0",
        resolved: `${HOST}/left/-/left-1.0.0.tgz`,
        integrity: "sha512-x",
        dev: true,
        dependencies: {
          below: { version: "2.0.0", bundled: true },
          left: { version: "0.9.0", optional: true },
        },
      },
      alias: { version: "npm:@acme/real@3.0.0" },
      bygit: { version: "git+ssh://git@host.test/a/b.git#0123" },
      short: { version: "github:a/b#0123" },
      byfile: { version: "file:../here" },
      byurl: { version: "https://host.test/a.tgz" },
    },
  };

  it("reads layout 1, nested and with aliases", () => {
    const parsed = parseLockfile("package-lock.json", json(tree));
    expect(parsed.format).toBe("npm-v1");
    expect(lines(parsed)).toEqual([
      `left@1.0.0 ${HOST}/left/-/left-1.0.0.tgz sha512-x dev`,
      "@acme/real@3.0.0",
      "below@2.0.0 bundled",
      "left@0.9.0 optional",
    ]);
    expect(parsed.leftOut).toEqual({ git: 2, link: 1, tarball: 1 });
  });

  it("reads the oldest shrinkwrap, which has no number", () => {
    const parsed = parseLockfile(
      null,
      json({ dependencies: { left: { version: "1.0.0", from: "left@1" } } }),
    );
    expect([parsed.format, lines(parsed)]).toEqual(["npm-v0", ["left@1.0.0"]]);
  });

  const places = {
    "": { name: "project", dependencies: { left: "^1.0.0" } },
    "node_modules/left": {
      version: "1.0.0",
      resolved: `${HOST}/left/-/left-1.0.0.tgz`,
      integrity: "sha512-x",
    },
    "node_modules/left/node_modules/@acme/in": { version: "2.0.0", inBundle: true, devOptional: true },
    "node_modules/alias": { name: "real", version: "3.0.0", dev: true },
    "node_modules/own": { resolved: "packages/own", link: true },
    "packages/own": { name: "own", version: "1.0.0" },
    "node_modules/bygit": { version: "1.0.0", resolved: "git+ssh://git@host.test/a/b.git#0123" },
    "node_modules/byurl": { version: "1.0.0", resolved: "https://host.test/a/-/archive/1/byurl-1.0.0.zip" },
  };

  it.each([2, 3])("reads layout %d by its folders, not by the tree beside them", (lockfileVersion) => {
    const parsed = parseLockfile(
      null,
      json({ lockfileVersion, packages: places, dependencies: tree.dependencies }),
    );
    expect(parsed.format).toBe(`npm-v${lockfileVersion}`);
    expect(lines(parsed)).toEqual([
      `left@1.0.0 ${HOST}/left/-/left-1.0.0.tgz sha512-x`,
      "@acme/in@2.0.0 dev optional bundled",
      "real@3.0.0 dev",
    ]);
    expect(parsed.leftOut).toEqual({ link: 1, workspace: 1, git: 1, tarball: 1 });
  });
});

describe("pnpm", () => {
  it("reads layout 5: keys with slashes, peers behind an underscore, names with underscores", () => {
    const parsed = parseLockfile(
      "pnpm-lock.yaml",
      `lockfileVersion: 5.4
importers:
  .:
    specifiers: {left: ^1.0.0}
packages:
  /left/1.10.0_react@17.0.0+b@2.0.0:
    resolution: {integrity: sha512-x}
    dev: true
  /string_decoder/1.1.1:
    resolution: {integrity: sha512-y}
    dev: false
    optional: true
  /@acme/a_b/2.0.0_@acme+c@1.0.0:
    resolution: {integrity: sha512-z}
  registry.example.test/right/1.0.0:
    resolution: {integrity: sha512-r}
  github.com/a/b/0123456789012345678901234567890123456789:
    resolution: {tarball: https://codeload.host.test/a/b/tar.gz/0123}
    name: b
    version: 1.0.0
  file:here:
    resolution: {directory: here, type: directory}
    name: here
    version: 1.0.0
`,
    );
    expect(parsed.format).toBe("pnpm-5.4");
    expect(lines(parsed)).toEqual([
      "left@1.10.0 sha512-x dev",
      "string_decoder@1.1.1 sha512-y optional",
      "@acme/a_b@2.0.0 sha512-z",
      `right@1.0.0 ${HOST}/ sha512-r`,
    ]);
    expect(parsed.leftOut).toEqual({ git: 1, link: 1, workspace: 1 });
  });

  it("reads layout 6: peers in brackets", () => {
    const parsed = parseLockfile(
      null,
      `lockfileVersion: '6.0'
packages:
  /left@1.0.0(@acme/x@1.0.0)(y@2.0.0(z@1.0.0)):
    resolution: {integrity: sha512-x}
    dev: true
  /@acme/right@2.0.0:
    resolution: {integrity: sha512-y, tarball: ${HOST}/@acme/right/-/right-2.0.0.tgz}
  github.com/a/b/0123:
    resolution: {tarball: https://codeload.host.test/a/b/tar.gz/0123}
    name: b
    version: 1.0.0
`,
    );
    expect(parsed.format).toBe("pnpm-6.0");
    expect(lines(parsed)).toEqual([
      "left@1.0.0 sha512-x dev",
      `@acme/right@2.0.0 ${HOST}/@acme/right/-/right-2.0.0.tgz sha512-y`,
    ]);
  });

  const nine = `lockfileVersion: '9.0'
importers:
  .: {}
packages:
  left@1.0.0:
    resolution: {integrity: sha512-x}
  '@acme/right@2.0.0':
    resolution: {integrity: sha512-y}
  other@work:1.0.0:
    resolution: {integrity: sha512-w}
  own@file:../own:
    resolution: {directory: ../own, type: directory}
  b@https://codeload.host.test/a/b/tar.gz/0123:
    resolution: {tarball: https://codeload.host.test/a/b/tar.gz/0123}
    version: 1.0.0
  c@git+ssh://git@host.test/a/c.git#0123:
    resolution: {commit: '0123', repo: ssh://git@host.test/a/c.git, type: git}
    version: 1.0.0
snapshots:
  left@1.0.0:
    optional: true
  '@acme/right@2.0.0(left@1.0.0)': {}
`;

  it("reads layout 9, also with names of registries in its keys", () => {
    const parsed = parseLockfile(null, nine);
    expect(parsed.format).toBe("pnpm-9.0");
    expect(lines(parsed)).toEqual([
      "left@1.0.0 sha512-x optional",
      "@acme/right@2.0.0 sha512-y",
      "other@1.0.0 sha512-w",
    ]);
    expect(parsed.packages[0]?.isDev).toBeNull();
    expect(parsed.leftOut).toEqual({ link: 1, git: 2, workspace: 1 });
  });

  it("reads both documents where the first pins the package manager", () => {
    const first =
      "---\nlockfileVersion: '9.0'\npackages:\n  pnpm@11.0.0:\n    resolution: {integrity: sha512-p}\n";
    const parsed = parseLockfile("pnpm-lock.yaml", `${first}---\n${nine}`);
    expect(parsed.format).toBe("pnpm-9.0+9.0");
    expect(lines(parsed).slice(0, 2)).toEqual(["pnpm@11.0.0 sha512-p", "left@1.0.0 sha512-x optional"]);
  });

  it("reads a project without dependencies", () => {
    expect(parseLockfile(null, "lockfileVersion: '9.0'\nimporters:\n  .: {}\n").packages).toEqual([]);
  });
});

describe("yarn", () => {
  it("reads yarn 1, an entry once however many patterns it has", () => {
    const parsed = parseLockfile(
      null,
      `# yarn lockfile v1


"@acme/left@^1.0.0", "@acme/left@^1.1.0":
  version "1.1.0"
  resolved "${HOST}/@acme/left/-/left-1.1.0.tgz#0123"
  integrity sha512-x

"alias@npm:real@^2.0.0":
  version "2.0.0"
  resolved "${HOST}/real/-/real-2.0.0.tgz#0123"

mirrored@^1.0.0:
  version "1.0.0"
  resolved "mirrored-1.0.0.tgz#0123"

"a@git+https://host.test/a/a.git":
  version "1.0.0"
  resolved "git+https://host.test/a/a.git#0123"

b@a/b:
  version "1.0.0"
  resolved "https://codeload.host.test/a/b/tar.gz/0123"

"c@file:./c":
  version "1.0.0"
`,
    );
    expect(parsed.format).toBe("yarn-v1");
    expect(lines(parsed)).toEqual([
      `@acme/left@1.1.0 ${HOST}/@acme/left/-/left-1.1.0.tgz sha512-x`,
      `real@2.0.0 ${HOST}/real/-/real-2.0.0.tgz`,
      "mirrored@1.0.0",
    ]);
    expect(parsed.leftOut).toEqual({ git: 2, link: 1 });
  });

  it.each([4, 8, 10])("reads yarn berry, layout %d", (version) => {
    const parsed = parseLockfile(
      "yarn.lock",
      `# This file is generated

__metadata:
  version: ${version}
  cacheKey: 10

"@acme/left@npm:^1.0.0, @acme/left@npm:^1.1.0":
  version: 1.10.0
  resolution: "@acme/left@npm:1.10.0"
  checksum: 10/0123
  languageName: node
  linkType: hard

"alias@npm:real@^2.0.0":
  version: 2.0.0
  resolution: "real@npm:2.0.0::__archiveUrl=https%3A%2F%2Fhost.test%2Freal%2F-%2Freal-2.0.0.tgz"

"own@workspace:.":
  version: 0.0.0-use.local
  resolution: "own@workspace:."

"left@patch:left@npm%3A1.0.0#optional!builtin<compat/left>":
  version: 1.0.0
  resolution: "left@patch:left@npm%3A1.0.0#optional!builtin<compat/left>::version=1.0.0&hash=01"

"b@https://host.test/a/b.git#commit=0123":
  version: 1.0.0
  resolution: "b@https://host.test/a/b.git#commit=0123"

"c@https://host.test/c.tgz":
  version: 1.0.0
  resolution: "c@https://host.test/c.tgz"
`,
    );
    expect(parsed.format).toBe(`berry-${version}`);
    expect(lines(parsed)).toEqual([
      "@acme/left@1.10.0",
      "real@2.0.0 https://host.test/real/-/real-2.0.0.tgz",
    ]);
    expect(parsed.leftOut).toEqual({ workspace: 1, patch: 1, git: 1, tarball: 1 });
  });
});

it("reads bun.lock, with its comments and its last commas", () => {
  const parsed = parseLockfile(
    null,
    `{
  // a comment, with "quotes" and a comma,
  "lockfileVersion": 1,
  "workspaces": { "": { "name": "project", "dependencies": { "left": "^1.0.0", }, }, },
  "packages": {
    "left": ["left@1.0.0", "", { "dependencies": { "a,]": "^1", }, }, "sha512-x"], /* and */
    "alias": ["real@2.0.0", "${HOST}/real/-/real-2.0.0.tgz", { "bundled": true }, "sha512-y"],
    "own": ["own@workspace:packages/own"],
    "b": ["b@github:a/b#0123", {}, "a-b-0123"],
    "c": ["c@git+https://host.test/a/c.git#0123", {}, "0123"],
    "d": ["d@https://host.test/d.tgz", {}],
    "e": ["e@file:../e", {}], // last
    "f": ["f@root:", {}],
  },
}`,
  );
  expect(parsed.format).toBe("bun-1");
  expect(lines(parsed)).toEqual([
    "left@1.0.0 sha512-x",
    `real@2.0.0 ${HOST}/real/-/real-2.0.0.tgz sha512-y bundled`,
  ]);
  expect(parsed.leftOut).toEqual({ workspace: 2, git: 2, tarball: 1, link: 1 });
});

it("reads what a manifest asks for", () => {
  const parsed = parseLockfile(
    "package.json",
    json({
      dependencies: {
        left: "^1.0.0",
        alias: "npm:@acme/real@~2.0.0",
        any: "",
        tagged: "next",
        own: "workspace:*",
      },
      devDependencies: { test: ">=1 <3 || 4.x", bygit: "a/b#main", wrong: 1 },
      optionalDependencies: { maybe: "1.0.0" },
      peerDependencies: { left: "*", peer: "^3", spare: "^3" },
      peerDependenciesMeta: { spare: { optional: true } },
      overrides: { below: "1" },
    }),
  );
  expect(parsed.wanted.map(({ name, range, kind }) => `${kind} ${name}@${range}`)).toEqual([
    "dependency left@^1.0.0",
    "dependency @acme/real@~2.0.0",
    "dependency any@*",
    "dependency tagged@next",
    "dev test@>=1 <3 || 4.x",
    "optional maybe@1.0.0",
    "peer peer@^3",
  ]);
  expect(parsed.leftOut).toEqual({ workspace: 1, git: 1 });
  expect(parsed.problems).toEqual(['the range of "wrong" is not a text', 'its "overrides" is not applied']);
});
