import type { PackageAdvisory } from "../advisories/advisory.ts";
import { advisoryMatcher } from "../advisories/match.ts";
import type { PackageHistory, PolicyContext, VersionFacts } from "./verdict.ts";

type Lookup = (version: string) => readonly PackageAdvisory[];

/** The advisories that concern a version; of one package's versions each is looked up once. */
export function advisoriesOn(
  { version }: Pick<VersionFacts, "version">,
  context: PolicyContext,
  history: PackageHistory,
): readonly PackageAdvisory[] {
  return history.derive(context, lookupOf)(version);
}

/** Tells whether any advisory in force is of a kind. */
export function hasAdvisoryOf(
  kind: PackageAdvisory["kind"],
  { advisories }: Pick<PolicyContext, "advisories">,
): boolean {
  return advisories.some((advisory) => advisory.kind === kind && advisory.withdrawnAt === null);
}

function lookupOf(_history: PackageHistory, { advisories }: PolicyContext): Lookup {
  const match = advisoryMatcher(advisories);
  const known = new Map<string, readonly PackageAdvisory[]>();
  return (version) => {
    let found = known.get(version);
    if (found === undefined) {
      found = match(version);
      known.set(version, found);
    }
    return found;
  };
}
