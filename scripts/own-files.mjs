/** The files of this repository: tracked by git, or new and not ignored. Without git: all but what is produced. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { root } from "./prepare.mjs";

const PRODUCED = new Set([".git", "node_modules", "dist", "data", "coverage", ".cache"]);

/** Paths relative to the root, with forward slashes; files deleted but not yet committed are left out. */
export function listOwnFiles() {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { status, stdout } = spawnSync("git", args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) return walk(root);
  return [...new Set(stdout.split("\0"))].filter((path) => path !== "" && existsSync(join(root, path)));
}

function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (PRODUCED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [relative(root, path).split(sep).join("/")];
  });
}
