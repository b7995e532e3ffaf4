import { POPULAR_NAMES } from "./popular-names.ts";

/** A much used name that another can be taken for. */
export interface LookAlike {
  name: string;
  /** What makes them alike: `one letter is missing`. */
  because: string;
}

/** Names to compare with, in a form in which they are found at once. */
export interface LookAlikeNames {
  /** Never taken for another: much used themselves, or known here. */
  known: ReadonlySet<string>;
  byReading: ReadonlyMap<string, string>;
  byLetters: ReadonlyMap<string, string>;
  /** By what is left of a name when one letter is taken away. */
  byRemainder: ReadonlyMap<string, readonly string[]>;
}

/** Shorter names are near each other by chance: `got`, `ora`, `vue`. */
const EDITED_LENGTH_MIN = 5;
/** Longer names are not compared letter by letter. */
const EDITED_LENGTH_MAX = 64;
const COMPARED_LENGTH_MIN = 3;

/** What reads alike in a terminal. */
const HOMOGLYPHS: readonly (readonly [RegExp, string])[] = [
  [/rn/gu, "m"],
  [/vv/gu, "w"],
  [/cl/gu, "d"],
  [/[1|I]/gu, "l"],
  [/0/gu, "o"],
  [/5/gu, "s"],
];

/**
 * Prepares names to compare with: a list of much used ones, and names that are known here and therefore mean
 * themselves.
 *
 * @example const names = lookAlikeNames(); findLookAlike("loadsh", names)
 */
export function lookAlikeNames(
  popular: readonly string[] = POPULAR_NAMES,
  known: readonly string[] = [],
): LookAlikeNames {
  const byReading = new Map<string, string>();
  const byLetters = new Map<string, string>();
  const byRemainder = new Map<string, string[]>();
  for (const name of popular) {
    if (!byReading.has(readingOf(name))) byReading.set(readingOf(name), name);
    if (!byLetters.has(lettersOf(name))) byLetters.set(lettersOf(name), name);
    if (!isComparedByLetter(name)) continue;
    for (const remainder of remaindersOf(name)) {
      const names = byRemainder.get(remainder);
      if (names === undefined) byRemainder.set(remainder, [name]);
      else names.push(name);
    }
  }
  return { known: new Set([...popular, ...known]), byReading, byLetters, byRemainder };
}

/**
 * Finds the much used name that a name can be taken for: one that reads the same, differs in separators, case or
 * scope only (`@a/b` and `a-b`), or by one letter that is missing, added, replaced or swapped with the next.
 * Null for names that are much used or known themselves, and inside the scope of the other.
 *
 * @example findLookAlike("crossenv", lookAlikeNames()) // { name: "cross-env", because: "…" }
 */
export function findLookAlike(name: string, names: LookAlikeNames): LookAlike | null {
  if (names.known.has(name) || name.length < COMPARED_LENGTH_MIN) return null;
  const sameLetters = names.byLetters.get(lettersOf(name));
  if (sameLetters !== undefined && !isOfOneScope(name, sameLetters)) {
    const isScope = (scopeOf(name) === null) !== (scopeOf(sameLetters) === null);
    const because = isScope ? "it is the same without the scope" : "only case or separators differ";
    return { name: sameLetters, because };
  }
  const sameReading = names.byReading.get(readingOf(name));
  if (sameReading !== undefined && !isOfOneScope(name, sameReading)) {
    return { name: sameReading, because: "it reads the same" };
  }
  return isComparedByLetter(name) ? findEdited(name, names) : null;
}

function findEdited(name: string, { byRemainder }: LookAlikeNames): LookAlike | null {
  for (const remainder of remaindersOf(name)) {
    for (const other of byRemainder.get(remainder) ?? []) {
      const because = isOfOneScope(name, other) ? null : editOf(name, other);
      if (because !== null) return { name: other, because };
    }
  }
  return null;
}

/** What one edit makes the first of the second; null if it takes more. */
function editOf(name: string, other: string): string | null {
  let start = 0;
  while (start < name.length && name[start] === other[start]) start += 1;
  const isSameLength = name.length === other.length;
  if (isSameLength && name.slice(start + 1) === other.slice(start + 1)) return "one letter is another";
  if (name.slice(start) === other.slice(start + 1)) return "one letter is missing";
  if (name.slice(start + 1) === other.slice(start)) return "one letter is too many";
  const swapped = `${name[start + 1] ?? ""}${name[start] ?? ""}${name.slice(start + 2)}`;
  return swapped === other.slice(start) ? "two letters are swapped" : null;
}

/** The name itself, and what is left of it when one letter is taken away. */
function remaindersOf(name: string): Set<string> {
  const remainders = new Set([name]);
  for (let at = 0; at < name.length; at += 1) remainders.add(name.slice(0, at) + name.slice(at + 1));
  return remainders;
}

function isComparedByLetter({ length }: string): boolean {
  return length >= EDITED_LENGTH_MIN && length <= EDITED_LENGTH_MAX;
}

/** A scope belongs to somebody: what is in it is theirs. */
function isOfOneScope(name: string, other: string): boolean {
  const scope = scopeOf(name);
  return scope !== null && scope === scopeOf(other);
}

function scopeOf(name: string): string | null {
  return name.startsWith("@") ? name.slice(0, name.indexOf("/")) : null;
}

function readingOf(name: string): string {
  return HOMOGLYPHS.reduce((text, [glyph, letter]) => text.replace(glyph, letter), name).toLowerCase();
}

function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[@/\-_.]/gu, "");
}
