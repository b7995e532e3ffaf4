import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyRepository, type TemporaryCopy } from "./temporary-copy.ts";

const READY_TRIES_MAX = 300;
const READY_PAUSE_MS = 100;

let copy: TemporaryCopy;
let installed: string;
let tarball: string;
let packedFiles: string[];
let server: ChildProcess | undefined;

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
  server?.kill("SIGKILL");
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

test("installed into an empty folder with scripts blocked, it starts, is ready, and stops when told", async () => {
  const port = await freePort();
  const bin = join(installed, "node_modules/.bin/entrepot");
  const started = spawn(bin, ["serve"], {
    cwd: installed,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: installed,
      ENTREPOT_PORT: String(port),
      ENTREPOT_DATA: join(installed, "data"),
      ENTREPOT_UPSTREAM: "none",
    },
  });
  server = started;
  const output: string[] = [];
  started.stdout.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  started.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));

  await waitUntilReady(`http://127.0.0.1:${port}/health/ready`, started, output);

  started.kill("SIGTERM");
  if (started.exitCode === null) await once(started, "exit");
  expect(started.exitCode, output.join("")).toBe(0);
});

async function waitUntilReady(url: string, child: ChildProcess, output: string[]): Promise<void> {
  for (let tries = 0; tries < READY_TRIES_MAX; tries += 1) {
    if (child.exitCode !== null) {
      throw new Error(`The server ended with ${child.exitCode}:\n${output.join("")}`);
    }
    const response = await fetch(url).catch(() => undefined);
    if (response?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, READY_PAUSE_MS));
  }
  throw new Error(`The server did not become ready:\n${output.join("")}`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

function run(command: string, args: string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stdout}\n${stderr}`);
  }
  return stdout;
}
