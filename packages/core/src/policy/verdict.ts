import type { PackageAdvisory } from "../advisories/advisory.ts";
import type { PolicyException } from "./exception.ts";
import type { RuleId, RuleSettings } from "./rule-settings.ts";
import type { VersionProof } from "./version-proof.ts";

/** What is known of one version, and all that a rule may look at. Plain values: it crosses threads. */
export interface VersionFacts {
  /** Strict semver without build metadata. */
  version: string;
  /** The upstream's own spelling, only where that has build metadata. */
  upstreamVersion: string | null;
  origin: "local" | "upstream";
  /** ISO 8601 in UTC; null if the upstream does not say. */
  publishedAt: string | null;
  /** Integrity string and sha1 in hex, as promised by the document. */
  integrity: string | null;
  shasum: string | null;
  /** Where the upstream keeps the tarball; null for local versions. */
  tarball: string | null;
  /** The manifest's `license`, else `licenses`, of whatever type it is; null if absent. */
  license: unknown;
  deprecated: string | null;
  hasInstallScript: boolean;
  hasSignatures: boolean;
  /** `predicateType` of the provenance attestation. */
  attestations: string | null;
  /** Name of the account that published it. */
  publisher: string | null;
  /** Whose pipeline published it with an identity of its own (`github`); only where one did. */
  trustedPublisher?: string;
  /** Who approved it; only where it was staged first. The publisher is then not who built it. */
  approver?: string;
  dependencies: Record<string, string> | null;
  /** Upstream spellings that this version stands for but that lost to it, being published earlier. */
  otherSpellings?: readonly string[];
  /** What was found in the tarball; only while it is being published. */
  secrets?: readonly FoundSecret[];
}

/** A secret in a file that is being published; nothing of the secret itself. */
export interface FoundSecret {
  /** With its article: `an npm token`. */
  kind: string;
  /** Path in the package. */
  file: string;
  /** Counted from 1. */
  line: number;
}

/** What an operator decided about one version, or about all (`*`). `setAt` in milliseconds. */
export interface VersionStatus {
  /** `held` is refused like `blocked`, until somebody has looked at it. */
  status: "blocked" | "held" | "allowed";
  reason: string;
  setBy: string;
  setAt: number;
}

/** A version that passed through this registry before. */
export interface ServedVersion {
  /** When it first did, in milliseconds. */
  firstAt: number;
}

/** What is in a version's tarball, as it was looked at here; the manifest that an upstream shows may differ. */
export interface TarballContent {
  /** Integrity of the tarball that was looked at: of another one nothing is known. */
  integrity: string | null;
  /** The scripts of its package.json that run at installation, by name. */
  installScripts: Readonly<Record<string, string>>;
  /** True if it has a binding.gyp and no install script of its own: npm then runs node-gyp. */
  runsNodeGyp: boolean;
  /** `license` of its package.json, of whatever type. */
  license: unknown;
  /** SPDX ids that were recognised in its licence files. */
  licenceFiles: readonly string[];
}

/** Circumstances of a decision about one package. Can be structured-cloned. */
export interface PolicyContext {
  registry: string;
  /** Name of the package. */
  name: string;
  purpose: "metadata" | "tarball" | "publish" | "promote" | "push" | "audit";
  /** Milliseconds. */
  now: number;
  /** Grows with every change of policy. */
  epoch: number;
  /** By version, or `*` for every version of the package. */
  statuses: ReadonlyMap<string, VersionStatus>;
  /** By version, or `*`: what clients are to warn of because an operator says so. Refuses nothing. */
  deprecations: ReadonlyMap<string, string>;
  /** Versions, or `*`, that an operator took out of lists. Refuses nothing. */
  unlisted: ReadonlySet<string>;
  rules: RuleSettings;
  /** Approved ones that can concern the package, ended ones included. */
  exceptions: readonly PolicyException[];
  /** Of the package in the public registry; empty for packages of our own, save for advisories of our own. */
  advisories: readonly PackageAdvisory[];
  /** When the advisory data was last known to be current; null if there is none. */
  advisoriesAt: number | null;
  /** True if a claim says that the name is ours: no upstream may provide it. */
  isClaimed: boolean;
  /** Since when the registry is frozen, in milliseconds: what came later is not shown. Null: it is not frozen. */
  frozenAt: number | null;
  /** True where the upstream's publish times are believed; else no version is older than its first sight here. */
  trustsPublishTimes: boolean;
  /** When versions were first seen at the upstream, in milliseconds; only of those whose publish time says too little. */
  firstSeen: ReadonlyMap<string, number>;
  /** Versions whose integrity at the upstream is not what it was when first seen, with what it was. */
  changedIntegrity: ReadonlyMap<string, string>;
  /** Empty where no rule in force asks. What was served since the last look is not in it. */
  served: ReadonlyMap<string, ServedVersion>;
  /** By version, one for each tarball that was looked at; empty where no rule in force asks. */
  contents: ReadonlyMap<string, readonly TarballContent[]>;
  /** By version, what was verified of its origin; empty where no rule in force asks. */
  proofs: ReadonlyMap<string, readonly VersionProof[]>;
  /**
   * When to look again at what was served and found, or at the advisories as somebody's assessment ends, in
   * milliseconds; null where no rule in force asks and no assessment ends.
   */
  knownUntil: number | null;
  /** A much used name that this one can be taken for, and what makes them alike; null if there is none. */
  lookAlike: { name: string; because: string } | null;
}

export type Outcome = "allow" | "warn" | "hold" | "hide" | "deny";

/** What one rule thinks of a version. */
export interface Opinion {
  outcome: Outcome;
  /** For a person: why, without a final line break. */
  reason: string;
  evidence: Readonly<Record<string, string | number | boolean | null>>;
  /** When a hold ends, in milliseconds; null if it does not end by itself. */
  until: number | null;
  /** When the opinion may change although nothing but time did, in milliseconds; null: never. */
  recheckAt: number | null;
  /** A page that explains more, or null. */
  reference: string | null;
}

/** No opinion so far, but there may be one from a time on, in milliseconds, although nothing but time passed. */
export interface NotYet {
  outcome: null;
  recheckAt: number;
}

/** The answer of `decide`. Every refusal text, log line and explanation is made from it. */
export interface Verdict extends Opinion {
  /** Which rule decided; `exception` where an exception let pass what a rule is against, or `default`. */
  rule: RuleId | "exception" | "default";
  /** Versions that would work instead, best first. */
  alternatives: readonly string[];
}

/** The other versions of a package, for rules that compare. Made by `packageHistory`. */
export interface PackageHistory {
  /** All of them, the judged one among them, in no particular order. */
  readonly versions: readonly VersionFacts[];
  /** What `how` makes of the history in a context; made once for each function and context. */
  derive<T>(context: PolicyContext, how: (history: PackageHistory, context: PolicyContext) => T): T;
  /** Whether rules in force other than `vulnerability` refuse a version: it is no way out of one then. */
  standing(facts: VersionFacts, context: PolicyContext): Standing;
}

/** What the other rules say of a version, and when that may change, in milliseconds; null: never. */
export interface Standing {
  isRefused: boolean;
  recheckAt: number | null;
}

/** What one rule has to offer; see `decide` for their order. */
export interface PolicyRule<Id extends RuleId = RuleId> {
  id: Id;
  /**
   * How much it looks at: `version`, the spelling only, so nothing else needs to be parsed; `facts`, of the
   * judged version; `history`, of all versions.
   */
  reads: PolicyDepth;
  /** True for a rule that never refuses and says nothing while it is off: what is served does not depend on it. */
  isNote?: true;
  /** Tells from the context alone that the rule cannot matter here, whatever its mode is. */
  isIdle(context: PolicyContext): boolean;
  /**
   * Null: the rule has no opinion, the next one is asked. Its mode is not its business. Nothing in an opinion
   * may depend on the time beyond what its `recheckAt` says, which lies after the context's `now`.
   */
  judge(facts: VersionFacts, context: PolicyContext, history: PackageHistory): Opinion | NotYet | null;
}

/** How much of a package must be known before it can be judged. */
export type PolicyDepth = "version" | "facts" | "history";

/**
 * Tells whether a version with this verdict is listed in packuments, so that ranges and tags may choose it.
 */
export function isSelectable(verdict: Pick<Verdict, "outcome">): boolean {
  return verdict.outcome === "allow" || verdict.outcome === "warn";
}

/**
 * Tells whether the tarball of a version with this verdict is served; a hidden one still is, to those who
 * pinned it.
 */
export function isDownloadable(verdict: Pick<Verdict, "outcome">): boolean {
  return isSelectable(verdict) || verdict.outcome === "hide";
}
