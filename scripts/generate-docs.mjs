/**
 * Writes the reference pages that come from the code: `docs/errors.md` from core's table of errors and
 * `docs/reference-configuration.md` from the server's configuration schema. With `--check` nothing is
 * written; a page that differs from what would be written is an error.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./prepare.mjs";

const isCheck = process.argv.includes("--check");
const stale = [];

writePage("docs/errors.md", errorsPage(await importBuilt("packages/core/dist/index.js")));
const config = await importBuilt("packages/server/dist/config/index.js", { optional: true });
if (config?.configReference !== undefined) {
  writePage("docs/reference-configuration.md", config.configReference());
}

for (const path of stale) console.error(`${path} is not what the code says: run npm run docs`);
process.exitCode = stale.length > 0 ? 1 : 0;

async function importBuilt(path, { optional = false } = {}) {
  if (optional && !existsSync(join(root, path))) return undefined;
  return await import(pathToFileURL(join(root, path)).href);
}

function errorsPage({ ERROR_TABLE }) {
  const rows = Object.entries(ERROR_TABLE).map(([code, { status, message }]) => [
    `\`${code}\``,
    status,
    message,
  ]);
  return [
    "# Error codes",
    "",
    "Generated from `packages/core/src/errors.ts` by `npm run docs`; edit the table there.",
    "",
    "Every refusal is JSON with the text in `error` (what npm and bun print) and again in `message`, and the code in",
    "`code`. The text below is the default; an answer usually says more: which version, which limit, which upstream.",
    "",
    table(["Code", "Status", "Default text"], rows),
    "",
  ].join("\n");
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function writePage(path, text) {
  const file = join(root, path);
  const isCurrent = existsSync(file) && readFileSync(file, "utf8") === text;
  if (isCurrent) return;
  if (isCheck) return stale.push(path);
  writeFileSync(file, text);
  console.log(`wrote ${path}`);
}
