import { describe, expect, test } from "vitest";
import { isEntrepotError } from "../errors.ts";
import { parseAuditTree } from "./audit-tree.ts";

/** `name@version way` of every node, in order of the names. */
function waysIn(body: unknown): string[] {
  return parseAuditTree(body)
    .map((node) => `${node.name}@${node.version} ${node.path().join(">")}`)
    .sort();
}

describe("parseAuditTree", () => {
  test("finds the shortest way by what is required, not by where it lies", () => {
    const hoisted = {
      name: "app",
      requires: { express: "^4.0.0", debug: "^2.0.0" },
      dependencies: {
        "express": { version: "4.18.0", requires: { "body-parser": "1.20.0" } },
        "body-parser": {
          version: "1.20.0",
          requires: { qs: "6.10.0" },
          dependencies: { qs: { version: "6.10.0" } },
        },
        "qs": { version: "6.11.0" },
        "debug": { version: "2.6.9", requires: { qs: "*" } },
      },
    };
    expect(waysIn(hoisted)).toEqual([
      "body-parser@1.20.0 express>body-parser",
      "debug@2.6.9 debug",
      "express@4.18.0 express",
      "qs@6.10.0 express>body-parser>qs",
      "qs@6.11.0 debug>qs",
    ]);
  });

  test("takes the projects of a pnpm workspace for no packages, whatever their folders are called", () => {
    const left = { version: "1.0.0", integrity: "sha512-x" };
    const workspace = {
      install: [],
      requires: { ".": "1.0.0", "left": "0.0.0" },
      dependencies: {
        ".": { version: "1.0.0", requires: { left: "1.0.0" }, dependencies: { left } },
        "left": { version: "0.0.0", requires: {}, dependencies: {} },
      },
    };
    expect(waysIn(workspace)).toEqual(["left@1.0.0 .>left"]);
    expect(waysIn({ ...workspace, name: "app" })).toHaveLength(3);
  });

  test("takes the place where nothing says who requires it, and rings", () => {
    expect(
      waysIn({
        requires: true,
        dependencies: {
          a: { version: "1.0.0", requires: { b: "1" }, dependencies: { c: { version: "3.0.0" } } },
          b: { version: "2.0.0", requires: { a: "1" } },
        },
      }),
    ).toEqual(["a@1.0.0 a", "b@2.0.0 b", "c@3.0.0 a>c"]);
  });

  test("knows the projects of a workspace as pnpm sends them", () => {
    const inner = { version: "4.17.20", dev: true };
    const project = { version: "0.0.0", requires: { lodash: "4.17.20" }, dependencies: { lodash: inner } };
    const body = { requires: { ".": "0.0.0" }, dependencies: { ".": project }, install: [], remove: [] };
    expect(waysIn(body)).toEqual(["lodash@4.17.20 .>lodash"]);
    expect(parseAuditTree(body).at(-1)).toMatchObject({ isDev: true, isOptional: false, isBundled: false });
  });

  test("calls what is installed under another name by its real one", () => {
    expect(
      waysIn({
        dependencies: { old: { version: "npm:@acme/pad@1.3.0" }, pad: { version: "npm:left-pad@1.0.0" } },
      }),
    ).toEqual(["@acme/pad@1.3.0 old", "left-pad@1.0.0 pad"]);
  });

  test("leaves out what is from no registry, or has no version", () => {
    const versions = [
      "file:../x",
      "link:x",
      "git+ssh://git@host/x.git#abc",
      "https://host/x.tgz",
      "github:acme/x",
      "acme/x",
      null,
      7,
      "1".repeat(2000),
    ];
    const dependencies = Object.fromEntries(versions.map((version, index) => [`p${index}`, { version }]));
    expect(waysIn({ dependencies })).toEqual([]);
  });

  test("names of an object's members are names like others", () => {
    const body: unknown = JSON.parse(
      '{"requires":{"__proto__":"1","constructor":"1"},"dependencies":{"__proto__":{"version":"1.0.0","requires":' +
        '{"toString":"1"}},"constructor":{"version":"2.0.0"}}}',
    );
    expect(waysIn(body)).toEqual(["__proto__@1.0.0 __proto__", "constructor@2.0.0 constructor"]);
    expect(waysIn({ requires: { toString: "1" }, dependencies: {} })).toEqual([]);
  });

  test.each([
    ["no object", [], "not a JSON object"],
    ["a list of dependencies", { dependencies: [] }, "not a JSON object"],
    ["a text as a dependency", { dependencies: { a: "1.0.0" } }, 'The dependency "a"'],
    ["a long name", { dependencies: { ["a".repeat(600)]: {} } }, "more than 512 characters"],
    ["too deep", nested(600), "levels deep"],
    ["too many", { dependencies: many(200_001, { version: "1.0.0" }) }, "more than 200000"],
    ["too many requirements", { requires: many(10_001, "*") }, "requires more than 10000"],
  ])("refuses %s", (_what, body, why) => {
    expect(() => parseAuditTree(body)).toThrow(
      expect.toSatisfy((error) => isEntrepotError(error, "request-invalid") && error.message.includes(why)),
    );
  });

  test("gives up on who requires whom before it takes forever", () => {
    const deep: Record<string, unknown> = { version: "1.0.0", requires: many(9_000, "*") };
    let body = deep;
    for (let depth = 0; depth < 400; depth++) {
      body = { requires: many(100, "*"), dependencies: { [`d${depth}`]: body } };
    }
    const nodes = parseAuditTree({ requires: { d399: "*" }, dependencies: { d399: body } });
    expect(nodes.every((node) => node.path().length <= 200)).toBe(true);
  });
});

function many<T>(count: number, value: T): Record<string, T> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`missing-${index}`, value]));
}

function nested(depth: number): unknown {
  let body: unknown = {};
  for (let at = 0; at < depth; at++) body = { dependencies: { a: body } };
  return body;
}
