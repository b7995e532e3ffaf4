import { EntrepotError, normalizeVersion, type PackageName } from "@entrepot/core";

/** Reads the version out of a tarball's file name: `<base>-<version>.tgz`, with or without the scope before it. */
export function versionOfFileName(name: PackageName, fileName: string): string {
  const last = fileName.slice(fileName.lastIndexOf("/") + 1);
  const start = `${name.base}-`;
  const version =
    last.startsWith(start) && last.endsWith(".tgz")
      ? normalizeVersion(last.slice(start.length, -".tgz".length))
      : null;
  if (version === null) {
    throw new EntrepotError("version-not-found", {
      message: `"${fileName}" is not a tarball of ${name.full}; its tarballs are named ${start}<version>.tgz.`,
    });
  }
  return version;
}
