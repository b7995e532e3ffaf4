import { aliasGroups } from "./alias-groups.ts";
import type { PackageAdvisory, Severity } from "./advisory.ts";
import { riskCategory, type RiskLevel, type RiskProfile } from "./risk.ts";

/** What is to be done about a vulnerability: get rid of it when it suits, or let nobody have it. */
export type AssessedAs = NonNullable<PackageAdvisory["assessedAs"]>;

/** What a type of assessments makes of an advisory. */
export interface AssessmentEffect {
  /** Takes the place of the advisory's severity; `none`: it counts no more and is not told. Null: as it is. */
  severity: Severity | null;
  /** Null: nothing beyond the severity. */
  assessedAs: AssessedAs | null;
}

/** Somebody's word about one issue. Times are milliseconds since 1970. */
export interface Assessment extends AssessmentEffect {
  /** Id or alias of an advisory about the issue. */
  advisory: string;
  /** True where it was made for the registry itself: it goes before one made for all. */
  isOfRegistry: boolean;
  setAt: number;
  /** From then on the issue counts as not assessed; null: never. */
  expiresAt: number | null;
}

/** What counts in one place. */
export interface AssessmentsInForce {
  /** By the id or alias that they name; some may have ended. */
  byAdvisory: ReadonlyMap<string, readonly Assessment[]>;
  /** As what those count that nobody assessed, by risk category; null where there is no such thing. */
  automatic: { profile: RiskProfile; effects: ReadonlyMap<RiskLevel, AssessmentEffect> } | null;
}

/** The types that are always there. `monitor`: we know, and it does not stop us. */
export const ASSESSMENT_TYPES: Readonly<Record<"monitor" | "remediate" | "contain", AssessmentEffect>> = {
  monitor: { severity: "none", assessedAs: null },
  remediate: { severity: null, assessedAs: "remediate" },
  contain: { severity: null, assessedAs: "contain" },
};

/** Advisories as they count after they were assessed. */
export interface AssessedAdvisories {
  advisories: readonly PackageAdvisory[];
  /** When the first of the assessments that matter here ends, in milliseconds; null: none does. */
  endsAt: number | null;
}

/**
 * Applies assessments to the advisories of one package. One counts for all advisories about the same issue, whatever
 * id it names; of several that have not ended, one of the registry goes before others, and a newer before an older.
 * What nobody assessed counts as its risk category says, where that is chosen. Malware cannot be assessed away: that takes an exception, and two people.
 */
export function applyAssessments(
  list: readonly PackageAdvisory[],
  assessments: AssessmentsInForce,
  now: number,
): AssessedAdvisories {
  const vulnerabilities = list.filter(({ kind }) => kind === "vulnerability");
  const { byAdvisory, automatic } = assessments;
  const isNamed = (one: PackageAdvisory): boolean => namesOf(one).some((name) => byAdvisory.has(name));
  const isAny = automatic !== null || (byAdvisory.size > 0 && vulnerabilities.some(isNamed));
  if (!isAny) return { advisories: list, endsAt: null };
  const found = new Map<PackageAdvisory, AssessmentEffect>();
  let endsAt: number | null = null;
  for (const group of aliasGroups(vulnerabilities)) {
    const assessment = assessmentOf(group, byAdvisory, now);
    const effect = assessment ?? automaticOf(group, automatic);
    if (effect === null) continue;
    for (const advisory of group) found.set(advisory, effect);
    const end = assessment?.expiresAt ?? null;
    if (end !== null) endsAt = Math.min(endsAt ?? Infinity, end);
  }
  const advisories = list.flatMap((advisory) => {
    const effect = found.get(advisory);
    return effect === undefined ? [advisory] : assessed(advisory, effect);
  });
  return { advisories, endsAt };
}

function assessmentOf(
  group: readonly PackageAdvisory[],
  assessments: AssessmentsInForce["byAdvisory"],
  now: number,
): Assessment | null {
  const names = new Set(group.flatMap(namesOf));
  const inForce = [...names]
    .flatMap((name) => assessments.get(name) ?? [])
    .filter(({ expiresAt }) => expiresAt === null || now < expiresAt);
  return inForce.sort(byWeight)[0] ?? null;
}

// The worst that is said of an issue tells its category.
function automaticOf(
  group: readonly PackageAdvisory[],
  automatic: AssessmentsInForce["automatic"],
): AssessmentEffect | null {
  const inForce = group.filter(({ withdrawnAt }) => withdrawnAt === null);
  if (automatic === null || inForce.length === 0) return null;
  const categories = inForce.map((advisory) => riskCategory(advisory, automatic.profile).category);
  return automatic.effects.get(Math.max(...categories) as RiskLevel) ?? null;
}

function byWeight(one: Assessment, other: Assessment): number {
  return (
    Number(other.isOfRegistry) - Number(one.isOfRegistry) ||
    other.setAt - one.setAt ||
    (one.advisory < other.advisory ? -1 : 1)
  );
}

function namesOf({ id, aliases }: PackageAdvisory): string[] {
  return [id, ...aliases];
}

function assessed(
  advisory: PackageAdvisory,
  { severity, assessedAs }: AssessmentEffect,
): readonly PackageAdvisory[] {
  if (severity === "none") return [];
  return [
    {
      ...advisory,
      ...(severity === null ? {} : { severity }),
      ...(assessedAs === null ? {} : { assessedAs }),
    },
  ];
}
