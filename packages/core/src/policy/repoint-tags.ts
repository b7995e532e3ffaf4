import semver from "semver";
import { isPlaceholder } from "./chronology.ts";

/** What is left of a package's tags under policy. */
export interface RepointedTags {
  tags: Map<string, string>;
  /** Tags that have no version left to point at, each with its old target. */
  dropped: Map<string, string>;
}

/**
 * Moves tags away from versions that are not in `allowed`. Only `latest` is given another target: the highest
 * allowed version that is not above its old one, never a pre-release in place of a stable version, the same
 * kind of pre-release first in place of a pre-release, one that is not deprecated if there is any, and never one
 * that only keeps the place of a staged or a removed version. Other tags are dropped, as is a `latest` without a candidate. Tags whose target is allowed stay as they are.
 *
 * @example
 * repointTags(new Map([["latest", "1.2.0"]]), ["1.0.0", "1.1.0", "2.0.0"]).tags.get("latest")
 * // "1.1.0"
 */
export function repointTags(
  tags: ReadonlyMap<string, string>,
  allowed: readonly string[],
  isDeprecated: (version: string) => boolean = () => false,
): RepointedTags {
  const allowedSet = new Set(allowed);
  const result: RepointedTags = { tags: new Map(), dropped: new Map() };
  for (const [tag, target] of tags) {
    if (allowedSet.has(target)) {
      result.tags.set(tag, target);
      continue;
    }
    const next = tag === "latest" ? chooseBelow(target, allowed, isDeprecated) : null;
    if (next === null) result.dropped.set(tag, target);
    else result.tags.set(tag, next);
  }
  return result;
}

function chooseBelow(
  target: string,
  allowed: readonly string[],
  isDeprecated: (version: string) => boolean,
): string | null {
  const ceiling = semver.parse(target);
  if (ceiling === null) return null;
  const candidates: semver.SemVer[] = [];
  for (const version of allowed) {
    const parsed = isPlaceholder(version) ? null : semver.parse(version);
    if (parsed !== null && parsed.compare(ceiling) <= 0) candidates.push(parsed);
  }
  for (const group of groupsFor(ceiling, candidates)) {
    const chosen = highest(group.filter((version) => !isDeprecated(version.version))) ?? highest(group);
    if (chosen !== null) return chosen.version;
  }
  return null;
}

/** Candidates in order of preference; a group is looked at only if those before it are empty. */
function groupsFor(ceiling: semver.SemVer, candidates: readonly semver.SemVer[]): semver.SemVer[][] {
  const stable = candidates.filter((version) => version.prerelease.length === 0);
  if (ceiling.prerelease.length === 0) return [stable];
  const kind = prereleaseKind(ceiling);
  const prereleases = candidates.filter((version) => version.prerelease.length > 0);
  return [prereleases.filter((version) => prereleaseKind(version) === kind), stable, prereleases];
}

/** The word of a pre-release: `beta` of `1.0.0-beta.3`; all numeric ones are one kind. */
function prereleaseKind(version: semver.SemVer): string {
  return version.prerelease.find((part): part is string => typeof part === "string") ?? "";
}

function highest(versions: readonly semver.SemVer[]): semver.SemVer | null {
  let best: semver.SemVer | null = null;
  for (const version of versions) {
    if (best === null || version.compare(best) > 0) best = version;
  }
  return best;
}
