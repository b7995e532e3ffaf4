import { isJsonObject } from "../packument/abbreviated-fields.ts";
import { correctLicence } from "./correct-licence.ts";
import { leafText, leavesOf, parseExpression } from "./spdx-expression.ts";

/** What a manifest says about its licence, brought into one form. */
export interface DeclaredLicence {
  /**
   * `file`: it points to a file; `unlicensed`: nobody is given any right; `missing`: it says nothing;
   * `unknown`: it says something that is no licence we know.
   */
  kind: "expression" | "file" | "unlicensed" | "missing" | "unknown";
  /** The SPDX expression; null for all other kinds. */
  spdx: string | null;
  /** Every licence in the expression, each once. */
  ids: readonly string[];
  /** What the manifest says, as a text, cut; null if it says nothing. */
  raw: string | null;
}

const RAW_LENGTH_MAX = 200;
/** Longer texts are no name of a licence. */
const TEXT_LENGTH_MAX = 1000;
/** How many entries of an old `licenses` list are read. */
const LIST_LENGTH_MAX = 20;

const SEE_FILE =
  /^see\s+(?:the\s+)?(?:licen[sc]e|copying|terms)|^(?:file:)?\S*(?:licen[sc]e|copying)(?:\.(?:md|txt|html?|rst))?$/iu;
const UNLICENSED = /^(?:unlicensed|unlicenced|proprietary|commercial|all rights reserved\.?|private)$/iu;

/** Pages of licences, and what they are about. */
const PAGES: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [
    /\bopensource\.org\/licenses?\/([\w.-]+?)(?:\.php|\.html)?$/iu,
    ([, id = ""]) => id.replace(/-license$/iu, ""),
  ],
  [/\bspdx\.org\/licenses\/([\w.+-]+?)(?:\.html)?$/iu, ([, id = ""]) => id],
  [
    /\bapache\.org\/licenses\/LICENSE-([\d.]+)/iu,
    ([, version = ""]) => `Apache-${version.replace(/\.$/u, "")}`,
  ],
  [
    /\bgnu\.org\/(?:licenses|copyleft)\/([al]?gpl)-(\d\.\d)/iu,
    ([, name = "", at = ""]) => `${name.toUpperCase()}-${at}`,
  ],
  [/\bcreativecommons\.org\/publicdomain\/zero\/1\.0/iu, () => "CC0-1.0"],
  [/\bmozilla\.org\/(?:en-US\/)?MPL\/2\.0/iu, () => "MPL-2.0"],
  [/\bunlicense\.org/iu, () => "Unlicense"],
];

/**
 * Reads a manifest's `license` or `licenses`, whatever type it is: an SPDX expression, a common other
 * spelling, an object with a type or a URL, an old list (one may choose), `SEE LICENSE IN x`, `UNLICENSED`.
 * Never throws.
 *
 * @example declaredLicence("Apache 2").spdx // "Apache-2.0"
 */
export function declaredLicence(value: unknown): DeclaredLicence {
  if (Array.isArray(value)) return ofList(value as readonly unknown[]);
  if (isJsonObject(value)) return ofObject(value);
  return typeof value === "string" ? ofText(value) : ofKind("missing", null);
}

function ofObject(value: Record<string, unknown>): DeclaredLicence {
  const texts = [value["type"], value["name"], value["license"], value["url"]];
  const found = texts
    .filter((text): text is string => typeof text === "string" && text.trim() !== "")
    .map(ofText);
  return found.find(({ kind }) => kind === "expression") ?? found[0] ?? ofKind("missing", null);
}

// In an old list one could choose, so what is not known in it takes nothing away.
function ofList(list: readonly unknown[]): DeclaredLicence {
  const read = list
    .slice(0, LIST_LENGTH_MAX)
    .map((item) => (Array.isArray(item) ? ofKind("unknown", null) : declaredLicence(item)));
  const expressions = [...new Set(read.flatMap(({ spdx }) => (spdx === null ? [] : [spdx])))];
  if (expressions.length === 0) return read.find(({ kind }) => kind !== "missing") ?? ofKind("missing", null);
  if (expressions.length === 1) return ofText(expressions[0] ?? "");
  return ofText(expressions.map((spdx) => `(${spdx})`).join(" OR "));
}

function ofText(raw: string): DeclaredLicence {
  const text = raw.trim();
  if (text === "") return ofKind("missing", null);
  if (text.length > TEXT_LENGTH_MAX) return ofKind("unknown", raw);
  if (UNLICENSED.test(text)) return ofKind("unlicensed", raw);
  const spdx = parseExpression(text) === null ? spdxOf(text) : text;
  const tree = spdx === null ? null : parseExpression(spdx);
  if (tree === null) return ofKind(SEE_FILE.test(text) ? "file" : "unknown", raw);
  return { kind: "expression", spdx, ids: leavesOf(tree).map(leafText), raw: cut(raw) };
}

function spdxOf(text: string): string | null {
  for (const [page, idOf] of PAGES) {
    const match = page.exec(text.replace(/[/#?]+$/u, ""));
    if (match !== null) return correctLicence(idOf(match));
  }
  return text.includes("://") ? null : correctLicence(text);
}

function ofKind(kind: Exclude<DeclaredLicence["kind"], "expression">, raw: string | null): DeclaredLicence {
  return { kind, spdx: null, ids: [], raw: raw === null ? null : cut(raw) };
}

function cut(raw: string): string {
  return raw.length > RAW_LENGTH_MAX ? `${raw.slice(0, RAW_LENGTH_MAX)}…` : raw;
}
