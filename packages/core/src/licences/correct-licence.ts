import correct from "spdx-correct";
import { parseExpression } from "./spdx-expression.ts";

/** Longer texts are prose, in which a guess would find anything. */
const ALIAS_LENGTH_MAX = 100;
const PARTS_MAX = 10;

/** Words that say nothing about which licence is meant. */
const FILLERS = new Set(
  (
    "THE A AN LICENSE LICENCE LICENSES LICENSED LICENCED SOFTWARE VERSION VER V PUBLIC GENERAL LESSER LIBRARY " +
    "FOUNDATION ONLY LATER PLUS CLAUSE CLAUSES NEW REVISED SIMPLIFIED FREE INTERNATIONAL UNIVERSAL"
  ).split(" "),
);
const NUMBER = /^V?\d+(?:\.\d+)*\+?$/u;
/** Families that the library finds as a part of any text: here they must be a word of their own. */
const FAMILY =
  /^(?:MIT|X11|EXPAT|APACHE\d?|APL|ASL|BSD\d?|0BSD|GNU|A?GPL|LGPL|AFFERO|MOZILLA|MPL|ISC|ISCL|ZLIB|WTFPL|BEERWARE|UNLICENSE|CC0|CC|BY|SA|NC|ND|ARTISTIC|BOOST|BSL|EPL|CDDL|UPL|BLUEOAK|PSF|PYTHON|RUBY|OFL|SSPL|BUSL|MITNFA|EUPL)(?:V?\d+(?:\.\d+)*)?\+?$/u;

/** Families whose name has several words, `GNU GPL` or `CC BY-SA`: not two licences. */
const NAMES_OF_WORDS = new Set(["GNU", "CC", "MOZILLA"]);

/**
 * Gives the SPDX expression that a common other spelling stands for: `Apache 2`, `the MIT License`, `GPLv3`,
 * `MIT/X11`. Null where that would be a guess: in prose, and where a word of the text is no part of a licence's
 * name.
 *
 * @example correctLicence("Apache License, Version 2.0") // "Apache-2.0"
 */
export function correctLicence(text: string): string | null {
  const trimmed = text.trim().replace(/^\((.*)\)$/u, "$1");
  if (trimmed === "" || trimmed.length > ALIAS_LENGTH_MAX) return null;
  return correctOne(trimmed) ?? correctParts(trimmed);
}

function correctOne(text: string): string | null {
  if (parseExpression(text) !== null) return text;
  const words = text
    .toUpperCase()
    .split(/[^A-Z0-9.+]+/u)
    .filter((word) => word !== "");
  const telling = words.filter((word) => !FILLERS.has(word) && !NUMBER.test(word));
  if (telling.length === 0 || !telling.every((word) => FAMILY.test(word))) return null;
  if (new Set(telling.map(familyOf)).size > 1 && !NAMES_OF_WORDS.has(telling[0] ?? "")) return null;
  const short = text
    .replace(/\b(?:the|licen[sc]ed?)\b/giu, " ")
    .replace(/[\s,]+/gu, " ")
    .trim();
  return corrected(text) ?? corrected(short);
}

function familyOf(word: string): string {
  return word.replace(/V?\d.*|\+$/gu, "");
}

// `MIT and BSD` needs both; of `MIT/Apache` one may choose. What mixes the two is not read.
function correctParts(text: string): string | null {
  const anyOf = text.split(/\s+or\s+|\s*[/|]+\s*/iu);
  const allOf = text.split(/\s+and\s+|\s*[,&;]\s*/iu);
  if (anyOf.length > 1 && allOf.length > 1) return null;
  const parts = anyOf.length > 1 ? anyOf : allOf;
  if (parts.length < 2 || parts.length > PARTS_MAX) return null;
  const known = parts.map(correctOne);
  if (known.includes(null)) return null;
  return known.map((part) => `(${part})`).join(anyOf.length > 1 ? " OR " : " AND ");
}

function corrected(text: string): string | null {
  if (text === "") return null;
  const found = correct(text, { upgrade: false });
  return found === null || parseExpression(found) === null ? null : found;
}
