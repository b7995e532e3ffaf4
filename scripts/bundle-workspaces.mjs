/**
 * The server is published as one tarball, with core and cli inside it as bundled dependencies: neither has to
 * be on a registry, and an operator gets exactly what was tested together.
 * `add` (prepack) puts built copies where npm looks for bundled dependencies and names them in the server's
 * package.json; `remove` (postpack) undoes both. They cannot stay: npm takes a workspace that bundles for a
 * package to unpack, and the copies shadow the workspaces.
 */
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, bundled, manifestBeforePack, root, undoPack } from "./prepare.mjs";

const BUNDLED = ["core", "cli"];

if (process.argv[2] === "add") await add();
else if (process.argv[2] === "remove") undoPack();
else throw new Error("Say add or remove.");

async function add() {
  undoPack();
  await build();
  const server = readManifest("server");
  const manifests = BUNDLED.map((name) => readManifest(name));
  for (const [index, name] of BUNDLED.entries()) {
    assertCovered(manifests[index], server);
    const from = join(root, "packages", name);
    const to = join(bundled, name);
    mkdirSync(to, { recursive: true });
    cpSync(join(from, "dist"), join(to, "dist"), {
      recursive: true,
      filter: (path) => !path.endsWith(".tsbuildinfo"),
    });
    copyFileSync(join(from, "LICENSE"), join(to, "LICENSE"));
    writeManifest(join(to, "package.json"), publishedManifest(manifests[index]));
  }
  const serverManifest = join(root, "packages/server/package.json");
  copyFileSync(serverManifest, manifestBeforePack);
  const bundleDependencies = manifests.map((manifest) => manifest.name);
  writeManifest(serverManifest, { ...publishedManifest(server), bundleDependencies });
}

function readManifest(name) {
  return JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
}

function writeManifest(path, manifest) {
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Not every client installs what a bundled package depends on, so the server lists it too, equally exact. */
function assertCovered(manifest, server) {
  for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
    if (BUNDLED.some((folder) => readManifest(folder).name === name)) continue;
    if (server.dependencies[name] === version) continue;
    throw new Error(
      `packages/server/package.json must list ${name} ${version}, which ${manifest.name} needs.`,
    );
  }
}

/** Without what only this repository has: the `source` condition's files, and development dependencies. */
function publishedManifest({ devDependencies: _own, ...manifest }) {
  const exports = Object.entries(manifest.exports).map(([path, { source: _source, ...published }]) => [
    path,
    published,
  ]);
  return { ...manifest, exports: Object.fromEntries(exports) };
}
