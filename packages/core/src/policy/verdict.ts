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
  dependencies: Record<string, string> | null;
  /** Upstream spellings that this version stands for but that lost to it, being published earlier. */
  otherSpellings?: readonly string[];
}

/** What an operator decided about one version, or about all (`*`). `setAt` in milliseconds. */
export interface VersionStatus {
  status: "blocked" | "allowed";
  reason: string;
  setBy: string;
  setAt: number;
}

/** Circumstances of a decision about one package. Can be structured-cloned. */
export interface PolicyContext {
  registry: string;
  purpose: "metadata" | "tarball" | "publish" | "promote" | "push" | "audit";
  /** Milliseconds. */
  now: number;
  /** Grows with every change of policy. */
  epoch: number;
  /** By version, or `*` for every version of the package. */
  statuses: ReadonlyMap<string, VersionStatus>;
}

export type Outcome = "allow" | "warn" | "hold" | "hide" | "deny";

/** The answer of `decide`. Every refusal text, log line and explanation is made from it. */
export interface Verdict {
  outcome: Outcome;
  /** Which rule decided: `operator-status`, …, or `default`. */
  rule: string;
  /** For a person: why, without a final line break. */
  reason: string;
  evidence: Readonly<Record<string, string | number | boolean | null>>;
  /** When a hold ends, in milliseconds; null if it does not end by itself. */
  until: number | null;
  /** Versions that would work instead, best first. */
  alternatives: readonly string[];
  /** A page that explains more, or null. */
  reference: string | null;
}

/** What one rule has to offer; see `decide` for their order. */
export interface PolicyRule {
  id: string;
  /** `version`: looks at the version's spelling only, so nothing else needs to be parsed. */
  reads: "version" | "facts";
  /** Tells from the context alone that the rule cannot matter here. */
  isIdle(context: PolicyContext): boolean;
  /** Null: the rule has no opinion, the next one is asked. */
  judge(facts: VersionFacts, context: PolicyContext): Verdict | null;
}

/**
 * Tells whether a version with this verdict is listed in packuments, so that ranges and tags may choose it.
 */
export function isSelectable(verdict: Verdict): boolean {
  return verdict.outcome === "allow" || verdict.outcome === "warn";
}

/**
 * Tells whether the tarball of a version with this verdict is served; a hidden one still is, to those who
 * pinned it.
 */
export function isDownloadable(verdict: Verdict): boolean {
  return isSelectable(verdict) || verdict.outcome === "hide";
}
