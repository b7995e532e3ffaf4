import type { RuleId, RuleSettings } from "./rule-settings.ts";

/** Settings that go together: what a new workspace begins with, and the strict ones. */
export type Profile = "standard" | "strict";

const DAY_HOURS = 24;
const YEAR_DAYS = 365;

const STANDARD: RuleSettings = {
  "operator-status": { mode: "enforce", options: {} },
  "malware": { mode: "enforce", options: {} },
  "name-claim": { mode: "enforce", options: {} },
  "published-secret": { mode: "enforce", options: {} },
  "integrity-change": { mode: "enforce", options: {} },
  "suspected-malware": { mode: "enforce", options: {} },
  "deny-list": { mode: "enforce", options: { entries: [] } },
  "allow-only": { mode: "off", options: { entries: [] } },
  "scanned-only": { mode: "shadow", options: { dataAgeMax: null } },
  "review-first": { mode: "off", options: {} },
  "trust-downgrade": { mode: "shadow", options: {} },
  "vulnerability": {
    mode: "shadow",
    options: {
      severity: "high",
      unknownAs: "moderate",
      epssMin: null,
      graceDays: { exploited: 3, critical: 7, high: 30, other: 90 },
      onlyWhereFixed: true,
    },
  },
  "licence": {
    mode: "shadow",
    options: { allowed: [], denied: [], missing: "warn", unknown: "warn" },
  },
  "install-script": { mode: "shadow", options: { condition: "new" } },
  "look-alike": { mode: "shadow", options: {} },
  "prerelease": { mode: "off", options: {} },
  "deprecated": { mode: "off", options: {} },
  "age": {
    mode: "shadow",
    options: {
      hours: 72,
      firstReleaseHours: 7 * DAY_HOURS,
      newDependencyHours: 2 * DAY_HOURS,
      exempt: [],
      fastTrack: { severity: "high", hours: 2, inUseOnly: true },
    },
  },
  "unlisted": { mode: "off", options: { outcome: "warn" } },
  "newer-patch": { mode: "off", options: { outcome: "allow" } },
  "recent": { mode: "off", options: { days: 30, outcome: "allow" } },
  "aged": { mode: "off", options: { days: 3 * YEAR_DAYS, outcome: "allow" } },
};

const STRICT: RuleSettings = {
  ...STANDARD,
  "trust-downgrade": { mode: "enforce", options: {} },
  "vulnerability": {
    mode: "enforce",
    options: {
      severity: "high",
      unknownAs: "high",
      epssMin: null,
      graceDays: { exploited: 0, critical: 0, high: 0, other: 0 },
      onlyWhereFixed: false,
    },
  },
  "install-script": { mode: "enforce", options: { condition: "any" } },
  "look-alike": { mode: "enforce", options: {} },
  "prerelease": { mode: "enforce", options: {} },
  "age": {
    mode: "enforce",
    options: {
      hours: 14 * DAY_HOURS,
      firstReleaseHours: 14 * DAY_HOURS,
      newDependencyHours: 7 * DAY_HOURS,
      exempt: [],
      fastTrack: { severity: "low", hours: 0, inUseOnly: false },
    },
  },
};

/**
 * The settings of each profile. `standard` refuses what no install should meet: known malware, names that are
 * not the upstream's to give, and bytes that changed, and lets nobody publish secrets; every other rule reports
 * only. `strict` also refuses known high vulnerabilities, pre-releases, install scripts, look-alike names, and
 * what is younger than 14 days unless it mends a vulnerability.
 */
export const PROFILES: Readonly<Record<Profile, RuleSettings>> = { standard: STANDARD, strict: STRICT };

/**
 * Rules that are no settings: wherever they are asked, they are obeyed. What people said by hand, and versions that are
 * malware beyond doubt; two people together except one of those, for a time.
 */
export const ALWAYS_ENFORCED: ReadonlySet<RuleId> = new Set<RuleId>(["operator-status", "malware"]);

/** Every rule's id, in the order in which `decide` asks them. */
export const RULE_IDS: readonly RuleId[] = Object.keys(STANDARD) as RuleId[];

/** What no exception lifts: an operator's own word, whose name it is, and bytes that changed. */
export const NEVER_LIFTED: ReadonlySet<RuleId> = new Set<RuleId>([
  "operator-status",
  "name-claim",
  "integrity-change",
]);
