import { expect, test } from "vitest";
import { manifestDetails } from "./manifest-details.ts";

test("members of the wrong type count as absent", () => {
  const odd = {
    description: { x: 1 },
    keywords: 7,
    author: [],
    maintainers: "ada",
    homepage: 5,
    repository: ["x"],
    bugs: null,
    license: {},
    scripts: { install: 5, postinstall: ["x"], __proto__: null },
    engines: "node",
    dependencies: { left: 5, right: "^1.0.0" },
    dist: { fileCount: -1, unpackedSize: "many", signatures: {}, attestations: [] },
    _npmUser: "ada",
  };
  expect(manifestDetails(odd, "1.0.0")).toMatchObject({
    version: "1.0.0",
    description: null,
    keywords: [],
    author: null,
    maintainers: [],
    links: { homepage: null, repository: null, bugs: null },
    deprecated: null,
    publisher: null,
    attestations: null,
    hasSignatures: false,
    fileCount: null,
    unpackedSizeBytes: null,
    installScripts: {},
    hasInstallScript: false,
    engines: {},
    dependencies: { dependencies: { right: "^1.0.0" }, devDependencies: {} },
  });
});

test("old spellings are read", () => {
  const old = {
    keywords: "left, pad left",
    author: "Ada Lovelace <ada@example.test> (https://ada.example)",
    licenses: [{ type: "MIT" }],
    deprecated: true,
  };
  expect(manifestDetails(old, "1.0.0")).toMatchObject({
    keywords: ["left", "pad"],
    author: { name: "Ada Lovelace", email: "ada@example.test" },
    license: { spdx: "MIT" },
    deprecated: "deprecated",
  });
});

test("long texts and lists are cut", () => {
  const long = {
    description: "x".repeat(1_000_000),
    keywords: Array.from({ length: 10_000 }, (_, at) => `k${at}`),
    dependencies: Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`d${at}`, "1"])),
    scripts: { install: "y".repeat(1_000_000) },
  };
  expect(JSON.stringify(manifestDetails(long, "1.0.0")).length).toBeLessThan(100_000);
});
