import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer, type StartedServer } from "./started-server.ts";
import { copyRepository, type TemporaryCopy } from "./temporary-copy.ts";

let copy: TemporaryCopy;
let installed: string;
let tarball: string;
let packedFiles: string[];
let server: StartedServer | undefined;

beforeAll(() => {
  copy = copyRepository((path) => /^([^/]+|scripts\/.*|packages\/.*)$/.test(path));
  const packed = run("npm", ["pack", "--workspace", "packages/server", "--json"], copy.folder);
  const report = JSON.parse(packed) as PackReport | Record<string, PackReport[number]>;
  const [entry] = Array.isArray(report) ? report : Object.values(report);
  if (entry === undefined) throw new Error(`npm pack reported nothing: ${packed}`);
  packedFiles = entry.files.map((file) => file.path);
  tarball = join(copy.folder, entry.filename);

  installed = mkdtempSync(join(tmpdir(), "entrepot-installed-"));
  writeFileSync(join(installed, "package.json"), '{ "private": true }');
  run(
    "npm",
    ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", tarball],
    installed,
  );
});

afterAll(() => {
  server?.kill();
  copy?.remove();
  if (installed !== undefined) rmSync(installed, { recursive: true, force: true });
});

type PackReport = Array<{ filename: string; files: Array<{ path: string }> }>;

test("the tarball holds the built server with core and cli inside, and nothing else of the repository", () => {
  expect(packedFiles).toEqual(
    expect.arrayContaining([
      "LICENSE",
      "README.md",
      "package.json",
      "dist/main.js",
      "dist/console/index.html",
      "node_modules/@entrepot/core/dist/index.js",
      "node_modules/@entrepot/core/LICENSE",
      "node_modules/@entrepot/cli/dist/index.js",
    ]),
  );
  const unwanted =
    /^src\/|^test\/|\.tsbuildinfo$|\.test\.|\.conformance\.|before-pack|node_modules\/(?!@entrepot\/)/;
  expect(packedFiles.filter((path) => unwanted.test(path))).toEqual([]);
});

test("packing leaves the working tree as it was", () => {
  const before = readFileSync(new URL("../../packages/server/package.json", import.meta.url), "utf8");
  expect(readFileSync(join(copy.folder, "packages/server/package.json"), "utf8")).toBe(before);
  const left = run("find", ["packages/server", "-path", "*node_modules/@entrepot*"], copy.folder);
  expect(left).toBe("");
});

test("the published package.json points to no source and brings its parts", () => {
  const manifest = readFileSync(join(installed, "node_modules/entrepot/package.json"), "utf8");
  expect(JSON.parse(manifest)).toMatchObject({ bundleDependencies: ["@entrepot/core", "@entrepot/cli"] });
  expect(manifest).not.toContain("src/");
  expect(manifest).not.toContain("testkit");
});

test("installed into an empty folder with scripts blocked, it starts, is ready, has its console, and stops when told", async () => {
  server = await startServer(join(installed, "node_modules/.bin/entrepot"), ["serve"], installed);
  await server.untilReady();
  const page = await (await fetch(`${server.url}/`, { headers: { accept: "text/html" } })).text();
  const program = /<script type="module"[^>]* src="\.(\/assets\/[^"]+)"/.exec(page)?.[1];
  expect((await fetch(`${server.url}${program}`)).status).toBe(200);
  expect(await server.stop(), server.output()).toBe(0);
});

function run(command: string, args: string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stdout}\n${stderr}`);
  }
  return stdout;
}
