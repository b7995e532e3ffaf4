import semver from "semver";
import { EntrepotError } from "../errors.ts";

/** Longest range that is taken; npm's own are far below it. */
const RANGE_LENGTH_MAX = 1000;

/** One interval as mathematicians write it: a bracket takes its bound in, a parenthesis leaves it out. */
const INTERVAL = /^([[(])\s*([^,()[\]\s]*)\s*,\s*([^,()[\]\s]*)\s*([\])])$/u;
const SINGLE = /^\[\s*([^,()[\]\s]+)\s*\]$/u;
/** The commas between intervals and versions, not those inside an interval. */
const LIST_COMMA = /,(?![^([]*[\])])/u;

/**
 * Reads a range of versions as people write it and gives the npm range that says the same: a version, an npm
 * range (`^1.2.0`, `1.3.*`, `<2 || >=3`), intervals such as `[1.0,2.0)`, and lists of these with commas.
 * Spaces around it are dropped; `*` means every version.
 *
 * @throws EntrepotError `request-invalid`; the text says what would be taken
 * @example parseVersionRange("[1.0,2.0), 3.1.4") // ">=1.0.0 <2.0.0 || 3.1.4"
 */
export function parseVersionRange(raw: unknown): string {
  if (typeof raw !== "string" || raw.trim() === "") throw invalid(raw, "it is not a text with a range");
  if (raw.length > RANGE_LENGTH_MAX) {
    throw invalid(`${raw.slice(0, 40)}…`, `it has more than ${RANGE_LENGTH_MAX} characters`);
  }
  const text = raw.trim();
  if (semver.validRange(text) !== null) return text;
  return text
    .split(LIST_COMMA)
    .map((part) => rangeOf(part.trim(), text))
    .join(" || ");
}

function rangeOf(part: string, whole: string): string {
  const single = SINGLE.exec(part)?.[1];
  if (single !== undefined) return bound(single, whole);
  const interval = INTERVAL.exec(part);
  if (interval !== null) return rangeOfInterval(interval, whole);
  if (part === "" || semver.validRange(part) === null) throw notUnderstood(whole);
  return part;
}

function rangeOfInterval([, open, low, high, close]: RegExpExecArray, whole: string): string {
  const parts: string[] = [];
  if (low) parts.push(`${open === "[" ? ">=" : ">"}${bound(low, whole)}`);
  if (high) parts.push(`${close === "]" ? "<=" : "<"}${bound(high, whole)}`);
  return parts.length === 0 ? "*" : parts.join(" ");
}

/** `1.0` in an interval is the version 1.0.0, not a range. */
function bound(text: string, whole: string): string {
  const numbers = /^\d+(?:\.\d+)?$/u.test(text) ? text.split(".") : null;
  const version = semver.valid(numbers === null ? text : [...numbers, "0", "0"].slice(0, 3).join("."));
  if (version === null) throw notUnderstood(whole);
  return version;
}

function notUnderstood(raw: string): EntrepotError {
  return invalid(
    raw,
    "write a version (1.2.3), an npm range (^1.2.0, 1.3.*, >=1 <2), an interval ([1.0,2.0)) or a list of them",
  );
}

function invalid(raw: unknown, why: string): EntrepotError {
  return new EntrepotError("request-invalid", {
    message: `${JSON.stringify(raw) ?? "undefined"} is not a range of versions: ${why}.`,
    details: { range: typeof raw === "string" ? raw : null },
  });
}
