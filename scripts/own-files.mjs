/** The files of this repository as git sees them: tracked, or new and not ignored. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./prepare.mjs";

/** Paths relative to the root, with forward slashes; files deleted but not yet committed are left out. */
export function listOwnFiles() {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const output = execFileSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return [...new Set(output.split("\0"))].filter((path) => path !== "" && existsSync(join(root, path)));
}
