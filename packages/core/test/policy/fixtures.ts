import { historyOf } from "../../src/policy/decide.ts";
import type { PackageAdvisory } from "../../src/advisories/advisory.ts";
import { PROFILES } from "../../src/policy/default-settings.ts";
import { plainContext } from "../../src/policy/plain-context.ts";
import type { RuleId, RuleMode, RuleOptions, RuleSettings } from "../../src/policy/rule-settings.ts";
import { RULES } from "../../src/policy/rules/index.ts";
import type { Opinion, PolicyContext, VersionFacts } from "../../src/policy/verdict.ts";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** Noon of a day on which everything happens. */
export const NOW: number = Date.UTC(2026, 0, 31, 12);

export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** A version from upstream that is a year old and of which nothing is remarkable. */
export function factsOf(version: string, known: Partial<VersionFacts> = {}): VersionFacts {
  return {
    version,
    upstreamVersion: null,
    origin: "upstream",
    publishedAt: iso(NOW - 365 * DAY),
    integrity: `sha512-${version}`,
    shasum: null,
    tarball: null,
    license: "MIT",
    deprecated: null,
    hasInstallScript: false,
    hasSignatures: true,
    attestations: null,
    publisher: "ada",
    dependencies: null,
    ...known,
  };
}

/** The standard rules, all off but those given, which are in force with these options. */
export function onlyRules(options: Partial<RuleOptions>): RuleSettings {
  const settings = Object.entries(PROFILES.standard).map(([id, { options: standard }]) => {
    const given = options[id as RuleId];
    const mode: RuleMode = given === undefined ? "off" : "enforce";
    return [id, { mode, options: { ...standard, ...given } }];
  });
  return Object.fromEntries(settings) as RuleSettings;
}

export function contextOf(known: Partial<PolicyContext> = {}): PolicyContext {
  return plainContext({ registry: "default", name: "left", now: NOW, ...known });
}

/** What a version in use was served as, by versions. */
export function servedAs(...versions: readonly string[]): PolicyContext["served"] {
  return new Map(versions.map((version) => [version, { firstAt: NOW - 30 * DAY }]));
}

/** What one rule says of a version; null where it is idle or has nothing to say. */
export function opinionOf(
  rule: RuleId,
  facts: VersionFacts,
  { context, others = [] }: { context: PolicyContext; others?: readonly VersionFacts[] },
): Opinion | null {
  const history = historyOf([...others, facts]);
  for (const found of RULES.filter(({ id }) => id === rule)) {
    const opinion = found.isIdle(context) ? null : found.judge(facts, context, history);
    if (opinion !== null && opinion.outcome !== null) return opinion;
  }
  return null;
}

/** A high vulnerability of every version below 1.2.0, known for ten days. */
export function advisoryOf(known: Partial<PackageAdvisory> = {}): PackageAdvisory {
  return {
    id: "GHSA-aaaa-bbbb-cccc",
    aliases: [],
    kind: "vulnerability",
    summary: "Prototype pollution in left",
    url: "https://example.test/GHSA-aaaa-bbbb-cccc",
    severity: "high",
    score: 7.5,
    vector: null,
    cwes: [],
    publishedAt: NOW - 10 * DAY,
    modifiedAt: NOW - 10 * DAY,
    withdrawnAt: null,
    feed: "osv",
    origins: ["ghsa"],
    epss: null,
    kevSince: null,
    affected: below("1.2.0"),
    ...known,
  };
}

/** A report of one version as malware, by one source. */
export function malwareOf(version: string, known: Partial<PackageAdvisory> = {}): PackageAdvisory {
  return advisoryOf({
    id: "MAL-2026-1",
    kind: "malware",
    summary: "Malicious code in left (npm)",
    severity: "critical",
    origins: ["ossf"],
    affected: { versions: [version], intervals: [] },
    ...known,
  });
}

export function below(version: string): PackageAdvisory["affected"] {
  return { versions: [], intervals: [{ introduced: "0", end: { kind: "fixed", version } }] };
}
