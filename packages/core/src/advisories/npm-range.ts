import type { AffectedVersions } from "./advisory.ts";
import { isAffected } from "./match.ts";
import { spansOf, type VersionSpan } from "./version-spans.ts";

/** A range in which no version is, pre-releases included; npm knows it as such. */
const NOTHING = "<0.0.0-0";
/** What clients take for "there is no fixed version". */
const NO_FIX = "<0.0.0";

/**
 * The affected versions as an npm range. With `includePrerelease` and `loose`, as clients evaluate the ranges
 * of advisories, a version of strict semver is in it exactly if `isAffected` says so.
 *
 * @example npmRangeOf({ versions: ["3.0.0"], intervals: [{ introduced: "0", end: { kind: "fixed", version: "1.2.0" } }] })
 * // "<1.2.0 || =3.0.0"
 */
export function npmRangeOf(affected: AffectedVersions): string {
  return spansOf(affected).map(comparatorsOf).join(" || ") || NOTHING;
}

/**
 * The versions that put an end to it, ascending: where a feed says `fixed` and nothing else says that the
 * version is affected all the same.
 */
export function fixedVersionsOf(affected: AffectedVersions): string[] {
  return fixesOf(affected).map(({ fixed }) => fixed);
}

/**
 * The fixed versions and those after them as an npm range, up to where another stretch begins; `<0.0.0` if
 * nothing is fixed.
 *
 * @example patchedRangeOf({ versions: [], intervals: [{ introduced: "0", end: { kind: "fixed", version: "1.2.0" } }] })
 * // ">=1.2.0"
 */
export function patchedRangeOf(affected: AffectedVersions): string {
  const clauses = fixesOf(affected).map(({ fixed, until }) =>
    until === null ? `>=${fixed}` : `>=${fixed} <${until}`,
  );
  return clauses.join(" || ") || NO_FIX;
}

function comparatorsOf({ from, to }: VersionSpan): string {
  if (to === null) return from === null ? "*" : `>=${from.version}`;
  const upper = `${to.isInclusive ? "<=" : "<"}${to.version}`;
  if (from === null) return upper;
  return from.version === to.version && to.isInclusive ? `=${to.version}` : `>=${from.version} ${upper}`;
}

function fixesOf(affected: AffectedVersions): { fixed: string; until: string | null }[] {
  const spans = spansOf(affected);
  return spans.flatMap(({ to }, index) => {
    if (to === null || to.isInclusive || isAffected(affected, to.version)) return [];
    return [{ fixed: to.version, until: spans[index + 1]?.from?.version ?? null }];
  });
}
