import { parse } from "@yarnpkg/lockfile";
import { isJsonObject } from "../packument/abbreviated-fields.ts";
import { isRegistryTarball, readDependencySpec } from "./dependency-spec.ts";
import { invalidLockfile, LockfileReading, shown, textOr, type ParsedLockfile } from "./lockfile.ts";
import { mapIn, textIn, type YamlMap } from "./yaml.ts";

/** Longest line that is read; patterns that share an entry stand on one. */
const LINE_CHARS_MAX = 256 * 1024;

/** Reads yarn.lock as yarn 1 writes it. */
export function parseClassicYarnLockfile(text: string): ParsedLockfile {
  const reading = new LockfileReading("yarn", "yarn-v1");
  const patterns = new Map<object, string[]>();
  for (const [pattern, entry] of Object.entries(classicEntries(text))) {
    if (!isJsonObject(entry)) {
      reading.problem(`the entry ${shown(pattern)} has no version`);
      continue;
    }
    // Patterns that share an entry share the very same object.
    const known = patterns.get(entry);
    if (known === undefined) patterns.set(entry, [pattern]);
    else known.push(pattern);
  }
  for (const [entry, [pattern = ""]] of patterns) {
    readClassic(reading, pattern, entry as Record<string, unknown>);
  }
  return reading.finish();
}

function classicEntries(text: string): Record<string, unknown> {
  const lines = wholeLines(text);
  try {
    const { type, object } = parse(lines.map((line) => `${line.text}\n`).join(""));
    if (type === "success") return object as Record<string, unknown>;
  } catch (cause) {
    const where = /(\d+):\d+/u.exec(cause instanceof Error ? cause.message : "")?.[1];
    const line = where === undefined ? undefined : lines[Number(where) - 1];
    throw invalidLockfile(`it is not valid${line === undefined ? "" : ` in line ${line.number}`}`, cause);
  }
  throw invalidLockfile("it has the marks of a merge conflict; resolve it first");
}

// yarn's reader never ends with a text or a comment that does not, and miscounts empty lines.
function wholeLines(text: string): { text: string; number: number }[] {
  const lines = text
    .split("\n")
    .map((line, index) => ({ text: line.replace(/\r$/u, ""), number: index + 1 }));
  for (const line of lines) {
    if (line.text.length > LINE_CHARS_MAX) {
      throw invalidLockfile(`line ${line.number} has more than ${LINE_CHARS_MAX} characters`);
    }
    if (line.text.split('"').length % 2 === 0 || line.text.includes('\\"')) {
      throw invalidLockfile(`line ${line.number} has a quotation mark too many, or one too few`);
    }
  }
  return lines.filter((line) => line.text.trim() !== "");
}

function readClassic(reading: LockfileReading, pattern: string, entry: Record<string, unknown>): void {
  const at = pattern.indexOf("@", 1);
  const alias = at === -1 ? pattern : pattern.slice(0, at);
  const spec = readDependencySpec(alias, at === -1 ? "" : pattern.slice(at + 1));
  if (spec.kind === "left-out") return reading.leaveOut(spec.what);
  const version = textOr(entry["version"], "");
  const url = textOr(entry["resolved"], "").replace(/#.*$/su, "");
  if (url.startsWith("git")) return reading.leaveOut("git");
  // What is not a URL is a file of an offline mirror.
  const isUrl = /^https?:/u.test(url);
  if (isUrl && !isRegistryTarball(url, spec.name, version)) return reading.leaveOut("tarball");
  reading.add({ name: spec.name, version, resolved: isUrl ? url : null, integrity: entry["integrity"] });
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
