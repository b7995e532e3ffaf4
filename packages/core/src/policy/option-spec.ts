import { EntrepotError } from "../errors.ts";
import { parseNamePattern } from "../names.ts";
import type { ListEntry } from "./rule-settings.ts";
import { parseVersionRange } from "./version-range.ts";

/** What a value may be. Every spec can say what it takes in words, for the text of an error. */
export type OptionSpec =
  | { kind: "number"; min: number; max: number; unit: string; nullable?: true }
  | { kind: "boolean" }
  | { kind: "choice"; values: readonly string[] }
  | { kind: "entries" }
  | { kind: "names" }
  | { kind: "texts"; what: string; check: (text: string) => string | null }
  | { kind: "members"; members: Readonly<Record<string, OptionSpec>>; nullable?: true };

/** A value to be checked, what it may be, and where it stands. */
export interface OptionQuestion {
  spec: OptionSpec;
  raw: unknown;
  /** What counts where `raw` is silent. */
  base: unknown;
  /** `hours of the rule age`. */
  where: string;
}

/** How long a list may be. */
const LIST_ENTRIES_MAX = 5000;
const REASON_LENGTH_MAX = 500;
const ENTRY_MEMBERS = new Set(["packages", "range", "reason"]);

/**
 * Checks a value and gives it in its one form, members that are not given taken from `base`.
 *
 * @throws EntrepotError `request-invalid`, naming the option and what is allowed
 */
function parseOption(question: OptionQuestion): unknown {
  const { spec, raw } = question;
  if (raw === null && "nullable" in spec) return null;
  switch (spec.kind) {
    case "number":
      return parseNumber(spec, question);
    case "boolean":
      if (typeof raw !== "boolean") throw refuse(question, "must be true or false");
      return raw;
    case "choice":
      return parseChoice(spec.values, question);
    case "entries":
      return listOf(question).map((entry, index) =>
        parseEntry(entry, `entry ${index + 1} in ${question.where}`),
      );
    case "names":
      return listOf(question).map((name) => parseExactName(name, question.where));
    case "texts":
      return listOf(question).map((text) => parseText(text, { spec, question }));
    case "members":
      return parseMembers(spec.members, question);
  }
}

/** Checks the members of an object; unknown ones are refused with the list of those there are. */
export function parseMembers(
  members: Readonly<Record<string, OptionSpec>>,
  { raw, base, where }: Omit<OptionQuestion, "spec">,
): Record<string, unknown> {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    throw invalid(`${capital(where)} must be an object.`);
  }
  const given = new Map(Object.entries(raw));
  const names = Object.keys(members);
  for (const name of given.keys()) {
    if (names.includes(name)) continue;
    const known = names.length === 0 ? "It has none." : `It has: ${names.join(", ")}.`;
    throw invalid(`There is no option ${JSON.stringify(name.slice(0, 60))} in ${where}. ${known}`);
  }
  const defaults = new Map(Object.entries(typeof base === "object" && base !== null ? base : {}));
  const parsed = Object.entries(members).map(([name, spec]) => {
    const value = given.get(name);
    const fallback = defaults.get(name);
    if (value === undefined && fallback !== undefined) return [name, fallback];
    return [name, parseOption({ spec, raw: value, base: fallback, where: `${name} of ${where}` })];
  });
  return Object.fromEntries(parsed);
}

function parseNumber(spec: Extract<OptionSpec, { kind: "number" }>, question: OptionQuestion): number {
  const { raw } = question;
  const isInside = typeof raw === "number" && raw >= spec.min && raw <= spec.max;
  if (isInside) return raw;
  const orNull = spec.nullable === true ? ", or null" : "";
  throw refuse(question, `must be a number of ${spec.unit} from ${spec.min} to ${spec.max}${orNull}`);
}

function parseChoice(values: readonly string[], question: OptionQuestion): string {
  const value = values.find((item) => item === question.raw);
  if (value === undefined) throw refuse(question, `must be one of ${values.join(", ")}`);
  return value;
}

function listOf(question: OptionQuestion): readonly unknown[] {
  if (!Array.isArray(question.raw)) throw refuse(question, "must be a list");
  if (question.raw.length > LIST_ENTRIES_MAX) {
    throw refuse(question, `may have ${LIST_ENTRIES_MAX} entries at most`);
  }
  return question.raw as readonly unknown[];
}

function parseEntry(raw: unknown, where: string): ListEntry {
  if (typeof raw === "string") return { packages: parseName(raw, where), range: "*", reason: "" };
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    throw invalid(`${capital(where)} must be a name, or an object with packages, range and reason.`);
  }
  const unknown = Object.keys(raw).find((key) => !ENTRY_MEMBERS.has(key));
  if (unknown !== undefined) {
    throw invalid(
      `There is no ${JSON.stringify(unknown.slice(0, 60))} in ${where}; it has packages, range, reason.`,
    );
  }
  const { packages, range = "*", reason = "" } = raw as Partial<Record<keyof ListEntry, unknown>>;
  if (typeof reason !== "string" || reason.length > REASON_LENGTH_MAX) {
    throw invalid(`The reason of ${where} must be a text of ${REASON_LENGTH_MAX} characters at most.`);
  }
  return { packages: parseName(packages, where), range: parseRange(range, where), reason: reason.trim() };
}

function parseName(raw: unknown, where: string): string {
  if (typeof raw !== "string") throw invalid(`A name in ${where} must be a text.`);
  try {
    parseNamePattern(raw);
  } catch (error) {
    throw invalid(`In ${where}: ${messageOf(error)} Write a name, @scope/* or prefix-*.`, error);
  }
  return raw;
}

// What needs less than others must be named: a prefix would take in names that nobody has thought of.
function parseExactName(raw: unknown, where: string): string {
  const name = parseName(raw, where);
  if (!name.endsWith("*") || name.endsWith("/*")) return name;
  throw invalid(
    `In ${where}: "${name}" could cover names that nobody has looked at; write one name, or @scope/*.`,
  );
}

function parseRange(raw: unknown, where: string): string {
  try {
    return parseVersionRange(raw);
  } catch (error) {
    throw invalid(`In ${where}: ${messageOf(error)}`, error);
  }
}

function parseText(
  raw: unknown,
  { spec, question }: { spec: Extract<OptionSpec, { kind: "texts" }>; question: OptionQuestion },
): string {
  const text = typeof raw === "string" ? spec.check(raw.trim()) : null;
  if (text === null) {
    const shown = JSON.stringify(typeof raw === "string" ? raw.slice(0, 60) : raw) ?? "undefined";
    throw refuse(question, `must list ${spec.what}; ${shown} is none`);
  }
  return text;
}

function refuse({ where }: OptionQuestion, what: string): EntrepotError {
  return invalid(`${capital(where)} ${what}.`);
}

function invalid(message: string, cause?: unknown): EntrepotError {
  return new EntrepotError("request-invalid", { message, cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
