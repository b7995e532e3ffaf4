/** What of a manifest decides about an installation. */
export interface InstalledManifest {
  /** Regular and optional dependencies, which clients mix, with the ranges that hold. */
  dependencies: ReadonlyMap<string, string>;
  peerDependencies: ReadonlyMap<string, string>;
  scripts: ReadonlyMap<string, string>;
}

/**
 * Reads a manifest, or a package.json that no client went over, the way that npm does when it publishes: lists of
 * dependencies become maps, what is no text counts as absent, bundled packages are dependencies, and scripts find
 * `node_modules/.bin` without being told. So the two compare as equal however much a client mended.
 */
export function installedManifest(manifest: Readonly<Record<string, unknown>>): InstalledManifest {
  const dependencies = textEntries(asMap(manifest["dependencies"]));
  for (const name of bundledNames(manifest)) {
    if (!dependencies.has(name)) dependencies.set(name, "*");
  }
  for (const [name, range] of textEntries(asMap(manifest["optionalDependencies"]))) {
    dependencies.set(name, range);
  }
  const scripts = new Map(
    [...textEntries(manifest["scripts"])].map(([name, script]) => [name, script.replace(BIN_PATH, "")]),
  );
  return { dependencies, peerDependencies: textEntries(manifest["peerDependencies"]), scripts };
}

const BIN_PATH = /^(?:(?:\.[/\\])?node_modules[/\\].bin[\\/])+/;

// `["a@^1", "b"]`, and `"a@^1 b"` from the oldest of days.
function asMap(value: unknown): unknown {
  const list = typeof value === "string" ? value.trim().split(/[\s,]+/) : value;
  if (!Array.isArray(list)) return list;
  return Object.fromEntries(
    list
      .filter((item): item is string => typeof item === "string")
      .map((item) => {
        const [name = "", ...range] = item.trim().split(/(:?[@\s><=])/);
        return [name, range.join("").replace(/^@/, "").trim()] as const;
      }),
  );
}

function bundledNames(manifest: Readonly<Record<string, unknown>>): string[] {
  const bundled = manifest["bundleDependencies"] ?? manifest["bundledDependencies"];
  if (Array.isArray(bundled)) return bundled.filter((name) => typeof name === "string" && name !== "");
  return typeof bundled === "object" && bundled !== null ? Object.keys(bundled) : [];
}

function textEntries(value: unknown): Map<string, string> {
  if (typeof value !== "object" || value === null) return new Map();
  return new Map(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
