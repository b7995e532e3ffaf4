import { EntrepotError, isEntrepotError } from "../errors.ts";
import { parsePackageName } from "../names.ts";
import { cleanVersion } from "../versions.ts";
import { parseVersionRange } from "./version-range.ts";

/** Versions of one package that somebody calls bad. */
export interface BadVersion {
  name: string;
  /** One version in our spelling, or an npm range; `*` for every version. */
  range: string;
  isExact: boolean;
}

/** A line that could not be read. Lines count from 1. */
export interface UnreadLine {
  line: number;
  text: string;
  why: string;
}

/** What was found in a pasted text. */
export interface BadVersionList {
  /** Each once, in the order of the text. */
  wanted: BadVersion[];
  unread: UnreadLine[];
}

const TEXT_CHARS_MAX = 200_000;
const LINE_CHARS_MAX = 5_000;
const WANTED_MAX = 5_000;
const SHOWN_CHARS_MAX = 120;

const LOCKFILE = /^[ \t]*"?lockfileVersion"?\s*:|^# yarn lockfile|^__metadata:/mu;
const COMMENT = /^\s*(?:#|\/\/|<!--)|^\W*$/u;
const REMARK = /\s(?:#|\/\/)\s.*$/u;
/** Branches of `npm ls`, bullets, numbers of a list, brackets. */
const LEADING = /^(?:[\s│├└─┬┼|*•>+[{(]|-+(?=\s)|\d+[.)]\s)+/u;
const TRAILING_CHARACTER = /[\s,;:|{]/u;
/** What `npm ls` says of a version behind it. */
const TRAILING_WORD = /(?<![\w-])(?:deduped|extraneous|invalid|overridden)$/u;
const QUOTES = /["'`]/gu;
/** A column's border, not the `||` of a range. */
const BORDER = /(?<!\|)\|(?!\|)/gu;
const HEADING =
  /^(?:package|name|module)(?:[ _-]?name)?s?\b[\s,;:\t]*(?:(?:affected|bad)[ _-]?)?versions?\b/iu;
const TARBALL =
  /\/(?<name>(?:@[^/\s]+(?:\/|%2f))?(?<base>[^/\s]+))\/-\/(?:@[^/\s]+\/)?\k<base>-(?<version>[^/\s]+?)\.tgz/iu;
const PACKAGE_URL = /^pkg:npm\/(?<name>(?:(?:%40|@)[^/\s]+\/)?[^@\s]+)@(?<version>[^?#\s]+)/iu;
/** `/@scope/name/1.2.3` and `/name@1.2.3`, as a pnpm lockfile has them. */
const PNPM_KEY = /^\/(?<name>(?:@[^/\s]+\/)?[^/@\s]+)[/@](?<version>\d[^\s:(_]*)/u;
/** What stands before `npm:` is what the package is called elsewhere. */
const ALIAS = /^\S*npm:/u;
const NAME = /^((?:@[^\s@/,;:]+\/)?[^\s@/,;:]+)(.*)$/u;
const SEPARATOR = /^[\s@=:,;]+/u;
/** Peers of a pnpm lockfile, a remark in parentheses. */
const SUFFIX = /(?<=\d[^\s(]*)\s*\(.*\)$/u;
const NPM_LOCK_KEY = /node_modules\/((?:@[^/"\s]+\/)?[^/"\s]+)"\s*:\s*\{\s*$/u;
const YARN_KEY = /^"?((?:@[^/"\s]+\/)?[^@"/\s]+)@[^:].*:\s*$/u;
const VERSION_LINE = /^\s+"?version"?:?\s+"?([^\s",]+)"?,?\s*$/u;
/** Columns, and not the comma of an interval. */
const FIELDS = /^[^[(]*[,;\t]/u;
const LOCK_NOISE =
  /^\s*"?(?:resolved|integrity|checksum|resolution|languageName|linkType|link|engines|bin|funding|cpu|os|license|dev|devOptional|optional|peer|hasInstallScript|\w*[dD]ependencies)"?(?::|\s+(?:"|sha\d))/u;

/**
 * Reads a list of bad versions as people paste it: `name@version`, `name version`, `name: 1.0.0, 1.0.1`, ranges
 * (`name@^1`), CSV and tables, lines of lockfiles and of `npm ls`, URLs of tarballs, package URLs. Comments and headings
 * are skipped. What cannot be read is named and stops nothing.
 *
 * @throws EntrepotError `request-invalid` for a text that is too long, or that is a whole lockfile
 * @example parseBadVersions("left-pad@1.3.0").wanted // [{ name: "left-pad", range: "1.3.0", isExact: true }]
 */
export function parseBadVersions(text: string): BadVersionList {
  if (text.length > TEXT_CHARS_MAX) throw tooMuch(`${TEXT_CHARS_MAX} characters`);
  if (LOCKFILE.test(text)) {
    throw new EntrepotError("request-invalid", {
      message: "This is a whole lockfile; paste the bad versions only, such as name@1.2.3, one in a line.",
    });
  }
  const wanted = new Map<string, BadVersion>();
  const unread: UnreadLine[] = [];
  const lines = text.split(/\r?\n/u);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    const pair = lockedPair(line, lines[index + 1] ?? "");
    const found = pair === null ? readLine(line) : listed(pair.name, pair.version);
    if (pair !== null) index += 1;
    if (typeof found === "string") unread.push({ line: index + 1, text: shown(line), why: found });
    else for (const item of found) wanted.set(`${item.name}@${item.range}`, item);
    if (wanted.size > WANTED_MAX) throw tooMuch(`${WANTED_MAX} versions`);
  }
  return { wanted: [...wanted.values()], unread };
}

// A lockfile says the name in one line and the version in the next.
function lockedPair(line: string, next: string): { name: string; version: string } | null {
  const name = (NPM_LOCK_KEY.exec(line) ?? YARN_KEY.exec(line))?.[1];
  const version = VERSION_LINE.exec(next)?.[1];
  return name === undefined || version === undefined ? null : { name, version };
}

/** What a line says, or why it cannot be read. */
function readLine(line: string): BadVersion[] | string {
  if (line.length > LINE_CHARS_MAX) return `it has more than ${LINE_CHARS_MAX} characters`;
  if (COMMENT.test(line)) return [];
  const tarball = TARBALL.exec(line);
  if (tarball !== null) return listedAs(tarball);
  if (LOCK_NOISE.test(line)) return [];
  const text = undecorated(line);
  if (text === "" || HEADING.test(text)) return [];
  const known = PACKAGE_URL.exec(text) ?? PNPM_KEY.exec(text);
  if (known !== null) return listedAs(known);
  const [, name = "", rest = ""] = NAME.exec(text) ?? [];
  return listed(name, rest.replace(SEPARATOR, "").replace(SUFFIX, ""));
}

function listedAs({ groups = {} }: RegExpExecArray): BadVersion[] | string {
  const name = (groups["name"] ?? "").replace(/%2f/giu, "/").replace(/%40/gu, "@");
  return listed(name, groups["version"] ?? "");
}

function undecorated(line: string): string {
  const text = line.replace(REMARK, "").replace(QUOTES, "").replace(LEADING, "").replace(BORDER, "\t");
  return withoutTrail(text).replace(ALIAS, "");
}

// A pattern would look at a long row of blanks from each of them.
function withoutTrail(text: string): string {
  let end = text.length;
  while (end > 0 && TRAILING_CHARACTER.test(text[end - 1] as string)) end -= 1;
  const rest = text.slice(0, end);
  return TRAILING_WORD.test(rest) ? withoutTrail(rest.replace(TRAILING_WORD, "")) : rest;
}

function listed(name: string, versions: string): BadVersion[] | string {
  try {
    const { full } = parsePackageName(name);
    if (versions === "") return `it says no version; write ${full}@* for every one`;
    const ranges = rangesIn(versions);
    if (ranges === null) return `"${shown(versions)}" is no version and no range`;
    return ranges.map((range) => badVersion(full, range));
  } catch (error) {
    if (isEntrepotError(error, "name-invalid")) return "it does not begin with the name of a package";
    throw error;
  }
}

// Lists of versions, ranges, and of a row with more columns what is a version.
function rangesIn(text: string): string[] | null {
  const words = text.split(/[\s,;]+/u).filter((word) => word !== "");
  if (words.every((word) => exact(word) !== null)) return words;
  const whole = FIELDS.test(text) ? null : wholeRange(text);
  if (whole !== null) return whole;
  const [first = "", ...others] = text.split(/[,;\t]/u).map((field) => field.trim());
  const head = wholeRange(first) ?? wholeRange(first.split(/\s/u)[0] ?? "");
  if (head === null) return null;
  // A bare number in a later column is a score, or a year.
  const more = others.filter((field) => exact(field) !== null || /^[\^~<>=]|[x*]$/iu.test(field));
  return [head, ...more.map(wholeRange)].flatMap((ranges) => ranges ?? []);
}

function wholeRange(text: string): string[] | null {
  try {
    return parseVersionRange(text).split("||");
  } catch (error) {
    if (isEntrepotError(error, "request-invalid")) return null;
    throw error;
  }
}

function badVersion(name: string, text: string): BadVersion {
  const version = exact(text.trim());
  return { name, range: version ?? text.trim(), isExact: version !== null };
}

function exact(text: string): string | null {
  return /\d\.\d+\.\d/u.test(text) ? cleanVersion(text.replace(/^=\s*/u, "")) : null;
}

function shown(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > SHOWN_CHARS_MAX ? `${trimmed.slice(0, SHOWN_CHARS_MAX)}…` : trimmed;
}

function tooMuch(limit: string): EntrepotError {
  return new EntrepotError("request-invalid", {
    message: `A list of bad versions has at most ${limit}; split it.`,
  });
}
