import { isJsonObject } from "../packument/abbreviated-fields.ts";
import { isBunLockfile, parseBunLockfile } from "./bun-lockfile.ts";
import { parseLenientJson } from "./lenient-json.ts";
import { invalidLockfile, LOCKFILE_CHARS_MAX, type ParsedLockfile } from "./lockfile.ts";
import { isManifest, parseManifestRanges } from "./manifest-ranges.ts";
import { isNpmLockfile, parseNpmLockfile } from "./npm-lockfile.ts";
import { isPnpmDocument, parsePnpmLockfile } from "./pnpm-lockfile.ts";
import { parseYaml } from "./yaml.ts";
import { isBerryDocument, parseBerryLockfile, parseClassicYarnLockfile } from "./yarn-lockfile.ts";

const CONFLICT = /^(?:<{7}|>{7})(?: |$)/mu;

/**
 * Reads a lockfile of npm, pnpm, yarn or bun, or a package.json, and tells by its content which it is; the name
 * helps where the content does not. Entries that are not a registry's are only counted; those that cannot be
 * understood are named in `problems`, and the rest counts.
 *
 * @param fileName Its last segment is enough; null if it is not known
 * @throws EntrepotError `request-invalid`; says what is wrong and, where there is one, in which line
 *
 * @example parseLockfile("package.json", '{"dependencies":{"left":"^1.0.0"}}').wanted[0].name // "left"
 */
export function parseLockfile(fileName: string | null, text: string): ParsedLockfile {
  const base = fileName?.split(/[\\/]/u).at(-1) ?? "";
  if (text.length > LOCKFILE_CHARS_MAX) {
    throw invalidLockfile(`it has more than ${LOCKFILE_CHARS_MAX} characters`);
  }
  if (base === "bun.lockb" || text.includes("\0")) {
    throw invalidLockfile("it is binary; bun writes a readable one with bun install --save-text-lockfile");
  }
  const plain = text.startsWith("\uFEFF") ? text.slice(1) : text;
  if (plain.trim() === "") throw invalidLockfile("it is empty");
  const conflict = CONFLICT.exec(plain);
  if (conflict !== null) {
    const line = plain.slice(0, conflict.index).split("\n").length;
    throw invalidLockfile(`line ${line} has the mark of a merge conflict; resolve it first`);
  }
  return /^\s*(?:\{|\/[/*])/u.test(plain) ? parseJsonFile(base, plain) : parseTextFile(plain);
}

function parseJsonFile(base: string, text: string): ParsedLockfile {
  const file = strictJson(text) ?? parseLenientJson(text);
  if (!isJsonObject(file)) throw invalidLockfile("it is not a JSON object");
  if (isBunLockfile(file)) return parseBunLockfile(file);
  if (base !== "package.json" && isNpmLockfile(file)) return parseNpmLockfile(file);
  if (base === "package.json" || isManifest(file)) return parseManifestRanges(file);
  throw unknownFormat();
}

// Comments and a comma after the last item are bun's way; only for them is the slower reader needed.
function strictJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null; // the other reader says what is wrong, and where
  }
}

function parseTextFile(text: string): ParsedLockfile {
  if (/^# yarn lockfile v1\s*$/mu.test(text.slice(0, 1000))) return parseClassicYarnLockfile(text);
  if (/^(?:__metadata|lockfileVersion|'lockfileVersion'|"lockfileVersion"|---)/mu.test(text)) {
    const documents = parseYaml(text);
    const [first] = documents;
    if (first !== undefined && documents.every(isPnpmDocument)) return parsePnpmLockfile(documents);
    if (first !== undefined && isBerryDocument(first)) return parseBerryLockfile(first);
    throw unknownFormat();
  }
  if (/^ {2}version "/mu.test(text)) return parseClassicYarnLockfile(text);
  throw unknownFormat();
}

function unknownFormat(): Error {
  return invalidLockfile(
    "it is none of package-lock.json, npm-shrinkwrap.json, pnpm-lock.yaml, yarn.lock, bun.lock and package.json",
  );
}
