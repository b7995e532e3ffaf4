import semver from "semver";
import { normalizeVersion } from "../versions.ts";
import type { Advisory } from "./advisory.ts";
import type { AuditSeverity, IssueIds, PackageIssue } from "./audit-issues.ts";

/** An issue as another registry tells it in answer to a bulk audit. */
export interface ToldAdvisory {
  id: number | string;
  url: string;
  title: string;
  severity: AuditSeverity | "info";
  /** An npm range. */
  vulnerable_versions: string;
  cwe: readonly string[];
  cvss: { score: number; vectorString: string | null };
  patched_versions?: string;
  cves?: readonly string[];
}

/** About which package, who told it, and when. */
export interface ToldQuestion {
  name: string;
  versions: readonly string[];
  ids: IssueIds;
  /** For people. */
  source: string;
  /** Milliseconds since 1970. */
  now: number;
}

/** As clients read the ranges of advisories. */
const OPTIONS = { includePrerelease: true, loose: true };
/** What clients take for "there is no fixed version". */
const NO_FIX = "<0.0.0";
/** A range that ends where the fix begins, with or without a lower bound. */
const UP_TO = /^(?:>=?\s*[\w.+-]+\s+)?<\s*(?<fixed>[\w.+-]+)$/u;
const GHSA = /GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}/u;

/** An issue of another registry in the form of our own. It affects those of the versions that its range covers. */
export function toldIssue(told: ToldAdvisory, question: ToldQuestion): PackageIssue {
  const { name, versions, ids, source, now } = question;
  const ghsa = GHSA.exec(told.url)?.[0] ?? GHSA.exec(String(told.id))?.[0];
  const severity = told.severity === "info" ? "low" : told.severity;
  const issue = {
    id: typeof told.id === "number" ? told.id : ids(`${name}\n${told.id}\n${severity}`),
    url: told.url,
    title: told.title,
    severity,
    vulnerable_versions: told.vulnerable_versions,
    patched_versions: told.patched_versions ?? patchedOf(told.vulnerable_versions),
    cwe: told.cwe,
    cvss: told.cvss,
    cves: told.cves ?? [],
    ...(ghsa === undefined ? {} : { github_advisory_id: ghsa }),
    source,
  };
  const covered = versions.filter((version) => isIn(version, told.vulnerable_versions));
  const affected = { versions: covered.map((one) => normalizeVersion(one) ?? one), intervals: [] };
  return { affected, advisory: advisoryOf(told, { ...question, now }), issue };
}

/** A range that cannot be read may mean every version. */
function isIn(version: string, range: string): boolean {
  if (semver.validRange(range, OPTIONS) === null) return true;
  return semver.satisfies(version, range, OPTIONS);
}

function patchedOf(vulnerable: string): string {
  const fixed = UP_TO.exec(vulnerable)?.groups?.["fixed"];
  return fixed === undefined ? NO_FIX : `>=${fixed}`;
}

function advisoryOf(told: ToldAdvisory, { source, now }: ToldQuestion): Advisory {
  return {
    id: String(told.id),
    aliases: [],
    kind: "vulnerability",
    summary: told.title,
    url: told.url,
    severity: told.severity === "info" ? "low" : told.severity,
    score: told.cvss.score,
    vector: told.cvss.vectorString,
    cwes: told.cwe,
    publishedAt: null,
    modifiedAt: now,
    withdrawnAt: null,
    feed: source,
    origins: [source],
    epss: null,
    kevSince: null,
  };
}
