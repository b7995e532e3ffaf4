import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { listOwnFiles } from "../../scripts/own-files.mjs";

/** The repository's folder, absolute. */
export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface TemporaryCopy {
  folder: string;
  /** Writes a file below the copy, with its folders. */
  write(path: string, text: string): void;
  remove(): void;
}

/**
 * A copy of the repository's own files that `wants` accepts, in a new temporary folder, with the installed
 * dependencies linked in and the workspaces linked to the copy's own. What a test plants there disturbs nobody.
 */
export function copyRepository(
  wants: (path: string) => boolean,
  { dependencies }: { dependencies: "linked" | "none" } = { dependencies: "linked" },
): TemporaryCopy {
  const folder = mkdtempSync(join(tmpdir(), "entrepot-copy-"));
  for (const path of listOwnFiles().filter((own) => wants(own))) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  if (dependencies === "linked") linkDependencies(folder);
  return {
    folder,
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function linkDependencies(folder: string): void {
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "@entrepot"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name !== "entrepot" && name !== "@entrepot") {
      symlinkSync(join(root, "node_modules", name), join(modules, name));
    }
  }
  symlinkSync(join(folder, "packages/server"), join(modules, "entrepot"));
  for (const name of ["cli", "core", "testkit"]) {
    symlinkSync(join(folder, "packages", name), join(modules, "@entrepot", name));
  }
}
