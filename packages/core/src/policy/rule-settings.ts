import type { Severity } from "../advisories/advisory.ts";

/** A rule's strength: not asked; asked for reports only; asked, and obeyed. */
export type RuleMode = "off" | "shadow" | "enforce";

/** What a rule makes of a version that it only takes note of. */
export type NoteOutcome = "allow" | "warn";

/** One entry of a list: a name or `@scope/*`, a semver range, and why. */
export interface ListEntry {
  /** Exact name, `@scope/*` or `prefix-*`. */
  packages: string;
  /** `*` for every version. Pre-releases in the range count. */
  range: string;
  reason: string;
}

/** What can be chosen for each rule. Durations are in hours unless the name says otherwise. */
export interface RuleOptions {
  "operator-status": Record<never, never>;
  "malware": Record<never, never>;
  "name-claim": Record<never, never>;
  "published-secret": Record<never, never>;
  "integrity-change": Record<never, never>;
  "suspected-malware": Record<never, never>;
  "deny-list": { entries: readonly ListEntry[] };
  "allow-only": { entries: readonly ListEntry[] };
  "scanned-only": {
    /** Age of the advisory data beyond which a version does not count as scanned; null for no limit. */
    dataAgeMax: number | null;
  };
  "review-first": Record<never, never>;
  "trust-downgrade": Record<never, never>;
  "vulnerability": {
    /** Least severity that counts; what has none counts as `unknownAs`. */
    severity: Severity;
    unknownAs: Severity;
    /** Only what has at least this EPSS percentile (0 to 1) or is known to be exploited; null for no such limit. */
    epssMin: number | null;
    /** Days for which who uses a version already keeps it, from the day the advisory was published. */
    graceDays: { exploited: number; critical: number; high: number; other: number };
    /** Hide only where an unaffected version of the same major line can be had; else warn. */
    onlyWhereFixed: boolean;
  };
  "licence": {
    /** SPDX ids; empty: all are fine but those in `denied`. */
    allowed: readonly string[];
    denied: readonly string[];
    /** What to do with a manifest that names no licence, names an unknown one, or one in a file. */
    missing: "allow" | "warn" | "hide";
    unknown: "allow" | "warn" | "hide";
  };
  "install-script": {
    /** `new`: only where the last version that was served here had none. */
    condition: "any" | "new";
  };
  "look-alike": Record<never, never>;
  "prerelease": Record<never, never>;
  "deprecated": Record<never, never>;
  "age": {
    /** How old a version must be. */
    hours: number;
    /** How old the first version of a name must be. */
    firstReleaseHours: number;
    /** How much older a patch release must be that depends on something which the release before it did not. */
    newDependencyHours: number;
    /** Names that need no age: exact, or `@scope/*`. */
    exempt: readonly string[];
    /** Lets a version that mends an advisory of this severity pass after some hours; null: no such thing. */
    fastTrack: {
      severity: Severity;
      hours: number;
      /** Only where a version that has the fault is in use here; else also where nothing of the package is. */
      inUseOnly: boolean;
    } | null;
  };
  "unlisted": { outcome: NoteOutcome };
  "newer-patch": { outcome: NoteOutcome };
  "recent": {
    /** For how many days a version counts as recent. */
    days: number;
    outcome: NoteOutcome;
  };
  "aged": {
    /** After how many days a version counts as old. */
    days: number;
    outcome: NoteOutcome;
  };
}

export type RuleId = keyof RuleOptions;

/** How one rule stands in one place. */
export interface RuleSetting<Id extends RuleId = RuleId> {
  mode: RuleMode;
  options: RuleOptions[Id];
}

/** Every rule as it stands for one package in one registry. */
export type RuleSettings = { readonly [Id in RuleId]: RuleSetting<Id> };
