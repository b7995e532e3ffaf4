import { comparePrecedence, hasInexactNumber, precedenceOf, type Precedence } from "../precedence.ts";
import { normalizeVersion } from "../versions.ts";
import type { AffectedVersions, PackageAdvisory } from "./advisory.ts";

/** A version that is looked up, taken apart once. */
interface Wanted {
  /** Without build metadata; as it came if it is no strict semver. */
  spelling: string;
  /** Null: no strict semver, so it has no place among others and is in no interval. */
  precedence: Precedence | null;
}

/** What is affected, taken apart once. */
interface Prepared {
  versions: readonly string[];
  intervals: readonly { from: Precedence | null; to: Precedence | null; isInclusive: boolean }[];
}

/**
 * Tells whether a version is affected: listed, or inside an interval by plain semver precedence, so that a
 * pre-release of the fixed version still is. A spelling that is not strict semver is affected only if it is
 * listed just so. Never throws.
 *
 * @example isAffected({ versions: [], intervals: [{ introduced: "0", end: null }] }, "1.0.0-rc.1") // true
 */
export function isAffected(affected: AffectedVersions, version: string): boolean {
  return concerns(prepare(affected), wantedOf(version));
}

/** Those of the advisories of one package that concern a version; what was withdrawn concerns none. */
export function matchAdvisories(list: readonly PackageAdvisory[], version: string): PackageAdvisory[] {
  return advisoryMatcher(list)(version);
}

/** The same for many versions of a package: the advisories are taken apart once. */
export function advisoryMatcher(list: readonly PackageAdvisory[]): (version: string) => PackageAdvisory[] {
  const prepared = list.flatMap((advisory) =>
    advisory.withdrawnAt === null ? [{ advisory, affected: prepare(advisory.affected) }] : [],
  );
  if (prepared.length === 0) return () => [];
  return (version) => {
    const wanted = wantedOf(version);
    return prepared.flatMap(({ advisory, affected }) => (concerns(affected, wanted) ? [advisory] : []));
  };
}

function wantedOf(version: string): Wanted {
  const strict = normalizeVersion(version);
  if (strict === null) return { spelling: version, precedence: null };
  return { spelling: strict, precedence: precedenceOf(strict) };
}

function prepare({ versions, intervals }: AffectedVersions): Prepared {
  return {
    versions,
    intervals: intervals.map(({ introduced, end }) => ({
      from: introduced === "0" ? null : precedenceOf(introduced),
      to: end === null ? null : precedenceOf(end.version),
      isInclusive: end?.kind === "lastAffected",
    })),
  };
}

function concerns({ versions, intervals }: Prepared, { spelling, precedence }: Wanted): boolean {
  if (versions.includes(spelling)) return true;
  if (precedence === null) return false;
  for (const { from, to, isInclusive } of intervals) {
    if (from !== null && comparePrecedence(precedence, from) < 0) continue;
    const order = to === null ? -1 : comparePrecedence(precedence, to);
    if (order < 0 || (order === 0 && isInclusive)) return true;
  }
  return hasInexactNumber(precedence) && versions.some((listed) => isSame(listed, precedence));
}

function isSame(listed: string, version: Precedence): boolean {
  return normalizeVersion(listed) === listed && comparePrecedence(precedenceOf(listed), version) === 0;
}
