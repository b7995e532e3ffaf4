import {
  factsOfManifest,
  judgePackage,
  plainContext,
  PROFILES,
  type PolicyContext,
  type PolicyException,
  type RuleId,
  type RuleSetting,
  type RuleSettings,
  type Verdict,
  type VersionFacts,
  type VersionStatus,
} from "@entrepot/core";
import fc from "fast-check";
import { knownOf, type WorldAdvisory } from "./leak-advisories.ts";

export const MINUTE: number = 60 * 1000;
const HOUR = 60 * 60 * 1000;
export const DAY = 24 * HOUR;

/** One version of a world's package. */
export interface WorldVersion {
  version: string;
  /** Milliseconds before the world begins. */
  ageMs: number;
  manifest: Record<string, unknown>;
  deprecated: string | null;
}

/** A rule as the policy API takes it. */
export interface WorldRule {
  rule: RuleId;
  mode: "shadow" | "enforce";
  options: Record<string, unknown>;
}

export interface WorldStatus {
  version: string;
  status: VersionStatus["status"];
}

export interface WorldException {
  range: string;
  rules: RuleId[] | null;
  days: number;
}

/** One package with everything that policy may have against it, at first and after a change of mind. */
export interface World {
  name: string;
  versions: readonly WorldVersion[];
  rules: readonly [readonly WorldRule[], readonly WorldRule[]];
  statuses: readonly WorldStatus[];
  exceptions: readonly WorldException[];
  advisories: readonly WorldAdvisory[];
  /** How far time moves in between. */
  pauseMs: number;
}

type WorldShape = Omit<World, "name">;

const RULE_OPTIONS: { readonly [Id in RuleId]?: (versions: readonly string[]) => fc.Arbitrary<object> } = {
  "age": () =>
    fc.record({
      hours: fc.integer({ min: 1, max: 600 }),
      firstReleaseHours: fc.integer({ min: 1, max: 600 }),
      fastTrack: fc.constant(null),
    }),
  "deny-list": (versions) => listOf(versions),
  "allow-only": (versions) => listOf(versions),
  "install-script": () => fc.record({ condition: fc.constantFrom("any", "new") }),
  "licence": () =>
    fc.record({
      allowed: fc.constantFrom([], ["MIT"], ["MIT", "ISC"]),
      denied: fc.constantFrom([], ["GPL-3.0-only"], ["ISC"]),
      missing: fc.constantFrom("allow", "warn", "hide"),
      unknown: fc.constantFrom("allow", "warn", "hide"),
    }),
  "vulnerability": () =>
    fc.record({
      severity: fc.constantFrom("low", "high"),
      unknownAs: fc.constantFrom("low", "high"),
      epssMin: fc.constant(null),
      graceDays: fc.constantFrom(
        { exploited: 0, critical: 0, high: 0, other: 0 },
        { exploited: 3, critical: 7, high: 30, other: 90 },
      ),
      onlyWhereFixed: fc.boolean(),
    }),
  "prerelease": () => fc.constant({}),
  "deprecated": () => fc.constant({}),
  "review-first": () => fc.constant({}),
  "trust-downgrade": () => fc.constant({}),
};
const RULES = Object.keys(RULE_OPTIONS) as RuleId[];

/** The name is put in when the world gets one. */
function listOf(versions: readonly string[]): fc.Arbitrary<object> {
  const range = fc
    .tuple(fc.constantFrom("", "<", "<=", ">", ">=", "^"), fc.constantFrom(...versions))
    .map(([operator, version]) => `${operator}${version}`);
  return fc.record({ ranges: fc.array(fc.oneof(range, fc.constant("*")), { minLength: 1, maxLength: 2 }) });
}

/** No number is part of another one, so that a text can be searched for a version. */
function versionTexts(count: number): fc.Arbitrary<string[]> {
  return fc.tuple(
    ...Array.from({ length: count }, (_, index) =>
      fc
        .tuple(fc.integer({ min: 0, max: 2 }), fc.option(fc.constantFrom("beta", "rc"), { freq: 3 }))
        .map(([major, pre]) => `${major}.${1000 + index * 7}.0${pre === null ? "" : `-${pre}.1`}`),
    ),
  );
}

function versionOf(version: string): fc.Arbitrary<WorldVersion> {
  return fc.record({
    version: fc.constant(version),
    ageMs: fc.integer({ min: 0, max: 700 }).map((hours) => hours * HOUR + 1),
    deprecated: fc.option(fc.constant("use another"), { freq: 5 }),
    manifest: fc.record(
      {
        license: fc.constantFrom("MIT", "ISC", "GPL-3.0-only", "(MIT OR GPL-3.0-only)", "something odd"),
        scripts: fc.constantFrom({ postinstall: "node x.js" }, { test: "node test.js" }),
        _npmUser: fc.constantFrom({ name: "ada" }, { name: "bob" }),
      },
      { requiredKeys: [] },
    ),
  });
}

function ruleOf(rule: RuleId, versions: readonly string[]): fc.Arbitrary<WorldRule> {
  return fc.record({
    rule: fc.constant(rule),
    mode: fc.constantFrom("enforce", "enforce", "enforce", "shadow"),
    options: (RULE_OPTIONS[rule] as (known: readonly string[]) => fc.Arbitrary<object>)(
      versions,
    ) as fc.Arbitrary<Record<string, unknown>>,
  });
}

function rulesOf(versions: readonly string[]): fc.Arbitrary<WorldRule[]> {
  return fc
    .subarray(RULES, { maxLength: 4 })
    .chain(
      (chosen) => fc.tuple(...chosen.map((rule) => ruleOf(rule, versions))) as fc.Arbitrary<WorldRule[]>,
    );
}

function advisoryOn(versions: readonly string[]): fc.Arbitrary<WorldAdvisory> {
  return fc.record({
    versions: fc.option(fc.subarray([...versions], { minLength: 1 }), { freq: 3 }),
    kind: fc.constantFrom("vulnerability", "vulnerability", "vulnerability", "malware"),
    severity: fc.option(fc.constantFrom("low", "high", "critical"), { freq: 4 }),
    isTwice: fc.boolean(),
    isWithdrawn: fc.boolean(),
  });
}

function shapeOf(versions: readonly string[]): fc.Arbitrary<WorldShape> {
  return fc.record({
    versions: fc.tuple(...versions.map(versionOf)) as fc.Arbitrary<WorldVersion[]>,
    rules: fc.tuple(rulesOf(versions), rulesOf(versions)),
    statuses: fc.array(
      fc.record({
        version: fc.constantFrom(...versions, "*"),
        status: fc.constantFrom<VersionStatus["status"]>("blocked", "held", "allowed"),
      }),
      { maxLength: 1 },
    ),
    exceptions: fc.array(
      fc.record({
        range: fc.constantFrom("*", ...versions.map((version) => `<=${version}`)),
        rules: fc.option(fc.subarray(RULES, { minLength: 1, maxLength: 3 }), { freq: 2 }),
        days: fc.integer({ min: 1, max: 20 }),
      }),
      { maxLength: 1 },
    ),
    advisories: fc.array(advisoryOn(versions), { maxLength: 2 }),
    pauseMs: fc.integer({ min: 1, max: 30 * 24 }).map((hours) => hours * HOUR),
  });
}

/** Makes worlds; the same seed makes the same ones. */
export function makeWorlds(count: number, seed: number): World[] {
  const shape = fc.integer({ min: 1, max: 5 }).chain(versionTexts).chain(shapeOf);
  return fc
    .sample(shape, { numRuns: count, seed })
    .map((world, index) => named(world, `world-${seed}-${index}`));
}

function named(world: WorldShape, name: string): World {
  const entries = ({ options, ...rule }: WorldRule): WorldRule => {
    const { ranges, ...rest } = options as { ranges?: string[] };
    if (ranges === undefined) return { ...rule, options };
    return {
      ...rule,
      options: { ...rest, entries: ranges.map((range) => ({ packages: name, range, reason: "listed" })) },
    };
  };
  return { ...world, name, rules: [world.rules[0].map(entries), world.rules[1].map(entries)] };
}

/** What holds in a world at a moment. */
export interface WorldState {
  beganAt: number;
  now: number;
  rules: readonly WorldRule[];
  /** When its exceptions were made; null: there are none yet. */
  exceptedAt: number | null;
  /** Versions whose tarballs were handed out, with when that was. */
  served: ReadonlyMap<string, number>;
}

/** Versions that nobody may see, by core's own judgement of what the world was made of. */
export function hiddenIn(world: World, state: WorldState): Map<string, Verdict> {
  const facts = world.versions.map((version) => factsIn(version, state));
  const judged = facts.map((item) => ({
    version: item.version,
    upstreamVersion: null,
    origin: item.origin,
    facts: () => item,
  }));
  return judgePackage(judged, contextIn(world, state)).hidden;
}

function factsIn(
  { version, ageMs, manifest, deprecated }: WorldVersion,
  { beganAt }: WorldState,
): VersionFacts {
  const { scripts } = manifest as { scripts?: { postinstall?: string } };
  const facts = factsOfManifest(
    {
      ...manifest,
      ...(deprecated === null ? {} : { deprecated }),
      // A packument has the scripts only in its full form; this is what both say.
      ...(scripts?.postinstall === undefined ? {} : { hasInstallScript: true }),
    },
    { version, origin: "upstream", publishedAt: new Date(beganAt - ageMs).toISOString() },
  );
  return facts;
}

function contextIn(world: World, state: WorldState): PolicyContext {
  const statuses = world.statuses.map(
    ({ version, status }) => [version, { status, reason: "", setBy: "admin", setAt: 0 }] as const,
  );
  return plainContext({
    registry: "default",
    name: world.name,
    now: state.now,
    statuses: new Map(statuses),
    rules: settingsOf(state.rules),
    advisories: knownOf(world),
    exceptions: world.exceptions.flatMap((exception) => exceptionIn(world, exception, state)),
    served: new Map(
      [...state.served]
        // What was served counts from the next full minute on.
        .filter(([, firstAt]) => firstAt < Math.floor(state.now / MINUTE) * MINUTE)
        .map(([version, firstAt]) => [version, { firstAt }]),
    ),
  });
}

function exceptionIn(
  { name }: World,
  { range, rules, days }: WorldException,
  { exceptedAt }: WorldState,
): PolicyException[] {
  if (exceptedAt === null) return [];
  const known = {
    id: "x",
    packages: name,
    range,
    rules,
    reason: "needed",
    owner: "admin",
    approvedBy: ["admin"],
  };
  return [{ ...known, expiresAt: exceptedAt + days * DAY }];
}

function settingsOf(rules: readonly WorldRule[]): RuleSettings {
  const settings: Record<string, RuleSetting> = { ...PROFILES.standard };
  for (const { rule, mode, options } of rules) {
    const defaults = PROFILES.standard[rule].options;
    settings[rule] = { mode, options: { ...defaults, ...options } };
  }
  return settings as unknown as RuleSettings;
}
