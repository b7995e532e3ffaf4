import { normalizeVersion } from "../versions.ts";
import { isRegistryTarball } from "./dependency-spec.ts";
import {
  invalidLockfile,
  LockfileReading,
  shown,
  type LeftOutKind,
  type ParsedLockfile,
} from "./lockfile.ts";
import { mapIn, textIn, type YamlMap } from "./yaml.ts";

/** Tells whether a document is one of pnpm's. */
export function isPnpmDocument(document: YamlMap): boolean {
  return document.has("lockfileVersion");
}

/**
 * Reads pnpm-lock.yaml of the layouts 5 to 9. There may be two documents in it: the first then pins the
 * package manager itself, the second the project.
 */
export function parsePnpmLockfile(documents: readonly YamlMap[]): ParsedLockfile {
  const versions = documents.map((document) => textIn(document, "lockfileVersion") ?? "?");
  const reading = new LockfileReading("pnpm", `pnpm-${versions.join("+")}`);
  documents.forEach((document, index) => readDocument(reading, document, versions[index] ?? "?"));
  return reading.finish();
}

function readDocument(reading: LockfileReading, document: YamlMap, version: string): void {
  const packages = document.get("packages");
  if (packages === undefined || packages === "") return;
  if (!(packages instanceof Map)) throw invalidLockfile('its "packages" is not a map');
  const major = Number.parseInt(version, 10);
  const snapshots = mapIn(document, "snapshots");
  for (const [key, entry] of packages as YamlMap) {
    if (typeof key !== "string" || !(entry instanceof Map)) {
      reading.problem(`the entry ${shown(String(key))} is not a map`);
      continue;
    }
    readEntry(reading, { key, entry: entry as YamlMap, isSlashed: major < 6, snapshots });
  }
  for (const importer of mapIn(document, "importers")?.values() ?? []) {
    if (importer instanceof Map) reading.leaveOut("workspace");
  }
}

interface PnpmEntry {
  key: string;
  entry: YamlMap;
  /** True for `/name/1.0.0`, false for `name@1.0.0`. */
  isSlashed: boolean;
  /** Where layout 9 says what is optional. */
  snapshots: YamlMap | null;
}

function readEntry(reading: LockfileReading, found: PnpmEntry): void {
  const { key, entry, snapshots } = found;
  const resolution = mapIn(entry, "resolution");
  const tarball = textIn(resolution, "tarball");
  const { name, version, host } = nameAndVersion(found);
  const what = leftOutKindOf(resolution, { key, tarball, name, version, host });
  if (what !== null) return reading.leaveOut(what);
  const snapshot = snapshots?.get(key);
  reading.add({
    name,
    version,
    resolved: tarball ?? textIn(resolution, "registry") ?? (host === null ? null : `https://${host}/`),
    integrity: textIn(resolution, "integrity"),
    isDev: snapshots === null ? textIn(entry, "dev") === "true" : null,
    isOptional: textIn(snapshot instanceof Map ? (snapshot as YamlMap) : entry, "optional") === "true",
  });
}

interface PnpmKey {
  name: string;
  version: string;
  /** The registry's host, where the key names one. */
  host: string | null;
}

/**
 * Takes a key apart: `/name/1.0.0_peer@2.0.0`, `/name@1.0.0(peer@2.0.0)`, `name@1.0.0`, each of the first two also
 * behind the host of a registry, the last also with a registry's name, as `name@work:1.0.0`.
 */
function nameAndVersion({ key, entry, isSlashed }: PnpmEntry): PnpmKey {
  const own = { name: textIn(entry, "name"), version: textIn(entry, "version") };
  if (own.name !== null && own.version !== null) return { name: own.name, version: own.version, host: null };
  const path = key.replace(/\(.*$/su, "");
  const slash = path.indexOf("/");
  const hasHost = !path.startsWith("@") && slash > 0 && !path.slice(0, slash).includes("@");
  // Up to layout 5 that is what a key without a slash in front says.
  const host = hasHost && (isSlashed || path.includes(".")) ? path.slice(0, slash) : null;
  const rest = host === null ? path.replace(/^\//u, "") : path.slice(slash + 1);
  return { ...(isSlashed ? slashedParts(rest) : parts(rest)), host };
}

// Names have underscores too; versions have none.
function slashedParts(path: string): { name: string; version: string } {
  const pieces = path.split("/");
  const nameLength = path.startsWith("@") ? 2 : 1;
  const version = pieces[nameLength] ?? "";
  return { name: pieces.slice(0, nameLength).join("/"), version: version.replace(/_.*$/su, "") };
}

function parts(path: string): { name: string; version: string } {
  const at = path.indexOf("@", 1);
  if (at === -1) return { name: path, version: "" };
  const version = path.slice(at + 1);
  const registry = /^[\w.-]+:(?=\d)/u.exec(version)?.[0] ?? "";
  return { name: path.slice(0, at), version: version.slice(registry.length) };
}

interface Located extends PnpmKey {
  key: string;
  tarball: string | null;
}

function leftOutKindOf(resolution: YamlMap | null, located: Located): LeftOutKind | null {
  const type = textIn(resolution, "type");
  if (type === "git" || textIn(resolution, "commit") !== null) return "git";
  if (type === "directory" || textIn(resolution, "directory") !== null) return "link";
  if (type !== null) return "other";
  if (/(?:^|@)(?:file|link):/u.test(located.key)) return "link";
  if (/(?:^|@)git[+:@]/u.test(located.key)) return "git";
  if (located.tarball === null || isOfRegistry(located.tarball, located)) return null;
  const isGitHosted = textIn(resolution, "gitHosted") === "true" || located.tarball.includes("/tar.gz/");
  return isGitHosted ? "git" : "tarball";
}

// A tarball without a host is a registry's, and so is one where registries keep theirs.
function isOfRegistry(tarball: string, { name, version }: PnpmKey): boolean {
  if (normalizeVersion(version) === null) return false;
  return !/^https?:/u.test(tarball) || isRegistryTarball(tarball, name, version);
}
