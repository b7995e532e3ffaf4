import type { PackageAdvisory } from "../advisories/advisory.ts";
import { matchAdvisories } from "../advisories/match.ts";
import type { PackageHistory, PolicyContext, VersionFacts } from "./verdict.ts";

type Matches = Map<string, readonly PackageAdvisory[]>;

/** The advisories that concern a version; of one package's versions each is looked up once. */
export function advisoriesOn(
  { version }: Pick<VersionFacts, "version">,
  context: PolicyContext,
  history: PackageHistory,
): readonly PackageAdvisory[] {
  const known = history.derive(context, emptyMatches);
  let found = known.get(version);
  if (found === undefined) {
    found = matchAdvisories(context.advisories, version);
    known.set(version, found);
  }
  return found;
}

/** Tells whether any advisory in force is of a kind. */
export function hasAdvisoryOf(kind: PackageAdvisory["kind"], { advisories }: PolicyContext): boolean {
  return advisories.some((advisory) => advisory.kind === kind && advisory.withdrawnAt === null);
}

function emptyMatches(): Matches {
  return new Map();
}
