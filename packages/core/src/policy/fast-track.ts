import semver from "semver";
import { SEVERITIES, type PackageAdvisory, type Severity } from "../advisories/advisory.ts";
import { fixedVersionsOf } from "../advisories/npm-range.ts";
import { chronologyOf } from "./chronology.ts";
import { advisoriesOn } from "./matching.ts";
import { newScriptsOf } from "./install-scripts.ts";
import { trustChangeOf } from "./trust.ts";
import type { PackageHistory, PolicyContext, VersionFacts } from "./verdict.ts";

/** What a version mends. */
export interface Mended {
  advisory: PackageAdvisory;
  /** An earlier version that has the fault; one that is in use here, unless the fix itself is already. */
  affected: string;
}

/**
 * Tells what a version mends: it is named as the fix of an advisory of at least a severity, which concerns an
 * earlier version that is in use here (or any, where nothing of the package is and that is chosen), and nothing about it is new but the fix: no install script that was not there, no account
 * that never published, no less proof of where it comes from. Null if that is not so.
 */
export function mendedBy(
  facts: VersionFacts,
  context: PolicyContext,
  history: PackageHistory,
): Mended | null {
  const fastTrack = context.rules.age.options.fastTrack;
  const parsed = fastTrack === null ? null : semver.parse(facts.version);
  if (fastTrack === null || parsed === null) return null;
  const fixes = (history.derive(context, fixesOf).get(facts.version) ?? []).filter(({ severity }) =>
    isAtLeast(severity, fastTrack.severity),
  );
  if (fixes.length === 0 || hasSurprises(facts, context, history)) return null;
  const countsAll = countsAllVersions(facts, context, fastTrack);
  for (const earlier of history.derive(context, countsAll ? allVersions : versionsInUse)) {
    if (earlier.compare(parsed) >= 0) continue;
    const { version } = earlier;
    const advisory = advisoriesOn({ version }, context, history).find((found) => fixes.includes(found));
    if (advisory !== undefined) return { advisory, affected: version };
  }
  return null;
}

// A fix that was let through once stays so: it must not shut itself out by being the only version in use.
function countsAllVersions(
  { version }: VersionFacts,
  { served }: PolicyContext,
  { inUseOnly }: { inUseOnly: boolean },
): boolean {
  return served.has(version) || (served.size === 0 && !inUseOnly);
}

// An advisory that does not say how bad it is opens no fast track.
function isAtLeast(severity: Severity | null, least: Severity): boolean {
  return severity !== null && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}

function hasSurprises(facts: VersionFacts, context: PolicyContext, history: PackageHistory): boolean {
  const trust = trustChangeOf(facts, context, history);
  if (trust === null || trust.isDrop || trust.isNewPublisher || trust.otherBuild !== null) return true;
  return newScriptsOf(facts, context, history) !== null;
}

function fixesOf(
  _history: PackageHistory,
  { advisories }: PolicyContext,
): ReadonlyMap<string, readonly PackageAdvisory[]> {
  const fixes = new Map<string, PackageAdvisory[]>();
  for (const advisory of advisories) {
    if (advisory.kind !== "vulnerability" || advisory.withdrawnAt !== null) continue;
    for (const version of fixedVersionsOf(advisory.affected)) {
      const known = fixes.get(version);
      if (known === undefined) fixes.set(version, [advisory]);
      else known.push(advisory);
    }
  }
  return fixes;
}

/** Highest first. */
function versionsInUse(_history: PackageHistory, context: PolicyContext): readonly semver.SemVer[] {
  const used = [...context.served.keys()].map((version) => semver.parse(version));
  return used.filter((found) => found !== null).sort((a, b) => b.compare(a));
}

/** Highest first. */
function allVersions(history: PackageHistory, context: PolicyContext): readonly semver.SemVer[] {
  const all = history.derive(context, chronologyOf).map(({ parsed }) => parsed);
  return all.sort((a, b) => b.compare(a));
}
