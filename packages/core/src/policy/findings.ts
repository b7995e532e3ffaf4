import type semver from "semver";
import { SEVERITIES, type PackageAdvisory, type Severity } from "../advisories/advisory.ts";
import type { AssessedAs } from "../advisories/assess.ts";
import { aliasGroups } from "../advisories/alias-groups.ts";
import { chronologyOf } from "./chronology.ts";
import { advisoriesOn } from "./matching.ts";
import type { RuleOptions } from "./rule-settings.ts";
import { earlier } from "./opinion.ts";
import type { PackageHistory, PolicyContext, VersionFacts } from "./verdict.ts";

type Options = RuleOptions["vulnerability"];

/** One vulnerability of a version, whatever number of records tell of it. */
export interface Finding {
  /** The record that says most. */
  advisory: PackageAdvisory;
  /** By the record that says it most precisely; what none says counts as the rule's `unknownAs`. */
  severity: Severity;
  /** True if any record says that it is used for attacks. */
  isExploited: boolean;
  /** The highest EPSS percentile, 0 to 1; null if there is none. */
  epss: number | null;
  /** When it was first published, in milliseconds. */
  publishedAt: number;
  /** Until when those who use the version may keep it, in milliseconds. */
  graceEndsAt: number;
  /** What somebody here decided to do about it; null if nobody did. */
  assessedAs: AssessedAs | null;
}

const DAY_MS = 86_400_000;

/**
 * The vulnerabilities of a version that count by the options of the rule, worst first. What is known to be
 * exploited always counts, and so does what somebody decided to remedy or to contain; what has no EPSS figure yet
 * counts as if it had a high one.
 */
export function findingsOn(
  { version }: Pick<VersionFacts, "version">,
  context: PolicyContext,
  history: PackageHistory,
): readonly Finding[] {
  const known = history.derive(context, emptyFindings);
  let found = known.get(version);
  if (found === undefined) {
    found = countingFindings(
      advisoriesOn({ version }, context, history),
      context.rules.vulnerability.options,
    );
    known.set(version, found);
  }
  return found;
}

/**
 * The version of the same major line to go to: the lowest one above, else the highest below, that is no
 * pre-release, has no vulnerability that counts, and is not refused by another rule. Null if there is none.
 */
export function cleanVersionFor(
  version: semver.SemVer,
  context: PolicyContext,
  history: PackageHistory,
): string | null {
  const line = history.derive(context, cleanVersions).lines.get(version.major) ?? [];
  const above = line.find((clean) => clean.compare(version) > 0);
  return (above ?? line.at(-1))?.version ?? null;
}

/** When the versions to go to may be others although nothing but time passed, in milliseconds; null: never. */
export function cleanVersionsUntil(context: PolicyContext, history: PackageHistory): number | null {
  return history.derive(context, cleanVersions).recheckAt;
}

function countingFindings(advisories: readonly PackageAdvisory[], options: Options): readonly Finding[] {
  const vulnerabilities = advisories.filter(({ kind }) => kind === "vulnerability");
  const findings: Finding[] = [];
  for (const group of aliasGroups(vulnerabilities)) {
    const finding = findingOf(group, options);
    if (finding !== null && counts(finding, options)) findings.push(finding);
  }
  return findings.sort(byWeight);
}

function findingOf(group: readonly PackageAdvisory[], options: Options): Finding | null {
  const advisory = group[0];
  if (advisory === undefined) return null;
  const severity = advisory.severity ?? options.unknownAs;
  const percentiles = group.flatMap(({ epss }) => (epss === null ? [] : [epss.percentile]));
  const exploitedAt = group.flatMap(({ kevSince }) => (kevSince === null ? [] : [Date.parse(kevSince)]));
  const publishedAt = Math.min(...group.map((item) => item.publishedAt ?? item.modifiedAt));
  return {
    advisory,
    severity,
    isExploited: exploitedAt.length > 0,
    epss: percentiles.length === 0 ? null : Math.max(...percentiles),
    publishedAt,
    graceEndsAt: graceEnd({ severity, publishedAt, exploitedAt }, options),
    assessedAs: advisory.assessedAs ?? null,
  };
}

// Who exploits it does not wait for the end of the usual grace; a date that is none leaves no grace at all.
function graceEnd(
  { severity, publishedAt, exploitedAt }: { severity: Severity; publishedAt: number; exploitedAt: number[] },
  { graceDays }: Options,
): number {
  const days = severity === "critical" || severity === "high" ? graceDays[severity] : graceDays.other;
  const ends = [publishedAt + days * DAY_MS, ...exploitedAt.map((at) => at + graceDays.exploited * DAY_MS)];
  return Math.min(...ends.map((end) => (Number.isFinite(end) ? end : 0)));
}

function counts({ severity, isExploited, epss, assessedAs }: Finding, options: Options): boolean {
  if (isExploited || assessedAs !== null) return true;
  if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(options.severity)) return false;
  return options.epssMin === null || epss === null || epss >= options.epssMin;
}

// What only warns comes last, so that the worst one tells what becomes of the version.
function weightOf({ assessedAs }: Finding): number {
  if (assessedAs === "contain") return 2;
  return assessedAs === "remediate" ? 0 : 1;
}

function byWeight(first: Finding, second: Finding): number {
  return (
    weightOf(second) - weightOf(first) ||
    Number(second.isExploited) - Number(first.isExploited) ||
    SEVERITIES.indexOf(second.severity) - SEVERITIES.indexOf(first.severity) ||
    (second.advisory.score ?? 0) - (first.advisory.score ?? 0) ||
    first.publishedAt - second.publishedAt
  );
}

interface CleanVersions {
  lines: ReadonlyMap<number, readonly semver.SemVer[]>;
  recheckAt: number | null;
}

// What another rule refuses is no way out.
function cleanVersions(history: PackageHistory, context: PolicyContext): CleanVersions {
  const lines = new Map<number, semver.SemVer[]>();
  let recheckAt: number | null = null;
  for (const { facts, parsed } of history.derive(context, chronologyOf)) {
    if (parsed.prerelease.length > 0 || findingsOn(facts, context, history).length > 0) continue;
    const standing = history.standing(facts, context);
    recheckAt = earlier(recheckAt, standing.recheckAt);
    if (standing.isRefused) continue;
    const line = lines.get(parsed.major);
    if (line === undefined) lines.set(parsed.major, [parsed]);
    else line.push(parsed);
  }
  for (const line of lines.values()) line.sort((a, b) => a.compare(b));
  return { lines, recheckAt };
}

function emptyFindings(): Map<string, readonly Finding[]> {
  return new Map();
}
