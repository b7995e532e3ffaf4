import { comparePrecedence, hasInexactNumber, precedenceOf, type Precedence } from "../precedence.ts";
import { normalizeVersion } from "../versions.ts";
import type { AffectedInterval, AffectedVersions, PackageAdvisory } from "./advisory.ts";

/** A version that is looked up, taken apart once. */
interface Wanted {
  /** Without build metadata; as it came if it is no strict semver. */
  spelling: string;
  /** Null: no strict semver, so it has no place among others and is in no interval. */
  precedence: Precedence | null;
}

/**
 * Tells whether a version is affected: listed, or inside an interval by plain semver precedence, so that a
 * pre-release of the fixed version still is. A spelling that is not strict semver is affected only if it is
 * listed just so. Never throws.
 *
 * @example isAffected({ versions: [], intervals: [{ introduced: "0", end: null }] }, "1.0.0-rc.1") // true
 */
export function isAffected(affected: AffectedVersions, version: string): boolean {
  return concerns(affected, wantedOf(version));
}

/** Those of the advisories of one package that concern a version; what was withdrawn concerns none. */
export function matchAdvisories(list: readonly PackageAdvisory[], version: string): PackageAdvisory[] {
  if (list.length === 0) return [];
  const wanted = wantedOf(version);
  return list.filter(({ withdrawnAt, affected }) => withdrawnAt === null && concerns(affected, wanted));
}

function wantedOf(version: string): Wanted {
  const strict = normalizeVersion(version);
  if (strict === null) return { spelling: version, precedence: null };
  return { spelling: strict, precedence: precedenceOf(strict) };
}

function concerns({ versions, intervals }: AffectedVersions, { spelling, precedence }: Wanted): boolean {
  if (versions.includes(spelling)) return true;
  if (precedence === null) return false;
  if (intervals.some((interval) => isInside(interval, precedence))) return true;
  return hasInexactNumber(precedence) && versions.some((listed) => isSame(listed, precedence));
}

function isInside({ introduced, end }: AffectedInterval, version: Precedence): boolean {
  if (introduced !== "0" && comparePrecedence(version, precedenceOf(introduced)) < 0) return false;
  if (end === null) return true;
  const order = comparePrecedence(version, precedenceOf(end.version));
  return end.kind === "fixed" ? order < 0 : order <= 0;
}

function isSame(listed: string, version: Precedence): boolean {
  return normalizeVersion(listed) === listed && comparePrecedence(precedenceOf(listed), version) === 0;
}
