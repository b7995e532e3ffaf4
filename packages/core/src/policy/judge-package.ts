import semver from "semver";
import { decide, policyDepth } from "./decide.ts";
import {
  isSelectable,
  type PackageHistory,
  type PolicyContext,
  type Verdict,
  type VersionFacts,
} from "./verdict.ts";

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
  /** When a verdict may change although nothing but time did, in milliseconds; null: never. */
  recheckAt: number | null;
}

/**
 * Asks `decide` about every version of a package, with no more facts than the active rules read. All that
 * shows or serves versions of one package takes its verdicts from here, so that all of it says the same.
 */
export function judgePackage(versions: Iterable<JudgedVersion>, policy: PolicyContext): JudgedPackage {
  const hidden = new Map<string, Verdict>();
  const depth = policyDepth(policy);
  if (depth === "none") return { hidden, recheckAt: null };
  const judged = [...versions];
  const facts = judged.map((item) => (depth === "version" ? bareFacts(item) : item.facts()));
  const history: PackageHistory = { versions: facts };
  const allowed: string[] = [];
  let recheckAt = Number.POSITIVE_INFINITY;
  for (const item of facts) {
    const verdict = decide(item, policy, history);
    if (verdict.recheckAt !== null) recheckAt = Math.min(recheckAt, verdict.recheckAt);
    if (isSelectable(verdict)) allowed.push(item.version);
    else hidden.set(item.version, verdict);
  }
  addAlternatives(hidden, allowed);
  return { hidden, recheckAt: Number.isFinite(recheckAt) ? recheckAt : null };
}

// The highest allowed version of the same major line, then the highest of all; no pre-releases.
function addAlternatives(hidden: Map<string, Verdict>, allowed: readonly string[]): void {
  if (hidden.size === 0 || allowed.length === 0) return;
  const highestByMajor = new Map<number, string>();
  let highest: string | null = null;
  for (const version of allowed) {
    const parsed = semver.parse(version);
    if (parsed === null || parsed.prerelease.length > 0) continue;
    const known = highestByMajor.get(parsed.major);
    if (known === undefined || parsed.compare(known) > 0) highestByMajor.set(parsed.major, version);
    if (highest === null || parsed.compare(highest) > 0) highest = version;
  }
  for (const [version, verdict] of hidden) {
    const found = new Set([highestByMajor.get(semver.major(version)), highest]);
    const alternatives = [...found].filter((item) => item !== undefined && item !== null);
    hidden.set(version, { ...verdict, alternatives });
  }
}

function bareFacts({ version, upstreamVersion, origin }: JudgedVersion): VersionFacts {
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
