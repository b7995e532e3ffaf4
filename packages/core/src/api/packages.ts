/** What the JSON API answers about packages. Times are ISO 8601. */
import type { Severity } from "../advisories/advisory.ts";
import type { DependencyKind, NamedPerson } from "../packument/manifest-details.ts";
import type { ComplianceResult } from "../policy/compliance.ts";
import type { RuleMode } from "../policy/rule-settings.ts";
import type { Outcome } from "../policy/verdict.ts";
import type { PageAnswer } from "./answers.ts";

/** `local`: published here; `cached`: came from an upstream and lies here; `remote`: only the upstream has it. */
export type OriginAnswer = "local" | "cached" | "remote";

/** What policy says of a version, in short. */
export interface VerdictAnswer {
  outcome: Outcome;
  /** The rule that decides, and what it says; null where none does. */
  rule: string | null;
  reason: string | null;
  until: string | null;
  /** Versions that would work instead, best first. */
  alternatives: readonly string[];
}

/** A package in a list: `GET /packages` and `GET /registries/NAME/packages`. */
export interface PackageCardAnswer {
  registry: string;
  name: string;
  origin: OriginAnswer;
  /** What clients get as `latest`; null where they get nothing. */
  latest: string | null;
  description: string | null;
  keywords: readonly string[];
  publisher: string | null;
  licence: string | null;
  updatedAt: string | null;
  downloadsWeek: number;
  verdict: VerdictAnswer;
  hiddenCount: number;
  isUnlisted: boolean;
}

/** One page of packages. */
export interface PackageCardsAnswer extends PageAnswer<PackageCardAnswer> {
  /** Upstreams that could not be searched, and why. */
  problems: ReadonlyArray<{ upstream: string; problem: string }>;
}

/** An advisory that is about a version. */
export interface VersionAdvisoryAnswer {
  id: string;
  severity: Severity | null;
  summary: string;
}

/** A version of a package. What is null is not known, or not told as policy refuses the version. */
export interface VersionAnswer {
  version: string;
  publishedAt: string | null;
  origin: OriginAnswer;
  /** Policy applied. */
  tags: readonly string[];
  verdict: VerdictAnswer;
  isUnlisted: boolean;
  publisher: string | null;
  /** Of its tarball, where that lies here. */
  sizeBytes: number | null;
  deprecated: string | null;
  unpackedSizeBytes: number | null;
  fileCount: number | null;
  integrity: string | null;
  installScripts: Readonly<Record<string, string>> | null;
  hasInstallScript: boolean | null;
  /** What it claims; nobody here has verified it. */
  provenance: {
    predicateType: string | null;
    trustedPublisher: string | null;
    hasSignatures: boolean;
  } | null;
  licence: { declared: string | null; kind: string; observed: readonly string[] | null } | null;
  advisories: readonly VersionAdvisoryAnswer[];
}

/** One version, with what only its own page needs: `GET …/versions/VERSION`. */
export interface ShownVersionAnswer extends VersionAnswer {
  registry: string;
  package: string;
  engines: Readonly<Record<string, string>> | null;
  dependencies: Readonly<Record<DependencyKind, Readonly<Record<string, string>>>> | null;
}

/** One page of a package's versions, the newest first. */
export interface VersionsAnswer extends PageAnswer<VersionAnswer> {
  total: number;
}

/** A package: `GET /registries/NAME/packages/PACKAGE`. */
export interface PackageAnswer {
  registry: string;
  package: string;
  at: string;
  origin: OriginAnswer;
  /** The claim that keeps the name to this registry. */
  claim: string | null;
  upstream: { name: string; freshUntil: string | null; isFresh: boolean } | null;
  latest: VersionAnswer | null;
  description: string | null;
  keywords: readonly string[];
  author: NamedPerson | null;
  links: { homepage: string | null; repository: string | null; bugs: string | null };
  maintainers: readonly NamedPerson[];
  createdAt: string | null;
  modifiedAt: string | null;
  distTags: Readonly<Record<string, string>>;
  /** Tags that policy leads elsewhere than they were published. */
  movedTags: ReadonlyArray<{ tag: string; from: string; to: string | null }>;
  versionCount: number;
  hiddenCount: number;
  versions: VersionsAnswer;
}

/** A README: HTML that has no script, style or image left. */
export interface ReadmeAnswer {
  version: string;
  html: string | null;
  fileName: string | null;
  isCut: boolean;
  verdict: VerdictAnswer;
}

/** How often tarballs of a package were served; days are UTC dates. */
export interface DownloadsAnswer {
  registry: string;
  package: string;
  version: string | null;
  from: string;
  to: string;
  total: number;
  days: ReadonlyArray<{ day: string; downloads: number }>;
  versions: ReadonlyArray<{ version: string; downloads: number }>;
}

/** What one rule has to say of a version. */
export interface ComplianceReasonAnswer {
  rule: string;
  mode: RuleMode;
  outcome: Outcome;
  reason: string;
  result: ComplianceResult;
  /** False where an exception or an operator's word lifts it. */
  counts: boolean;
  /** Where the rule was chosen. */
  source: string;
  until: string | null;
  reference: string | null;
}

/** Whether a version is as policy wants it: `GET …/versions/VERSION/compliance`. */
export interface ComplianceAnswer {
  registry: string;
  package: string;
  version: string;
  origin: "local" | "upstream";
  at: string;
  /** When it was last looked at behind requests; null for never. */
  analysedAt: string | null;
  result: ComplianceResult;
  advisories: { epoch: number | null; currentAt: string | null };
  reasons: readonly ComplianceReasonAnswer[];
  /** Of rules that only report. */
  shadow: readonly ComplianceReasonAnswer[];
}

/** A file of a tarball. */
export interface PackageFileAnswer {
  path: string;
  sizeBytes: number;
}

/** One page of a version's files. */
export interface PackageFilesAnswer extends PageAnswer<PackageFileAnswer> {
  /** Of all files. */
  fileCount: number;
  unpackedSizeBytes: number;
}

/** What is in a file. */
export interface FileTextAnswer extends PackageFileAnswer {
  version: string;
  /** Null for what is no text. */
  text: string | null;
  isCut: boolean;
}

/** What of a version is not in its tarball, and should not change unnoticed. */
export interface DiffSideAnswer {
  version: string;
  publishedAt: string | null;
  publisher: string | null;
  maintainers: readonly string[];
  licence: string | null;
  predicateType: string | null;
}

/** A file that differs between two versions. */
export interface FileChangeAnswer {
  path: string;
  status: "added" | "removed" | "changed";
  sizeBytesBefore: number | null;
  sizeBytesAfter: number | null;
  /** Unified diff; null for what is no text, or is too much to compare. */
  patch: string | null;
}

/** How two versions differ: `GET …/diff`. */
export interface DiffAnswer {
  package: string;
  from: DiffSideAnswer;
  to: DiffSideAnswer;
  files: readonly FileChangeAnswer[];
  changedCount: number;
  unchangedCount: number;
  /** Members of package.json that differ; values as JSON. */
  manifest: ReadonlyArray<{ member: string; before: string | null; after: string | null }>;
}
