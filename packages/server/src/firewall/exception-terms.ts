import {
  EntrepotError,
  NEVER_LIFTED,
  parseNamePattern,
  parseRuleId,
  parseVersionRange,
  type RuleId,
} from "@entrepot/core";
import { withoutNul } from "../db/index.ts";

/** What an exception is to be, as a person wrote it. */
export interface NewException {
  /** Empty for every registry. */
  registryId: string;
  packages: string;
  range: string;
  /** Null for all that can be lifted. */
  rules: readonly string[] | null;
  reason: string;
  /** Days from its approval, a moment in milliseconds, or for ever. */
  term: { days: number } | { until: number } | "never";
}

/** The same, checked. */
export interface ExceptionTerms {
  packages: string;
  range: string;
  rules: RuleId[] | null;
  reason: string;
  lastsMs: number | null;
  /** Null where it is counted from the approval, and where it does not end. */
  endsAt: number | null;
}

const DAY_MS = 24 * 60 * 60 * 1000;
export const EXCEPTION_DAYS_MAX = 365;
const REASON_CHARS_MAX = 500;

/** Checks what an exception is to be. Throws `request-invalid`, saying what would be taken. */
export function termsOf(input: NewException, now: number): ExceptionTerms {
  return {
    packages: packagesOf(input.packages),
    range: parseVersionRange(input.range),
    rules: input.rules === null ? null : rulesOf(input.rules),
    reason: textOf(input.reason, "A reason"),
    ...endOf(input.term, now),
  };
}

/** Checks how long one holds from its approval, in milliseconds. */
export function lengthOf(days: number): number {
  if (days > 0 && days <= EXCEPTION_DAYS_MAX) return Math.round(days * DAY_MS);
  throw invalid(
    `An exception holds for at most ${EXCEPTION_DAYS_MAX} days; make it anew when it is still needed then.`,
  );
}

/** Checks a text that must say something. */
export function textOf(raw: string, what: string): string {
  const text = withoutNul(raw).trim();
  if (text === "") throw invalid(`${what} is missing; say why, for whoever reads it later.`);
  if (text.length <= REASON_CHARS_MAX) return text;
  throw invalid(`${what} has at most ${REASON_CHARS_MAX} characters.`);
}

// A prefix would take in names that it was not made for.
function packagesOf(raw: string): string {
  const { kind, text } = parseNamePattern(raw);
  if (kind === "exact" || (text.startsWith("@") && text.endsWith("/"))) return raw;
  throw invalid(`"${raw}" could cover names that nobody has looked at; write one name, or @scope/*.`);
}

function rulesOf(raw: readonly string[]): RuleId[] {
  if (raw.length === 0) throw invalid("Name a rule, or leave rules out for all that can be lifted.");
  const rules = [...new Set(raw.map((rule) => parseRuleId(rule)))];
  const fixed = rules.find((rule) => NEVER_LIFTED.has(rule));
  if (fixed === undefined) return rules;
  throw invalid(`No exception lifts the rule ${fixed}: ${INSTEAD[fixed] ?? "it always holds"}.`);
}

const INSTEAD: Partial<Readonly<Record<RuleId, string>>> = {
  "operator-status": "take the status away with entrepot release",
  "name-claim": "give up the claim with entrepot claim remove",
  "integrity-change": "find out why the bytes changed; the rule can be switched off for a registry",
};

function endOf(term: NewException["term"], now: number): Pick<ExceptionTerms, "lastsMs" | "endsAt"> {
  if (term === "never") return { lastsMs: null, endsAt: null };
  if ("days" in term) return { lastsMs: lengthOf(term.days), endsAt: null };
  if (term.until <= now) throw invalid("The end of the exception is over already; name a later one.");
  lengthOf((term.until - now) / DAY_MS);
  return { lastsMs: null, endsAt: term.until };
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}
