import semver from "semver";
import { decideBy, depthOf, historyOf, refusingRules } from "./decide.ts";
import { isSelectable, type PolicyContext, type Verdict, type VersionFacts } from "./verdict.ts";

/** A version whose facts may cost something. */
export interface JudgedVersion {
  version: string;
  upstreamVersion: string | null;
  origin: VersionFacts["origin"];
  facts(): VersionFacts;
}

/** What policy says of a whole package. Can be structured-cloned. */
export interface JudgedPackage {
  /** Verdicts of the versions that are kept out of packuments, each with what would work instead. */
  hidden: Map<string, Verdict>;
  /** The other versions that were judged; empty where nothing needed to be. */
  passed: string[];
  /** When a verdict may change although nothing but time did, in milliseconds; null: never. */
  recheckAt: number | null;
}

/**
 * Asks `decide` about every version of a package, with no more facts than the active rules read. All that
 * shows or serves versions of one package takes its verdicts from here, so that all of it says the same.
 */
export function judgePackage(versions: Iterable<JudgedVersion>, policy: PolicyContext): JudgedPackage {
  const hidden = new Map<string, Verdict>();
  const rules = refusingRules(policy);
  const depth = depthOf(rules);
  if (depth === "none") return { hidden, passed: [], recheckAt: policy.knownUntil };
  const judged = [...versions];
  const facts = judged.map((item) => (depth === "version" ? bareFacts(item) : item.facts()));
  const history = historyOf(facts);
  const allowed: string[] = [];
  let recheckAt = policy.knownUntil ?? Number.POSITIVE_INFINITY;
  for (const item of facts) {
    const verdict = decideBy(rules, { facts: item, context: policy, history });
    if (verdict.recheckAt !== null) recheckAt = Math.min(recheckAt, verdict.recheckAt);
    if (isSelectable(verdict)) allowed.push(item.version);
    else hidden.set(item.version, verdict);
  }
  addAlternatives(hidden, allowed);
  return { hidden, passed: allowed, recheckAt: Number.isFinite(recheckAt) ? recheckAt : null };
}

// The highest allowed version of the same major line, then the highest of all; no pre-releases.
function addAlternatives(hidden: Map<string, Verdict>, allowed: readonly string[]): void {
  if (hidden.size === 0 || allowed.length === 0) return;
  const highest = highestOf(allowed);
  for (const [version, verdict] of hidden) {
    const major = semver.parse(version)?.major;
    const best = new Set([major === undefined ? undefined : highest.get(major), highest.get("any")]);
    const alternatives = [...best].filter((item) => item !== undefined).map((item) => item.version);
    hidden.set(version, { ...verdict, alternatives });
  }
}

function highestOf(versions: readonly string[]): Map<number | "any", semver.SemVer> {
  const highest = new Map<number | "any", semver.SemVer>();
  for (const version of versions) {
    const parsed = semver.parse(version);
    if (parsed === null || parsed.prerelease.length > 0) continue;
    for (const line of [parsed.major, "any"] as const) {
      const known = highest.get(line);
      if (known === undefined || parsed.compare(known) > 0) highest.set(line, parsed);
    }
  }
  return highest;
}

/** The facts about a version of which nothing is known but which it is. */
export function bareFacts({
  version,
  upstreamVersion,
  origin,
}: Pick<JudgedVersion, "version" | "upstreamVersion" | "origin">): VersionFacts {
  return {
    version,
    upstreamVersion,
    origin,
    publishedAt: null,
    integrity: null,
    shasum: null,
    tarball: null,
    license: null,
    deprecated: null,
    hasInstallScript: false,
    hasSignatures: false,
    attestations: null,
    publisher: null,
    dependencies: null,
  };
}
