import { isRegistryTarball, readDependencySpec } from "./dependency-spec.ts";
import { LockfileReading, shown, type ParsedLockfile } from "./lockfile.ts";
import { mapIn, textIn, type YamlMap } from "./yaml.ts";
import { classicBlocks, type ClassicBlock } from "./yarn-classic-blocks.ts";

/** Reads yarn.lock as yarn 1 writes it. */
export function parseClassicYarnLockfile(text: string): ParsedLockfile {
  const reading = new LockfileReading("yarn", "yarn-v1");
  for (const block of classicBlocks(text)) readBlock(reading, block);
  return reading.finish();
}

// Patterns that share a block are of one package, but only the pattern tells the name behind an alias.
function readBlock(reading: LockfileReading, { pattern, fields }: ClassicBlock): void {
  const at = pattern.indexOf("@", 1);
  const alias = at === -1 ? pattern : pattern.slice(0, at);
  const spec = readDependencySpec(alias, at === -1 ? "" : pattern.slice(at + 1));
  if (spec.kind === "left-out") return reading.leaveOut(spec.what);
  const version = fields.get("version") ?? "";
  const url = (fields.get("resolved") ?? "").replace(/#.*$/su, "");
  if (url.startsWith("git")) return reading.leaveOut("git");
  // What is not a URL is a file of an offline mirror.
  const isUrl = /^https?:/u.test(url);
  if (isUrl && !isRegistryTarball(url, spec.name, version)) return reading.leaveOut("tarball");
  reading.add({ name: spec.name, version, resolved: isUrl ? url : null, integrity: fields.get("integrity") });
}

/** Tells whether a document is a yarn.lock of yarn 2 or newer. */
export function isBerryDocument(document: YamlMap): boolean {
  return document.has("__metadata");
}

/** Reads yarn.lock as yarn 2 and newer write it. */
export function parseBerryLockfile(document: YamlMap): ParsedLockfile {
  const version = textIn(mapIn(document, "__metadata"), "version") ?? "?";
  const reading = new LockfileReading("berry", `berry-${version}`);
  for (const [key, entry] of document) {
    if (key === "__metadata") continue;
    const resolution = entry instanceof Map ? textIn(entry as YamlMap, "resolution") : null;
    if (resolution === null) reading.problem(`the entry ${shown(String(key))} has no resolution`);
    else readResolution(reading, resolution);
  }
  return reading.finish();
}

// `name@npm:1.0.0`, the name being the real one; its checksum is of yarn's own archive, not of the tarball.
function readResolution(reading: LockfileReading, resolution: string): void {
  const at = resolution.indexOf("@", 1);
  const [reference = "", ...bindings] = (at === -1 ? "" : resolution.slice(at + 1)).split("::");
  if (reference.startsWith("npm:")) {
    const version = reference.slice("npm:".length);
    const resolved = new URLSearchParams(bindings.join("&")).get("__archiveUrl");
    return reading.add({ name: resolution.slice(0, at), version, resolved });
  }
  if (at === -1) return reading.problem(`the resolution ${shown(resolution)} is not understood`);
  if (reference.startsWith("virtual:")) return;
  const isGit = /^(?:git|ssh|https?:.*(?:\.git|#commit=))/u.test(reference);
  const spec = readDependencySpec("x", reference);
  reading.leaveOut(isGit || spec.kind === "registry" ? "git" : spec.what);
}
