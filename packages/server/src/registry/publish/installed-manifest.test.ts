import { expect, test } from "vitest";
import { installedManifest } from "./installed-manifest.ts";

function plain(manifest: Record<string, unknown>): Record<string, unknown> {
  const { dependencies, peerDependencies, scripts } = installedManifest(manifest);
  return {
    dependencies: Object.fromEntries(dependencies),
    peerDependencies: Object.fromEntries(peerDependencies),
    scripts: Object.fromEntries(scripts),
  };
}

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  [
    "optional dependencies win over regular ones",
    { dependencies: { a: "1", b: "1" }, optionalDependencies: { a: "2" } },
    { dependencies: { a: "2", b: "1" } },
  ],
  [
    "a list",
    { dependencies: ["a@^1.0.0", "b", "c@>=2", 5] },
    { dependencies: { a: "^1.0.0", b: "", c: ">=2" } },
  ],
  ["a text", { dependencies: " a@^1.0.0, b " }, { dependencies: { a: "^1.0.0", b: "" } }],
  [
    "bundled packages are dependencies",
    { dependencies: { a: "1" }, bundledDependencies: ["a", "b", 5], peerDependencies: { p: "1", q: null } },
    { dependencies: { a: "1", b: "*" }, peerDependencies: { p: "1" } },
  ],
  ["all are bundled", { dependencies: { a: "1" }, bundleDependencies: true }, { dependencies: { a: "1" } }],
  [
    "what is no text is absent",
    { dependencies: { a: 5, b: null, c: "1" }, scripts: { install: 5 } },
    { dependencies: { c: "1" } },
  ],
  [
    "scripts find the folder of commands by themselves",
    {
      scripts: {
        install: "./node_modules/.bin/x --y",
        postinstall: "node_modules\\.bin\\x",
        preinstall: "echo ./node_modules/.bin/x",
      },
    },
    { scripts: { install: "x --y", postinstall: "x", preinstall: "echo ./node_modules/.bin/x" } },
  ],
  ["nothing at all", { dependencies: null, peerDependencies: "x", scripts: [] }, {}],
])("%s", (_what, manifest, expected) => {
  expect(plain(manifest)).toEqual({ dependencies: {}, peerDependencies: {}, scripts: {}, ...expected });
});
