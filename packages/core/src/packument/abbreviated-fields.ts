/**
 * Members of a manifest that the abbreviated form keeps, in the order in which we write them. `dist` is last,
 * so that a tarball's URL can be put in at a fixed distance from the end. `hasInstallScript` and
 * `bundleDependencies` are also derived, from `scripts` and `bundledDependencies`, where a manifest lacks
 * them.
 */
export const ABBREVIATED_FIELDS = [
  "name",
  "version",
  "deprecated",
  "dependencies",
  "optionalDependencies",
  "devDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "acceptDependencies",
  "bundleDependencies",
  "bin",
  "directories",
  "engines",
  "os",
  "cpu",
  "libc",
  "funding",
  "_hasShrinkwrap",
  "hasInstallScript",
  "dist",
] as const;

/** Scripts that run when a package is installed as a dependency. */
export const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall"] as const;

type JsonObject = Record<string, unknown>;

/** Tells whether a value is a JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Tells whether a manifest's `scripts` run something at installation. */
export function hasInstallScripts(scripts: unknown): boolean {
  if (!isJsonObject(scripts)) return false;
  return INSTALL_SCRIPTS.some((script) => Object.hasOwn(scripts, script) && scripts[script] !== "");
}

/** The abbreviated form of a parsed manifest; members keep the order of {@link ABBREVIATED_FIELDS}. */
export function abbreviate(manifest: Readonly<JsonObject>): JsonObject {
  const short: JsonObject = {};
  for (const field of ABBREVIATED_FIELDS) {
    if (Object.hasOwn(manifest, field)) short[field] = manifest[field];
    else if (field === "bundleDependencies" && Object.hasOwn(manifest, "bundledDependencies")) {
      short[field] = manifest["bundledDependencies"];
    } else if (field === "hasInstallScript" && hasInstallScripts(manifest["scripts"])) short[field] = true;
  }
  return short;
}

/** Tells whether a manifest's `deprecated` says nothing: clients take even an empty text for a warning. */
export function isEmptyDeprecation(deprecated: unknown): boolean {
  return deprecated === "" || deprecated === false || deprecated === null || deprecated === undefined;
}
