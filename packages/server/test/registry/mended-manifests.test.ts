import { makePackageTarball, makePublishDocument, startTestApp, type TestApp } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

/** Publishes a package.json with the manifest that a client made of it. */
async function publish(
  name: string,
  packed: Record<string, unknown>,
  sent: Record<string, unknown>,
): Promise<[number, string]> {
  const document = makePublishDocument({ name, version: "1.0.0", manifest: sent });
  const { bytes, integrity, shasum } = makePackageTarball({
    name,
    version: "1.0.0",
    manifest: packed,
    files: { "binding.gyp": "{}" },
  });
  const manifest = (document.body["versions"] as Record<string, Record<string, unknown>>)["1.0.0"];
  Object.assign(manifest ?? {}, { dist: { integrity, shasum } });
  document.body["_attachments"] = {
    [`${name}-1.0.0.tgz`]: {
      content_type: "application/octet-stream",
      data: bytes.toString("base64"),
      length: bytes.length,
    },
  };
  const answer = await app.admin.request(`/npm/default/${name}`, { method: "PUT", body: document.body });
  return [answer.status, String(answer.json.error ?? "")];
}

describe("a manifest that its client mended", () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["name-and-version", { name: " name-and-version ", version: "v1.0.0" }, {}],
    [
      "bin-paths",
      { scripts: { postinstall: "./node_modules/.bin/x" }, bin: "./a.js" },
      { scripts: { postinstall: "x" }, bin: { "bin-paths": "a.js" } },
    ],
    ["lists", { dependencies: ["a@^1.0.0", "b"] }, { dependencies: { a: "^1.0.0", b: "" } }],
    [
      "optional",
      { dependencies: { a: "^1.0.0" }, optionalDependencies: { a: "^2.0.0" } },
      { dependencies: { a: "^2.0.0" }, optionalDependencies: { a: "^2.0.0" } },
    ],
    ["no-text", { dependencies: { a: "^1.0.0", b: 5 } }, { dependencies: { a: "^1.0.0" } }],
    ["git", { dependencies: { a: "ada/engine" } }, { dependencies: { a: "github:ada/engine" } }],
    ["bundled", { bundledDependencies: ["a"] }, { bundleDependencies: ["a"], dependencies: { a: "*" } }],
    ["build", {}, { scripts: { install: "node-gyp rebuild" }, gypfile: true }],
  ])("is taken: %s", async (name, packed, sent) => {
    expect(await publish(name, packed, sent)).toEqual([201, ""]);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    [
      "hidden-peer",
      { peerDependencies: { evil: "1" } },
      {},
      "wants as its peer evil 1, the manifest says not at all",
    ],
    [
      "other-git",
      { dependencies: { a: "eve/engine" } },
      { dependencies: { a: "github:ada/engine" } },
      "depends on a eve/engine, the manifest says github:ada/engine",
    ],
    ["other-build", {}, { scripts: { install: "evil" } }, 'has another "install" script than the manifest'],
    [
      "hidden-build",
      { scripts: { install: "evil" } },
      { scripts: { install: "node-gyp rebuild" } },
      'has another "install" script than the manifest',
    ],
  ])("is refused when it says something else: %s", async (...row) => {
    const [name, packed, sent, how] = row;
    expect(await publish(name, packed, sent)).toEqual([
      400,
      `The package.json inside the tarball ${how}; pack and publish again with an unchanged client.`,
    ]);
  });
});
