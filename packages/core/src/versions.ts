import semver from "semver";
import { comparePrecedence, precedenceOf } from "./precedence.ts";

/** Longest version string that semver allows. */
const VERSION_LENGTH_MAX = 256;
const TAG_LENGTH_MAX = 214;

const NUMBER = "(?:0|[1-9][0-9]{0,15})";
const PRERELEASE_PART = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
const STRICT_SEMVER = new RegExp(
  `^(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-${PRERELEASE_PART}(?:\\.${PRERELEASE_PART})*)?` +
    "(\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$",
  "u",
);

/**
 * Gives the one spelling of a version by which we key it: strict semver without build metadata. Null if `raw`
 * is not strict semver (`v1.0.0`, `1.0`, leading zeros, numbers above 2^53, more than 256 characters).
 *
 * @example normalizeVersion("1.1.0+4.17.0") // "1.1.0"
 */
export function normalizeVersion(raw: string): string | null {
  if (raw.length > VERSION_LENGTH_MAX) return null;
  const match = STRICT_SEMVER.exec(raw);
  if (match === null) return null;
  if (raw.length > 15 && !hasSafeNumbers(match)) return null;
  const build = match[4];
  return build === undefined ? raw : raw.slice(0, -build.length);
}

/**
 * Gives the version that npm makes of what stands in a package.json: ` v1.0.0 ` and `1.0.0rc1` count there. Null if
 * it is none.
 *
 * @example cleanVersion("=v1.0.0rc1") // "1.0.0-rc1"
 */
export function cleanVersion(raw: string): string | null {
  const clean = semver.clean(raw, { loose: true });
  return clean === null ? null : normalizeVersion(clean);
}

/**
 * Compares by semver precedence: negative if `a` is lower, 0 if equal (build metadata does not count). Both
 * strict semver.
 */
export function compareVersions(a: string, b: string): number {
  return comparePrecedence(precedenceOf(a), precedenceOf(b));
}

/**
 * The highest of `versions` in an npm range (pre-releases only where the range names one), or null. A bad
 * range matches nothing.
 */
export function maxSatisfying(versions: readonly string[], range: string): string | null {
  return semver.maxSatisfying([...versions], range, { loose: true });
}

/** The highest of `versions` that is not a pre-release, or null. */
export function highestStable(versions: readonly string[]): string | null {
  let highest: semver.SemVer | null = null;
  for (const version of versions) {
    const parsed = semver.parse(version);
    if (parsed === null || parsed.prerelease.length > 0) continue;
    if (highest === null || parsed.compare(highest) > 0) highest = parsed;
  }
  return highest?.version ?? null;
}

/** Tells whether a strict semver version has pre-release identifiers. */
export function isPrerelease(version: string): boolean {
  const build = version.indexOf("+");
  return (build === -1 ? version : version.slice(0, build)).includes("-");
}

/**
 * Tells whether a text may be a dist-tag: printable, no spaces, at most 214 characters, and not a range of
 * versions, for `npm install name@tag` could then not tell the two apart.
 */
export function isTagName(tag: string): boolean {
  if (tag.length === 0 || tag.length > TAG_LENGTH_MAX || tag === "__proto__") return false;
  if (/[\s\p{C}]/u.test(tag)) return false;
  return semver.validRange(tag, { loose: true }) === null;
}

function hasSafeNumbers(match: RegExpExecArray): boolean {
  return [match[1], match[2], match[3]].every((part) => Number(part) <= Number.MAX_SAFE_INTEGER);
}
