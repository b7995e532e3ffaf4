import { LRUCache } from "lru-cache";
import {
  ALWAYS_ENFORCED,
  coversName,
  PROFILES,
  RULE_IDS,
  type ListEntry,
  type Profile,
  type RuleId,
  type RuleMode,
  type RuleSetting,
  type RuleSettings,
} from "@entrepot/core";

/** Row that names a profile instead of a rule. */
export const PROFILE_ROW = "profile";
/** In place of a registry's id: every registry. In place of a pattern: every package. */
export const EVERYWHERE = "";

/** What was chosen for one rule in one place. */
export interface PolicyChoice {
  /** {@link EVERYWHERE} for every registry. */
  registryId: string;
  /** {@link EVERYWHERE} for every package. */
  packages: string;
  rule: string;
  /** Null: as elsewhere. */
  mode: RuleMode | null;
  /** Those that differ from what holds elsewhere; of a profile `{ profile }`. */
  options: Readonly<Record<string, unknown>>;
  /** Why the row could not be read as it is, and what counts instead; left out where it could. */
  problem?: string;
}

/** The policy of one registry, ready to be asked about any name. */
export interface LayeredPolicy {
  profile: Profile;
  settingsOf(name: string): RuleSettings;
  /** What was chosen for a name beside the profile, the weakest first; the later wins. */
  choicesOf(name: string): readonly PolicyChoice[];
}

/** Different sets of patterns that match some name; each has settings of its own. */
const SETTINGS_MAX = 1000;

const KNOWN_RULES: ReadonlySet<string> = new Set<string>(RULE_IDS);

/**
 * Lays the choices that concern a registry over each other, the later over the earlier: the profile, what holds in the
 * workspace, there for some packages, in the registry, and there for some packages. Among patterns a longer one comes
 * after a shorter one, and an exact name last. The same choices give the same object, as long as it is remembered.
 */
export function layerPolicy(choices: readonly PolicyChoice[], registryId: string): LayeredPolicy {
  const own = choices.filter(({ registryId: id }) => id === EVERYWHERE || id === registryId);
  const profile = profileOf(own);
  const layers = own.filter(({ rule }) => KNOWN_RULES.has(rule)).sort(byWeight);
  const isMatch = matcher(layers.map(({ packages }) => packages));
  const whole = settle(profile, layersOf(isMatch("")));
  const known = new LRUCache<string, RuleSettings>({ max: SETTINGS_MAX });

  function layersOf(matching: ReadonlySet<string>): PolicyChoice[] {
    return layers.filter(({ packages }) => packages === EVERYWHERE || matching.has(packages));
  }

  function settingsOf(name: string): RuleSettings {
    const matching = isMatch(name);
    if (matching.size === 0) return whole;
    const key = [...matching].join("\n");
    let settings = known.get(key);
    if (settings === undefined) {
      settings = settle(profile, layersOf(matching));
      known.set(key, settings);
    }
    return settings;
  }

  return { profile, settingsOf, choicesOf: (name) => layersOf(isMatch(name)) };
}

/** Where a rule was chosen for a name: `workspace`, `registry`, either with a pattern, or `profile standard`. */
export function ruleSource(policy: LayeredPolicy, rule: RuleId, name: string): string {
  const chosen = policy.choicesOf(name).findLast((choice) => choice.rule === rule);
  if (chosen === undefined) return `profile ${policy.profile}`;
  const place = chosen.registryId === EVERYWHERE ? "workspace" : "registry";
  return chosen.packages === EVERYWHERE ? place : `${place}, ${chosen.packages}`;
}

/** The profile in force: the registry's own, else the workspace's, else the standard one. */
function profileOf(own: readonly PolicyChoice[]): Profile {
  let found: Profile = "standard";
  for (const scope of [true, false]) {
    for (const { registryId, rule, options } of own) {
      const name = options["profile"];
      if (rule !== PROFILE_ROW || (registryId === EVERYWHERE) !== scope) continue;
      if (name === "standard" || name === "strict") found = name;
    }
  }
  return found;
}

// The registry's over the workspace's; there, what is for fewer packages over what is for more.
function byWeight(one: PolicyChoice, other: PolicyChoice): number {
  const scope = Number(one.registryId !== EVERYWHERE) - Number(other.registryId !== EVERYWHERE);
  return scope === 0 ? weightOf(one.packages) - weightOf(other.packages) : scope;
}

function weightOf(packages: string): number {
  if (packages === EVERYWHERE) return 0;
  return packages.endsWith("*") ? packages.length : Number.MAX_SAFE_INTEGER;
}

/** Finds the patterns that a name matches, always in the same order; exact names and whole scopes are looked up. */
function matcher(patterns: readonly string[]): (name: string) => ReadonlySet<string> {
  const looked = new Set(patterns.filter((pattern) => pattern !== EVERYWHERE && !isPrefix(pattern)));
  const prefixes = [...new Set(patterns.filter(isPrefix))];
  return (name) => {
    const found = new Set<string>();
    for (const prefix of prefixes) if (coversName(prefix, name)) found.add(prefix);
    const scope = `${name.slice(0, name.indexOf("/") + 1)}*`;
    if (looked.has(scope)) found.add(scope);
    if (looked.has(name)) found.add(name);
    return found;
  };
}

function isPrefix(pattern: string): boolean {
  return pattern.endsWith("*") && !pattern.endsWith("/*");
}

function settle(profile: Profile, layers: readonly PolicyChoice[]): RuleSettings {
  const settings = new Map<RuleId, RuleSetting>(RULE_IDS.map((rule) => [rule, PROFILES[profile][rule]]));
  for (const { rule, mode, options } of layers) {
    const id = rule as RuleId;
    const held = settings.get(id);
    if (held === undefined) continue;
    const chosen = ALWAYS_ENFORCED.has(id) ? held.mode : (mode ?? held.mode);
    settings.set(id, { mode: chosen, options: merge(id, held.options, options) });
  }
  return Object.freeze(Object.fromEntries(settings)) as RuleSettings;
}

// Denials add up: whoever denies more in one registry does not take back what the workspace denies.
function merge(
  rule: RuleId,
  held: RuleSetting["options"],
  given: PolicyChoice["options"],
): RuleSetting["options"] {
  const merged = { ...held, ...given };
  if (rule !== "deny-list" || !("entries" in given)) return merged as RuleSetting["options"];
  const before = (held as { entries: readonly ListEntry[] }).entries;
  return { entries: [...before, ...(given["entries"] as readonly ListEntry[])] };
}
