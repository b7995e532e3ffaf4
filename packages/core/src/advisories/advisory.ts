/** How bad it is, by the feed's word or by its CVSS score; `none` is a score of 0. */
export type Severity = "none" | "low" | "moderate" | "high" | "critical";

/** From harmless to worst. */
export const SEVERITIES: readonly Severity[] = ["none", "low", "moderate", "high", "critical"];

/** One stretch of versions, by plain semver precedence: from `introduced` up to what `end` says. */
export interface AffectedInterval {
  /** Inclusive; `0` is below every version, pre-releases included. */
  introduced: string;
  /** Null: open. `fixed` is exclusive, `lastAffected` inclusive. */
  end: { kind: "fixed" | "lastAffected"; version: string } | null;
}

/** Which versions of one package an advisory is about: those listed, and those in any of the intervals. */
export interface AffectedVersions {
  /** Exact spellings, build metadata removed. */
  versions: readonly string[];
  intervals: readonly AffectedInterval[];
}

/** Overlays by CVE, joined to an advisory through its aliases. */
export interface ExploitEvidence {
  /** EPSS: probability of exploitation within 30 days and its percentile, both 0 to 1; null if unknown. */
  epss: { probability: number; percentile: number; date: string } | null;
  /** When the catalogue of known exploited vulnerabilities took it in, ISO date; null if it did not. */
  kevSince: string | null;
}

/** What a feed says about one issue, brought into one form. Times are milliseconds since 1970. */
export interface Advisory extends ExploitEvidence {
  /** The feed's own id: `GHSA-…`, `MAL-…`. */
  id: string;
  aliases: readonly string[];
  kind: "vulnerability" | "malware";
  /** One line. */
  summary: string;
  /** Page with details. */
  url: string;
  /** Null: the feed does not say. Malware is critical. */
  severity: Severity | null;
  /** CVSS base score, 0 to 10, and the vector it was computed from. */
  score: number | null;
  vector: string | null;
  /** `CWE-79` and so on. */
  cwes: readonly string[];
  publishedAt: number | null;
  modifiedAt: number;
  /** Set: the record was taken back, and matches nothing. */
  withdrawnAt: number | null;
  /** Name of the feed that it came by. */
  feed: string;
  /** Who found it, as independent of each other as can be told: the feed's own sources, else the feed. */
  origins: readonly string[];
}

/** An advisory together with what it says about one package. */
export interface PackageAdvisory extends Advisory {
  affected: AffectedVersions;
  /** What somebody here decided to do about it, where it is more than another severity. */
  assessedAs?: "remediate" | "contain";
}

/** The feed of advisories that operators write themselves: their word needs no second source. */
export const OWN_FEED = "own";
