import { expect, test } from "vitest";
import { indexDocument, readVersionFacts } from "./package-index.ts";

function factsWith(manifest: Record<string, unknown>): ReturnType<typeof readVersionFacts> {
  const document = {
    "name": "left",
    "dist-tags": {},
    "versions": {
      "1.0.0": { name: "left", version: "1.0.0", dist: { tarball: "http://u.test/x.tgz" }, ...manifest },
    },
  };
  const index = indexDocument(new TextEncoder().encode(JSON.stringify(document)), "left").serialize();
  return readVersionFacts(index, "1.0.0");
}

test.each<[unknown, string | undefined]>([
  [{ name: "pipeline", trustedPublisher: { oidcConfigId: "oidc:1", id: "github" } }, "github"],
  [{ name: "ada" }, undefined],
  [{ name: "ada", trustedPublisher: null }, undefined],
  [{ name: "ada", trustedPublisher: { id: "" } }, undefined],
  [{ name: "ada", trustedPublisher: { id: 7 } }, undefined],
  [{ name: "ada", trustedPublisher: "github" }, undefined],
])("published by %j: trusted publisher %s", (_npmUser, expected) => {
  // Once as it is spliced, once as it is parsed.
  expect(factsWith({ _npmUser })?.trustedPublisher).toBe(expected);
  expect(factsWith({ _npmUser, deprecated: "" })?.trustedPublisher).toBe(expected);
});
