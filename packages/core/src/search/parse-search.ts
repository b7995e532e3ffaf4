const TEXT_CHARS_MAX = 500;
const TERMS_MAX = 6;
const ALTERNATIVES_MAX = 20;

/** What somebody looks for, taken apart. Everything is in lower case. */
export interface PackageSearch {
  /** The whole of the free text. */
  text: string;
  /** Words that all have to be there, each the beginning of one. */
  terms: string[];
  /** Of each group one exact word has to be there, such as `maintainer:ada`. */
  needed: string[][];
  /** None of these exact words may be there. */
  unwanted: string[];
  /** Without the `@`; null for any. */
  scope: string | null;
  /** Whether versions below 1.0.0 and pre-releases are wanted alone, or not at all. */
  unstable: boolean | null;
}

/**
 * Takes the text of a search apart as npm's users write it: free words, and `author:`, `maintainer:`, `scope:`, `keywords:`
 * (where `,` means or, `+` and, `,-` not), `is:unstable` and `not:unstable`. Other qualifiers count as words.
 *
 * @example parseSearch("keywords:pad,-deprecated left").terms // ["left"]
 */
export function parseSearch(text: string): PackageSearch {
  const search: PackageSearch = {
    text: "",
    terms: [],
    needed: [],
    unwanted: [],
    scope: null,
    unstable: null,
  };
  const free: string[] = [];
  // No database takes a NUL, and no word has one.
  for (const word of text.slice(0, TEXT_CHARS_MAX).replaceAll("\0", " ").toLowerCase().split(/\s+/)) {
    if (word !== "" && !isQualifier(word, search)) free.push(word);
  }
  search.text = free.join(" ");
  search.terms = free.slice(0, TERMS_MAX);
  return search;
}

function isQualifier(word: string, search: PackageSearch): boolean {
  const at = word.indexOf(":");
  const [kind, value] = [word.slice(0, at), word.slice(at + 1)];
  if (at < 1 || value === "") return false;
  if (kind === "is" || kind === "not") return isKind(value, kind === "is", search);
  if (kind === "author" || kind === "maintainer") search.needed.push([`${kind}:${value}`]);
  else if (kind === "scope") search.scope = value.replace(/^@/, "");
  else if (kind === "keywords") addKeywords(value, search);
  // What is exact comes first here at any rate.
  else return kind === "boost-exact";
  return true;
}

// Whether a package is secure is not for a search to say.
function isKind(value: string, isWanted: boolean, search: PackageSearch): boolean {
  if (value === "unstable") search.unstable = isWanted;
  return value === "unstable" || value === "insecure";
}

function addKeywords(value: string, search: PackageSearch): void {
  const parts = value.split(",").slice(0, ALTERNATIVES_MAX);
  const wanted = parts.filter((part) => part !== "" && !part.startsWith("-"));
  for (const part of parts) {
    if (part.startsWith("-") && part.length > 1) search.unwanted.push(`keyword:${part.slice(1)}`);
  }
  if (wanted.length === 1) {
    for (const word of (wanted[0] ?? "").split("+").slice(0, ALTERNATIVES_MAX)) {
      if (word !== "") search.needed.push([`keyword:${word}`]);
    }
  } else if (wanted.length > 1) search.needed.push(wanted.map((word) => `keyword:${word}`));
}
