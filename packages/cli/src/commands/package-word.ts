import { usageFailure } from "../failure.ts";

/** A package and what of it is meant. */
export interface PackageWord {
  name: string;
  range: string;
}

/**
 * Reads `name@range`, `@scope/name@range` and, for whole scopes, `@scope/*@range`. Without a range every version is
 * meant; a word that has to name one version says so.
 */
export function packageWord(word: string): PackageWord {
  const at = word.indexOf("@", 1);
  if (word === "" || word.startsWith("@@")) throw usageFailure("Name a package, such as left-pad@1.2.3.");
  if (at === -1) return { name: word, range: "*" };
  const range = word.slice(at + 1);
  if (range !== "") return { name: word.slice(0, at), range };
  throw usageFailure(`"${word}" ends in @; write a version or a range after it, such as ${word}1.2.3.`);
}

/** Reads `name@version`; ends the command with a usage failure without a version. */
export function versionWord(word: string): { name: string; version: string } {
  const { name, range } = packageWord(word);
  if (word.includes("@", 1)) return { name, version: range };
  throw usageFailure(
    `"${word}" has no version; write ${name}@1.2.3 for that one, or ${name}@* for all of them.`,
  );
}
