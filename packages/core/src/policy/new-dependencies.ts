import { chronologyOf, type DatedVersion } from "./chronology.ts";
import type { PackageHistory, PolicyContext, VersionFacts } from "./verdict.ts";

/** What a patch release needs that the release before it did not. */
export interface NewDependencies {
  /** Names, in their order. */
  names: readonly string[];
  /** The release before it. */
  since: string;
}

type ByLine = ReadonlyMap<string, readonly DatedVersion[]>;

/**
 * The dependencies of a patch release that the next lower release of its minor line does not have; null if there are
 * none, or for a version that is not a patch release.
 */
export function newDependenciesOf(
  facts: VersionFacts,
  context: PolicyContext,
  history: PackageHistory,
): NewDependencies | null {
  const wanted = Object.keys(facts.dependencies ?? {});
  if (wanted.length === 0) return null;
  const line = releaseLine(history.derive(context, releasesByLine), facts.version);
  const at = line.findIndex((release) => release.facts.version === facts.version);
  const before = line[at - 1]?.facts;
  if (before === undefined) return null;
  const known = new Set(Object.keys(before.dependencies ?? {}));
  const names = wanted.filter((name) => !known.has(name)).sort();
  return names.length === 0 ? null : { names, since: before.version };
}

function releaseLine(lines: ByLine, version: string): readonly DatedVersion[] {
  return lines.get(version.split(".", 2).join(".")) ?? [];
}

/** Releases by `major.minor`, the lowest first. */
function releasesByLine(history: PackageHistory, context: PolicyContext): ByLine {
  const lines = new Map<string, DatedVersion[]>();
  const sorted = [...history.derive(context, chronologyOf)].sort((a, b) => a.parsed.compare(b.parsed));
  for (const release of sorted) {
    const { major, minor, prerelease } = release.parsed;
    if (prerelease.length > 0) continue;
    const line = lines.get(`${major}.${minor}`);
    if (line === undefined) lines.set(`${major}.${minor}`, [release]);
    else line.push(release);
  }
  return lines;
}
