/**
 * Puts the compiled server into one file, `dist/bundle/program.js`, for a quick start: what is slow about
 * starting is finding and reading some six hundred small modules. Quiet when the bundle is that of the build.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Left outside: native code, and packages that load files of their own or that most starts do not need. */
const EXTERNAL = [
  "@node-rs/argon2",
  "@photostructure/sqlite",
  "fastify",
  "pg",
  "pino",
  "prom-client",
  "rate-limiter-flexible",
  "registry-url",
  "tar",
  "undici",
];

/** Makes the bundle of the server in the repository at `root` unless it is there already. */
export async function bundleServer(root) {
  const dist = join(root, "packages/server/dist");
  const { buildStamp } = await import(pathToFileURL(join(dist, "bundled-program.js")).href);
  const stamp = buildStamp(pathToFileURL(join(dist, "main.js")).href);
  const stampFile = join(dist, "bundle/stamp.txt");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  rmSync(join(dist, "bundle"), { recursive: true, force: true });
  const { build } = await import("rolldown");
  await build({
    input: join(dist, "program.js"),
    platform: "node",
    external: (id) => EXTERNAL.some((name) => id === name || id.startsWith(`${name}/`)),
    output: { dir: join(dist, "bundle"), format: "esm", entryFileNames: "program.js", minify: false },
    logLevel: "warn",
  });
  writeFileSync(stampFile, stamp);
}
