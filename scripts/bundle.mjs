/**
 * Puts the compiled server into one file, `dist/bundle/program.js`, for a quick start: what is slow about
 * starting is finding and reading some six hundred small modules. Each of its threads gets a file of its own with
 * just what that thread uses, for a thread keeps in memory what it loads. Quiet when the bundle is that of the build.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Left outside: native code, and packages that load files of their own or that most starts do not need. */
const EXTERNAL = [
  "@node-rs/argon2",
  "@photostructure/sqlite",
  "diff",
  "fastify",
  "markdown-it",
  "pg",
  "pino",
  "prom-client",
  "rate-limiter-flexible",
  "registry-url",
  "sanitize-html",
  "tar",
  "undici",
];

/** Entries of threads, below `dist`. They share what several of them use. */
const THREADS = [
  "advisories/import-thread",
  "blobs/blob-writer-thread",
  "db/sqlite/writer-thread",
  "threads/worker",
];

/** Modules that do nothing when loaded: who uses nothing of them can do without. */
const PURE =
  /\/packages\/(?:cli|core|server)\/|\/node_modules\/(?:ae-cvss-calculator|js-yaml|kysely|semver|spdx-[a-z-]+|zod)\//;

/** Makes the bundle of the server in the repository at `root` unless it is there already. */
export async function bundleServer(root) {
  const dist = join(root, "packages/server/dist");
  const { buildStamp } = await import(pathToFileURL(join(dist, "bundled-program.js")).href);
  const stamp = buildStamp(pathToFileURL(join(dist, "main.js")).href);
  const stampFile = join(dist, "bundle/stamp.txt");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  rmSync(join(dist, "bundle"), { recursive: true, force: true });
  const { build } = await import("rolldown");
  const options = {
    platform: "node",
    external: (id) => EXTERNAL.some((name) => id === name || id.startsWith(`${name}/`)),
    treeshake: { moduleSideEffects: (id) => !PURE.test(id) },
    logLevel: "warn",
  };
  const output = { dir: join(dist, "bundle"), format: "esm", entryFileNames: "[name].js", minify: false };
  await build({ ...options, input: { program: join(dist, "program.js") }, output });
  await build({
    ...options,
    input: Object.fromEntries(THREADS.map((name) => [name, join(dist, `${name}.js`)])),
    output: { ...output, chunkFileNames: "shared/[name]-[hash].js" },
  });
  writeFileSync(stampFile, stamp);
}
