/**
 * Builds the console into `packages/server/dist/console`, where the server finds it, with a compressed copy of each
 * file beside it. Quiet when what is there was built from the same sources.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** What goes into the console: its own sources, what it takes of core, and which libraries. */
const SOURCES = ["packages/web", "packages/core/src", "package-lock.json", "scripts/build-console.mjs"];
const COMPRESSED_BYTES_MIN = 512;

/** Builds the console of the repository at `root` unless it is there already. */
export async function buildConsole(root) {
  const folder = join(root, "packages/server/dist/console");
  const stampFile = join(folder, "stamp.txt");
  const stamp = stampOf(root);
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  const { build } = await import("vite");
  await build({ configFile: join(root, "packages/web/vite.config.ts"), logLevel: "warn" });
  compressAll(join(folder, "assets"));
  writeFileSync(stampFile, stamp);
}

function stampOf(root) {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    for (const file of filesBelow(join(root, source))) hash.update(readFileSync(file));
  }
  return hash.digest("hex");
}

function filesBelow(path) {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/[\\/](?:node_modules|dist)[\\/]/.test(file.slice(path.length)))
    .sort();
}

/** The server compresses nothing while it answers: every file has its smaller copies ready. */
function compressAll(folder) {
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name));
    if (bytes.length < COMPRESSED_BYTES_MIN) continue;
    writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes, { params }));
  }
}
