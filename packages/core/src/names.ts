import validateForNpm from "validate-npm-package-name";
import { EntrepotError } from "./errors.ts";

/**
 * A package name that was checked. `full` is what clients write, `base` the part that tarballs are named
 * after.
 */
export interface PackageName {
  full: string;
  /** With its `@`, for example `@acme`; null for an unscoped name. */
  scope: string | null;
  base: string;
}

/** Longest name that is proxied; the ecosystem's own old limit is higher than today's. */
const PROXIED_NAME_LENGTH_MAX = 512;
/** Longest name, scope included, that may be published here. */
const NEW_NAME_LENGTH_MAX = 214;

const NOT_URL_SAFE = /[^A-Za-z0-9\-_.!~*'()]/u;
const NEW_NAME_FORBIDDEN = /[^a-z0-9\-_.]/u;
const RESERVED = new Set(["node_modules", "favicon.ico"]);

/**
 * Checks a name that a client asked for or an upstream sent. Lenient on purpose: what exists upstream (upper
 * case, core-module names, long names) passes, what could leave its folder or be taken for another URL never
 * does. Names are case-sensitive and come back as they were.
 *
 * @throws EntrepotError `name-invalid`
 * @example parsePackageName("@acme/left-pad") // { full: "@acme/left-pad", scope: "@acme", base: "left-pad" }
 */
export function parsePackageName(raw: string): PackageName {
  if (typeof raw !== "string" || raw.length === 0) throw invalid(String(raw), "it is empty");
  if (raw.length > PROXIED_NAME_LENGTH_MAX) {
    throw invalid(`${raw.slice(0, 40)}…`, `it has more than ${PROXIED_NAME_LENGTH_MAX} characters`);
  }
  const parts = splitName(raw);
  if (parts.scope !== null) checkPart(raw, { part: parts.scope.slice(1), what: "scope" });
  checkPart(raw, { part: parts.base, what: "name" });
  if (parts.scope === null && /^[-_]/u.test(parts.base)) {
    throw invalid(raw, `it starts with "${parts.base.charAt(0)}"`);
  }
  return parts;
}

/**
 * Checks a name that is to be published here for the first time: {@link parsePackageName} and the rules for
 * new names, which hold for scope and name alike.
 *
 * @throws EntrepotError `name-invalid`; the text says which character or rule
 */
export function assertPublishableName(name: string): void {
  const { scope, base } = parsePackageName(name);
  if (name.length > NEW_NAME_LENGTH_MAX) {
    throw invalid(name, `it has more than ${NEW_NAME_LENGTH_MAX} characters`);
  }
  if (scope !== null) checkNewPart(name, { part: scope.slice(1), what: "scope" });
  checkNewPart(name, { part: base, what: "name" });
  const { errors, warnings } = validateForNpm(name);
  const complaint = errors?.[0] ?? warnings?.[0];
  if (complaint !== undefined) throw invalid(name, complaint);
}

/**
 * File name of a version's tarball, the last segment of its URL.
 *
 * @throws EntrepotError `name-invalid`
 * @example tarballFileName("@acme/left-pad", "1.0.0") // "left-pad-1.0.0.tgz"
 */
export function tarballFileName(name: string, version: string): string {
  return `${parsePackageName(name).base}-${version}.tgz`;
}

/** A checked pattern: `prefix` patterns end in `*` in their written form. */
export interface NamePattern {
  kind: "exact" | "prefix";
  text: string;
}

/**
 * Checks a pattern of names: an exact name, `@scope/*`, or `prefix-*` (also `@scope/prefix-*`). The star
 * stands only at the end, and never alone or inside a scope, so that a claim cannot take more than its writer
 * sees.
 *
 * @throws EntrepotError `name-invalid`
 */
export function parseNamePattern(raw: string): NamePattern {
  const star = raw.indexOf("*");
  if (star !== -1 && star < raw.length - 1) throw invalidPattern(raw, "a star stands only at the end");
  if (star === -1) return { kind: "exact", text: parsePackageName(raw).full };
  const text = raw.slice(0, -1);
  if (text === "") throw invalidPattern(raw, "a star alone would match every name");
  if (text.startsWith("@") && !text.includes("/")) {
    throw invalidPattern(raw, "a star may not stand inside a scope");
  }
  if (!isNamePrefix(text)) {
    throw invalidPattern(raw, "before the star there must be the start of a package name");
  }
  return { kind: "prefix", text };
}

/**
 * Tells whether a name matches a pattern of {@link parseNamePattern}. Case-sensitive, as names are.
 *
 * @throws EntrepotError `name-invalid` if the pattern is not valid
 * @example matchesNamePattern("@acme/*", "@acme/left-pad") // true
 */
export function matchesNamePattern(pattern: string, name: string): boolean {
  const { kind, text } = parseNamePattern(pattern);
  return kind === "exact" ? name === text : name.length > text.length && name.startsWith(text);
}

/**
 * Like {@link matchesNamePattern}, of a pattern that was checked before: for whoever asks with every request.
 *
 * @example coversName("@acme/*", "@acme/left-pad") // true
 */
export function coversName(pattern: string, name: string): boolean {
  if (!pattern.endsWith("*")) return pattern === name;
  const length = pattern.length - 1;
  return name.length > length && name.startsWith(pattern.slice(0, -1));
}

function isNamePrefix(text: string): boolean {
  try {
    parsePackageName(text.endsWith("/") ? `${text}x` : text);
    return true;
  } catch {
    return false; // the caller says what is wrong with the pattern as a whole
  }
}

function splitName(raw: string): PackageName {
  if (!raw.startsWith("@")) return { full: raw, scope: null, base: raw };
  const slash = raw.indexOf("/");
  if (slash === -1) throw invalid(raw, "a scope needs a name after it, as in @scope/name");
  return { full: raw, scope: raw.slice(0, slash), base: raw.slice(slash + 1) };
}

function checkPart(raw: string, { part, what }: { part: string; what: string }): void {
  if (part === "") throw invalid(raw, `its ${what} is empty`);
  const wrong = NOT_URL_SAFE.exec(part);
  if (wrong !== null) throw invalid(raw, `its ${what} has the character ${JSON.stringify(wrong[0])}`);
  if (part.startsWith(".")) throw invalid(raw, `its ${what} starts with "."`);
  if (part === "-") throw invalid(raw, `"-" is not a ${what}; /-/ is reserved in URLs`);
  if (RESERVED.has(part.toLowerCase())) throw invalid(raw, `"${part}" is reserved`);
}

function checkNewPart(raw: string, { part, what }: { part: string; what: string }): void {
  if (/[A-Z]/u.test(part)) throw invalid(raw, `its ${what} has upper-case letters, new names have none`);
  const wrong = NEW_NAME_FORBIDDEN.exec(part);
  if (wrong !== null) throw invalid(raw, `its ${what} has the character ${JSON.stringify(wrong[0])}`);
  if (/^[-_]/u.test(part)) throw invalid(raw, `its ${what} starts with "${part.charAt(0)}"`);
}

function invalid(name: string, why: string): EntrepotError {
  return new EntrepotError("name-invalid", {
    message: `${JSON.stringify(name)} is not a valid package name: ${why}.`,
    details: { name },
  });
}

function invalidPattern(pattern: string, why: string): EntrepotError {
  return new EntrepotError("name-invalid", {
    message: `${JSON.stringify(pattern)} is not a valid pattern of names: ${why}.`,
    details: { pattern },
  });
}
