import semver from "semver";
import type { PackageHistory, PolicyContext, VersionFacts } from "./verdict.ts";

/** The version that stands upstream for a release that was staged and not yet approved. */
const STAGED_PLACEHOLDER = "0.0.0-stage";
/** What takes the place of a package that the upstream removed as malware, with or without a counter. */
const REMOVED_PLACEHOLDER = /^0\.0\.1-security(?:\.\d+)?$/u;
/** Before this there was no registry that could have published anything: a time that is no time. */
const EARLIEST_CREDIBLE = Date.UTC(2009, 0, 1);
/** The latest moment that a `Date` can hold. */
export const LATEST_MOMENT = 8.64e15;

/** One version of a package, parsed, with its time in milliseconds; unknown times are infinite. */
export interface DatedVersion {
  facts: VersionFacts;
  parsed: semver.SemVer;
  at: number;
}

/** Where versions stand in some order, from 0. */
export type VersionPlaces = ReadonlyMap<string, number>;

/** A package's real versions in the order of their publish times, those without a time last. */
export function chronologyOf(history: PackageHistory): readonly DatedVersion[] {
  const dated: DatedVersion[] = [];
  for (const facts of history.versions) {
    const parsed = isPlaceholder(facts.version) ? null : semver.parse(facts.version);
    if (parsed === null) continue;
    dated.push({ facts, parsed, at: publishTimeOf(facts) ?? Number.POSITIVE_INFINITY });
  }
  return dated.sort(byTime);
}

/** The version that was published before another; null if none was. */
export function publishedBefore(
  { version }: VersionFacts,
  context: PolicyContext,
  history: PackageHistory,
): DatedVersion | null {
  const place = history.derive(context, placesInTime).get(version);
  return place === undefined ? null : (history.derive(context, chronologyOf)[place - 1] ?? null);
}

/** When a version was published, in milliseconds; null if that is unknown or cannot be. */
export function publishTimeOf(facts: Pick<VersionFacts, "publishedAt">): number | null {
  if (facts.publishedAt === null) return null;
  const at = Date.parse(facts.publishedAt);
  return at >= EARLIEST_CREDIBLE ? at : null;
}

/** Tells whether a version only keeps a place, for a staged or a removed one. */
export function isPlaceholder(version: string): boolean {
  return version === STAGED_PLACEHOLDER || REMOVED_PLACEHOLDER.test(version);
}

/** Tells whether the upstream removed the package for being malware and put a placeholder there. */
export function isRemoved(history: PackageHistory): boolean {
  return history.versions.some(({ version }) => REMOVED_PLACEHOLDER.test(version));
}

function placesInTime(history: PackageHistory, context: PolicyContext): VersionPlaces {
  return new Map(history.derive(context, chronologyOf).map(({ facts }, place) => [facts.version, place]));
}

// Infinities must not be subtracted from each other.
function byTime(first: DatedVersion, second: DatedVersion): number {
  if (first.at !== second.at) return first.at < second.at ? -1 : 1;
  return first.parsed.compare(second.parsed);
}
