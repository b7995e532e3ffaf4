/** What a package is found by. */
export interface FindablePackage {
  name: string;
  description: string;
  keywords: readonly string[];
  author: string | null;
  maintainers: readonly string[];
}

const WORD_CHARS_MAX = 64;
const WORDS_MAX = 200;
const DESCRIPTION_CHARS_MAX = 500;
/** Shorter ends of a name say nothing. */
const SUFFIX_CHARS_MIN = 2;

/** How much it says about a package that a word is in this place. */
const WEIGHTS = { name: 16, part: 8, keyword: 6, inside: 3, description: 1, kind: 0 } as const;

/**
 * The words by which a package is found, each with the most that it says. Every end of its name is among them, so that
 * any part of the name is the beginning of a word.
 *
 * @example packageWords({ name: "left-pad", ... }).get("pad") // 8
 */
export function packageWords(item: FindablePackage): Map<string, number> {
  const words = new Map<string, number>();
  function add(text: string, weight: number): void {
    const word = text.slice(0, WORD_CHARS_MAX);
    if (word !== "" && (words.get(word) ?? -1) < weight && (words.has(word) || words.size < WORDS_MAX)) {
      words.set(word, weight);
    }
  }
  const name = item.name.toLowerCase();
  const base = name.slice(name.lastIndexOf("/") + 1);
  add(name, WEIGHTS.name);
  add(base, WEIGHTS.name);
  for (const part of wordsIn(name)) add(part, WEIGHTS.part);
  for (const keyword of item.keywords) {
    const word = keyword.toLowerCase();
    add(word, WEIGHTS.keyword);
    add(`keyword:${word}`, WEIGHTS.kind);
    for (const part of wordsIn(word)) add(part, WEIGHTS.keyword);
  }
  for (const person of item.maintainers.slice(0, 20)) add(`maintainer:${person.toLowerCase()}`, WEIGHTS.kind);
  if (item.author !== null) add(`author:${item.author.toLowerCase()}`, WEIGHTS.kind);
  for (let at = 1; at <= base.length - SUFFIX_CHARS_MIN; at += 1) add(base.slice(at), WEIGHTS.inside);
  for (const word of wordsIn(item.description.slice(0, DESCRIPTION_CHARS_MAX).toLowerCase())) {
    add(word, WEIGHTS.description);
  }
  return words;
}

/** The words of a text: runs of letters and digits of at least two characters. */
function wordsIn(text: string): string[] {
  return text.match(/[\p{L}\p{N}]{2,}/gu) ?? [];
}
