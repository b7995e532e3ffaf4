import { setImmediate as nextTurn } from "node:timers/promises";
import { performance } from "node:perf_hooks";
import {
  historyOf,
  type Outcome,
  type PackageHistory,
  type PolicyContext,
  type RuleId,
  type VersionFacts,
} from "@entrepot/core";
import { decisionsNewestFirst, type ReadDecisionsDeps } from "../decisions/read-decisions.ts";
import { collectServings, type RealRefusals, type ServedPackageVersion } from "./collect-servings.ts";
import { wouldRefuse, type Refusal } from "./would-refuse.ts";

/** What a package is judged by. */
export interface JudgedBy {
  /** With the evidence of rules that are not in force. */
  context: PolicyContext;
  allFacts(): Promise<VersionFacts[]>;
}

export interface ShadowDeps extends ReadDecisionsDeps {
  /** Null for a package or registry that is gone. */
  judged(registryId: string, name: string): Promise<JudgedBy | null>;
}

/** What is wanted to know. */
export interface ShadowQuestion {
  /** Null for the whole workspace. */
  registryId: string | null;
  /** Milliseconds since 1970. */
  since: number;
  /** Tried whatever its mode is; null for all that are in shadow. */
  rule: RuleId | null;
}

/** How much a rule would have had to do with somebody, or something. */
export interface ShadowSum {
  name: string;
  versions: number;
  downloads: number;
}

/** A version that a rule would have refused, at least once. */
export interface ShadowVersion {
  name: string;
  version: string;
  outcome: Outcome;
  reason: string;
  downloads: number;
}

/** What one rule would have refused. */
export interface ShadowRule {
  rule: RuleId;
  versions: ShadowVersion[];
  downloads: number;
  packages: ShadowSum[];
  people: ShadowSum[];
  /** Without what no project was named for. */
  projects: ShadowSum[];
}

export interface ShadowReport {
  /** What was looked at. */
  versions: number;
  downloads: number;
  rules: ShadowRule[];
  /** What rules in force refused in that time. */
  refused: RealRefusals[];
  /** Versions of which nothing is known any more. */
  unknown: number;
  /** True when there was more than could be looked at. */
  isCut: boolean;
}

const VERSIONS_MAX = 5_000;
/** Versions that are judged without letting others have their turn. */
const VERSIONS_AT_ONCE = 10;
const SERVINGS_MAX = 100_000;
const READING_MS_MAX = 10_000;
const JUDGING_MS_MAX = 15_000;

/**
 * Tells what rules would have refused of what was really served: each version is judged by today's rules, exceptions and
 * advisories, at the time when it was served. At most 5,000 versions are looked at, the newest downloads first, for 25
 * seconds.
 */
export async function shadowReport(deps: ShadowDeps, question: ShadowQuestion): Promise<ShadowReport> {
  const { registryId, since, rule } = question;
  const filter = { since, ...(registryId === null ? {} : { registryId }) };
  const traffic = await collectServings(decisionsNewestFirst(deps, filter), {
    versionsMax: VERSIONS_MAX,
    servingsMax: SERVINGS_MAX,
    giveUpAt: performance.now() + READING_MS_MAX,
  });
  const giveUpAt = performance.now() + JUDGING_MS_MAX;
  const tallies = new Map<RuleId, Tally>();
  const report = { versions: 0, unknown: 0, isCut: traffic.isCut };
  for (const versions of byPackage(traffic.versions)) {
    if (performance.now() > giveUpAt) {
      report.isCut = true;
      break;
    }
    const judge = await judgeOf(deps, versions);
    for (const version of versions) {
      report.versions += 1;
      const refusals = judge?.(version, rule) ?? null;
      if (refusals === null) report.unknown += 1;
      else addRefusals(tallies, version, refusals);
      if (report.versions % VERSIONS_AT_ONCE === 0) await nextTurn();
    }
    await nextTurn();
  }
  const rules = [...tallies].map(([id, tally]) => shadowRule(id, tally));
  rules.sort((one, other) => other.downloads - one.downloads);
  return { ...report, downloads: traffic.downloads, rules, refused: traffic.refusals };
}

type Judge = (version: ServedPackageVersion, rule: RuleId | null) => ReturnType<typeof wouldRefuse> | null;

async function judgeOf(deps: ShadowDeps, [first]: readonly ServedPackageVersion[]): Promise<Judge | null> {
  const judged = first === undefined ? null : await deps.judged(first.registryId, first.name);
  if (judged === null) return null;
  const all = await judged.allFacts();
  const byVersion = new Map(all.map((facts) => [facts.version, facts]));
  const history: PackageHistory = historyOf(all);
  return ({ version, servings }, rule) => {
    const facts = byVersion.get(version);
    if (facts === undefined) return null;
    return wouldRefuse({ facts, context: judged.context, history }, servings, rule);
  };
}

function byPackage(versions: readonly ServedPackageVersion[]): Iterable<ServedPackageVersion[]> {
  const groups = new Map<string, ServedPackageVersion[]>();
  for (const version of versions) {
    const key = `${version.registryId}\n${version.name}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [version]);
    else group.push(version);
  }
  return groups.values();
}

interface Sum {
  versions: Set<string>;
  downloads: number;
}

interface Tally {
  versions: Map<string, ShadowVersion>;
  packages: Map<string, Sum>;
  people: Map<string, Sum>;
  projects: Map<string, Sum>;
}

function addRefusals(
  tallies: Map<RuleId, Tally>,
  { name, version }: ServedPackageVersion,
  refusals: NonNullable<ReturnType<Judge>>,
): void {
  const key = `${name}@${version}`;
  for (const [{ count, principal, project }, found] of refusals) {
    for (const { rule, outcome, reason } of found) {
      const tally = tallyOf(tallies, rule);
      const known = tally.versions.get(key) ?? { name, version, outcome, reason, downloads: 0 };
      tally.versions.set(key, known);
      known.downloads += count;
      addTo(tally.packages, name, { key, count });
      addTo(tally.people, principal, { key, count });
      if (project !== null) addTo(tally.projects, project, { key, count });
    }
  }
}

function tallyOf(tallies: Map<RuleId, Tally>, rule: Refusal["rule"]): Tally {
  const known = tallies.get(rule);
  if (known !== undefined) return known;
  const tally = { versions: new Map(), packages: new Map(), people: new Map(), projects: new Map() };
  tallies.set(rule, tally);
  return tally;
}

function addTo(sums: Map<string, Sum>, name: string, { key, count }: { key: string; count: number }): void {
  const sum = sums.get(name) ?? { versions: new Set(), downloads: 0 };
  sums.set(name, sum);
  sum.versions.add(key);
  sum.downloads += count;
}

function shadowRule(rule: RuleId, tally: Tally): ShadowRule {
  const versions = [...tally.versions.values()].sort((one, other) => other.downloads - one.downloads);
  return {
    rule,
    versions,
    downloads: versions.reduce((sum, { downloads }) => sum + downloads, 0),
    packages: shownSums(tally.packages),
    people: shownSums(tally.people),
    projects: shownSums(tally.projects),
  };
}

function shownSums(sums: ReadonlyMap<string, Sum>): ShadowSum[] {
  return [...sums]
    .map(([name, { versions, downloads }]) => ({ name, versions: versions.size, downloads }))
    .sort((one, other) => other.downloads - one.downloads || (one.name < other.name ? -1 : 1));
}
