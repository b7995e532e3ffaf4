import { comparePrecedence, hasInexactNumber, precedenceOf, type Precedence } from "../precedence.ts";
import { normalizeVersion } from "../versions.ts";
import type { AffectedVersions } from "./advisory.ts";

/** A version with its place among others. */
export interface SpanBound {
  version: string;
  at: Precedence;
}

/** A stretch of affected versions. */
export interface VersionSpan {
  /** Inclusive; null is below every version. */
  from: SpanBound | null;
  /** Null: open. */
  to: (SpanBound & { isInclusive: boolean }) | null;
}

/**
 * What is affected as ascending stretches with gaps between them; a listed version is a stretch of its own
 * unless it lies in another. Listed spellings that are not strict semver have no place and are left out. Where
 * a bound has a number that cannot be compared exactly, the stretches stay as they came.
 */
export function spansOf(affected: AffectedVersions): readonly VersionSpan[] {
  const spans: VersionSpan[] = affected.intervals.map(({ introduced, end }) => ({
    from: introduced === "0" ? null : boundOf(introduced),
    to: end === null ? null : { ...boundOf(end.version), isInclusive: end.kind === "lastAffected" },
  }));
  for (const listed of affected.versions) {
    if (normalizeVersion(listed) !== listed) continue;
    const bound = boundOf(listed);
    spans.push({ from: bound, to: { ...bound, isInclusive: true } });
  }
  if (spans.some(({ from, to }) => isInexact(from) || isInexact(to))) return spans;
  return joinSpans(spans.filter((span) => !isEmpty(span)));
}

function joinSpans(spans: readonly VersionSpan[]): readonly VersionSpan[] {
  const joined: VersionSpan[] = [];
  for (const span of [...spans].sort((a, b) => compareFrom(a.from, b.from))) {
    const last = joined.at(-1);
    if (last === undefined || isBefore(last, span)) joined.push({ ...span });
    else if (last.to !== null && (span.to === null || compareTo(span.to, last.to) > 0)) last.to = span.to;
  }
  return joined;
}

/** An interval of a feed may end before it begins. */
function isEmpty({ from, to }: VersionSpan): boolean {
  if (from === null || to === null) return false;
  const order = comparePrecedence(from.at, to.at);
  return to.isInclusive ? order > 0 : order >= 0;
}

/** Tells whether a gap lies between a stretch and another that begins at the same place or later. */
function isBefore(earlier: VersionSpan, later: VersionSpan): boolean {
  if (earlier.to === null || later.from === null) return false;
  return comparePrecedence(earlier.to.at, later.from.at) < 0;
}

function compareFrom(a: SpanBound | null, b: SpanBound | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return comparePrecedence(a.at, b.at);
}

function compareTo(a: NonNullable<VersionSpan["to"]>, b: NonNullable<VersionSpan["to"]>): number {
  return comparePrecedence(a.at, b.at) || Number(a.isInclusive) - Number(b.isInclusive);
}

function isInexact(bound: SpanBound | null): boolean {
  return bound !== null && hasInexactNumber(bound.at);
}

function boundOf(version: string): SpanBound {
  return { version, at: precedenceOf(version) };
}
