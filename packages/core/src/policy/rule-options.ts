import { SEVERITIES } from "../advisories/advisory.ts";
import { EntrepotError } from "../errors.ts";
import { parseLicenceId } from "../licences/licence-id.ts";
import { PROFILES, RULE_IDS } from "./default-settings.ts";
import { parseMembers, type OptionSpec } from "./option-spec.ts";
import type { RuleId, RuleMode, RuleOptions } from "./rule-settings.ts";

/** A year: what is longer was meant in another unit. */
const HOURS_MAX = 365 * 24;
const DAYS_MAX = 3650;

const MODES: readonly RuleMode[] = ["off", "shadow", "enforce"];

/** What each rule is against, in one sentence. */
export const RULE_DESCRIPTIONS: Readonly<Record<RuleId, string>> = {
  "operator-status": "What an operator blocked, held or allowed by hand.",
  "malware": "Versions that two independent sources, or one and the upstream's removal, report as malware.",
  "name-claim": "Names that are ours by a claim: no upstream may provide them.",
  "published-secret": "Publishing files with private keys, access tokens or a registry's credentials.",
  "integrity-change": "Versions whose bytes upstream are not those that were first seen.",
  "suspected-malware": "Versions that one source alone reports as malware.",
  "deny-list": "What the list names.",
  "allow-only": "What the list does not name; an empty list refuses nothing.",
  "scanned-only": "Versions that could not be compared with current advisories.",
  "review-first": "Upstream versions that nobody here has used before, until somebody has looked at them.",
  "trust-downgrade": "Versions published with less proof of origin than those before them.",
  "vulnerability": "Versions with known vulnerabilities of at least the chosen severity.",
  "licence": "Versions under licences that are denied, or not among those allowed.",
  "install-script": "Versions that run scripts when they are installed.",
  "look-alike": "Names that can be taken for a much used one.",
  "prerelease": "Pre-releases.",
  "deprecated": "Versions that their authors have deprecated; they are shown with a warning.",
  "age": "Versions that were published too recently.",
  "unlisted": "Versions that an operator took out of lists; they are noted, not refused.",
  "newer-patch": "Versions of which there is a newer patch; they are noted, not refused.",
  "recent": "Versions published within some days; they are noted, not refused.",
  "aged": "Versions published long ago; they are noted, not refused.",
};

const SEVERITY: OptionSpec = { kind: "choice", values: SEVERITIES };
const GRACE: OptionSpec = { kind: "number", min: 0, max: DAYS_MAX, unit: "days" };
const HOURS: OptionSpec = { kind: "number", min: 0, max: HOURS_MAX, unit: "hours" };
const LICENCES: OptionSpec = {
  kind: "texts",
  what: "SPDX licence ids such as MIT or GPL-2.0-only WITH Classpath-exception-2.0",
  check: parseLicenceId,
};
const NOTE_OUTCOME: OptionSpec = { kind: "choice", values: ["allow", "warn"] };
const NOTE_DAYS: OptionSpec = { kind: "number", min: 1, max: DAYS_MAX, unit: "days" };
const LICENCE_OUTCOME: OptionSpec = { kind: "choice", values: ["allow", "warn", "hide"] };

const SPECS: { readonly [Id in RuleId]: Readonly<Record<keyof RuleOptions[Id], OptionSpec>> } = {
  "operator-status": {},
  "malware": {},
  "name-claim": {},
  "published-secret": {},
  "integrity-change": {},
  "suspected-malware": {},
  "deny-list": { entries: { kind: "entries" } },
  "allow-only": { entries: { kind: "entries" } },
  "scanned-only": { dataAgeMax: { kind: "number", min: 1, max: HOURS_MAX, unit: "hours", nullable: true } },
  "review-first": {},
  "trust-downgrade": {},
  "vulnerability": {
    severity: SEVERITY,
    unknownAs: SEVERITY,
    epssMin: { kind: "number", min: 0, max: 1, unit: "the EPSS percentile", nullable: true },
    graceDays: {
      kind: "members",
      members: { exploited: GRACE, critical: GRACE, high: GRACE, other: GRACE },
    },
    onlyWhereFixed: { kind: "boolean" },
  },
  "licence": {
    allowed: LICENCES,
    denied: LICENCES,
    missing: LICENCE_OUTCOME,
    unknown: LICENCE_OUTCOME,
  },
  "install-script": { condition: { kind: "choice", values: ["any", "new"] } },
  "look-alike": {},
  "prerelease": {},
  "deprecated": {},
  "age": {
    hours: HOURS,
    firstReleaseHours: HOURS,
    newDependencyHours: HOURS,
    exempt: { kind: "names" },
    fastTrack: {
      kind: "members",
      members: { severity: SEVERITY, hours: HOURS, inUseOnly: { kind: "boolean" } },
      nullable: true,
    },
  },
  "unlisted": { outcome: NOTE_OUTCOME },
  "newer-patch": { outcome: NOTE_OUTCOME },
  "recent": { days: NOTE_DAYS, outcome: NOTE_OUTCOME },
  "aged": { days: NOTE_DAYS, outcome: NOTE_OUTCOME },
};

/** What can be chosen for a rule, by the option's name, and what each may be. */
export function optionSpecsOf(rule: RuleId): Readonly<Record<string, OptionSpec>> {
  return SPECS[rule];
}

/**
 * Checks the options of a rule as they came in a request or a file. What is left out is taken from `base`,
 * which is the standard profile's unless given; members of members too. The answer is complete and can be kept.
 *
 * @throws EntrepotError `request-invalid`; the text names the option and what it takes
 * @example parseRuleOptions("age", { hours: 24 }).fastTrack // { severity: "high", hours: 2, inUseOnly: true }
 */
export function parseRuleOptions<Id extends RuleId>(
  rule: Id,
  raw: unknown,
  base: RuleOptions[Id] = PROFILES.standard[rule].options,
): RuleOptions[Id] {
  const where = `the rule ${rule}`;
  return parseMembers(SPECS[rule], { raw: raw ?? {}, base, where }) as RuleOptions[Id];
}

/**
 * Checks the mode of a rule.
 *
 * @throws EntrepotError `request-invalid`
 */
export function parseMode(raw: unknown): RuleMode {
  const mode = MODES.find((item) => item === raw);
  if (mode !== undefined) return mode;
  throw new EntrepotError("request-invalid", { message: `A rule's mode is one of ${MODES.join(", ")}.` });
}

/**
 * Checks the id of a rule.
 *
 * @throws EntrepotError `request-invalid`
 */
export function parseRuleId(raw: unknown): RuleId {
  const rule = RULE_IDS.find((item) => item === raw);
  if (rule !== undefined) return rule;
  throw new EntrepotError("request-invalid", { message: `A rule is one of ${RULE_IDS.join(", ")}.` });
}
