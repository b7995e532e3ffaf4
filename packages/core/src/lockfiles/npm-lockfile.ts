import { isJsonObject } from "../packument/abbreviated-fields.ts";
import { isRegistryTarball } from "./dependency-spec.ts";
import {
  invalidLockfile,
  LOCKFILE_DEPTH_MAX,
  LockfileReading,
  shown,
  textOr,
  type LeftOutKind,
  type ParsedLockfile,
} from "./lockfile.ts";

type JsonObject = Record<string, unknown>;

const FOLDER = "node_modules/";

/** Tells whether a JSON file is npm's own: package-lock.json or npm-shrinkwrap.json of any layout. */
export function isNpmLockfile(file: JsonObject): boolean {
  if (typeof file["lockfileVersion"] === "number") return true;
  // The oldest layout has no number: its dependencies are objects, those of a manifest are texts.
  const dependencies = file["dependencies"];
  return isJsonObject(dependencies) && Object.values(dependencies).some(isJsonObject);
}

/** Reads package-lock.json and npm-shrinkwrap.json, from the layout without a number to 3. */
export function parseNpmLockfile(file: JsonObject): ParsedLockfile {
  const version = typeof file["lockfileVersion"] === "number" ? file["lockfileVersion"] : 0;
  const reading = new LockfileReading("npm", `npm-v${version}`);
  const { packages, dependencies } = file;
  if (isJsonObject(packages)) readPlaces(reading, packages);
  else if (isJsonObject(dependencies)) readTree(reading, dependencies);
  else if (packages !== undefined || dependencies !== undefined) {
    throw invalidLockfile('its "packages" or "dependencies" is not an object');
  }
  return reading.finish();
}

// Since layout 2: an entry for each folder below the project. The tree beside it says the same again.
function readPlaces(reading: LockfileReading, packages: JsonObject): void {
  for (const [place, entry] of Object.entries(packages)) {
    if (place === "") continue;
    if (!isJsonObject(entry)) reading.problem(`the entry ${shown(place)} is not an object`);
    else readPlace(reading, place, entry);
  }
}

function readPlace(reading: LockfileReading, place: string, entry: JsonObject): void {
  const at = place.lastIndexOf(FOLDER);
  if (entry["link"] === true) return reading.leaveOut("link");
  if (at === -1) return reading.leaveOut("workspace");
  const name = textOr(entry["name"], place.slice(at + FOLDER.length));
  const version = textOr(entry["version"], "");
  const found = leftOutKindOf({ name, version, resolved: entry["resolved"] });
  if (found !== null) return reading.leaveOut(found);
  reading.add({
    name,
    version,
    resolved: entry["resolved"],
    integrity: entry["integrity"],
    isDev: entry["dev"] === true || entry["devOptional"] === true,
    isOptional: entry["optional"] === true || entry["devOptional"] === true,
    isBundled: entry["inBundle"] === true,
  });
}

// Up to layout 1: dependencies within dependencies.
function readTree(reading: LockfileReading, dependencies: JsonObject): void {
  const open: { entries: JsonObject; depth: number }[] = [{ entries: dependencies, depth: 1 }];
  for (let level = open.pop(); level !== undefined; level = open.pop()) {
    if (level.depth > LOCKFILE_DEPTH_MAX) {
      throw invalidLockfile(`its dependencies are nested more than ${LOCKFILE_DEPTH_MAX} deep`);
    }
    for (const [name, entry] of Object.entries(level.entries)) {
      if (!isJsonObject(entry)) {
        reading.problem(`the entry of ${shown(name)} is not an object`);
        continue;
      }
      readBranch(reading, name, entry);
      const below = entry["dependencies"];
      if (isJsonObject(below)) open.push({ entries: below, depth: level.depth + 1 });
    }
  }
}

function readBranch(reading: LockfileReading, key: string, entry: JsonObject): void {
  const { name, version } = withoutAlias(key, textOr(entry["version"], ""));
  const found = leftOutKindOf({ name, version, resolved: entry["resolved"] });
  if (found !== null) return reading.leaveOut(found);
  reading.add({
    name,
    version,
    resolved: entry["resolved"],
    integrity: entry["integrity"],
    isDev: entry["dev"] === true,
    isOptional: entry["optional"] === true,
    isBundled: entry["bundled"] === true,
  });
}

/** `npm:other@1.0.0` in the place of a version is another package than the key says. */
function withoutAlias(key: string, version: string): { name: string; version: string } {
  if (!version.startsWith("npm:")) return { name: key, version };
  const target = version.slice("npm:".length);
  const at = target.indexOf("@", 1);
  return at === -1
    ? { name: target, version: "" }
    : { name: target.slice(0, at), version: target.slice(at + 1) };
}

function leftOutKindOf(entry: { name: string; version: string; resolved: unknown }): LeftOutKind | null {
  const { name, version, resolved } = entry;
  for (const place of [version, typeof resolved === "string" ? resolved : ""]) {
    if (/^git(?:\+|:|hub:|lab:)|^(?:bitbucket|gist):/u.test(place)) return "git";
    if (place.startsWith("file:") || place.startsWith("link:")) return "link";
  }
  if (/^https?:/u.test(version)) return "tarball";
  if (
    typeof resolved === "string" &&
    /^https?:/u.test(resolved) &&
    !isRegistryTarball(resolved, name, version)
  ) {
    return "tarball";
  }
  return null;
}
