import { aliasGroups } from "./alias-groups.ts";
import type { Advisory, AffectedVersions, PackageAdvisory } from "./advisory.ts";
import { advisoryMatcher } from "./match.ts";
import { npmRangeOf, patchedRangeOf } from "./npm-range.ts";

/** The words that clients know; they also know `info`, on which pnpm 9 and 10 stop with an error. */
export type AuditSeverity = "low" | "moderate" | "high" | "critical";

/** Gives the advisories of a package of the public registry; none for names that are our own. */
export type AdvisoriesOf = (name: string) => readonly PackageAdvisory[];

/**
 * One issue of a package, however many advisories tell of it, as clients read it from the bulk endpoint. What
 * they need: npm `vulnerable_versions`, and `cwe` as a list; pnpm 12 a number as `id`, else it passes over the
 * issue in silence, and pnpm 11 one that no other package has; Deno one below 2^31; Yarn a `title`, and nothing
 * that was not asked for.
 */
export interface AuditIssue {
  id: number;
  url: string;
  title: string;
  severity: AuditSeverity;
  vulnerable_versions: string;
  patched_versions: string;
  cwe: readonly string[];
  cvss: { score: number; vectorString: string | null };
  cves: readonly string[];
  github_advisory_id?: string;
  /** Names of the feeds. */
  source: string;
}

/** An issue together with what only the full report tells. */
export interface PackageIssue {
  affected: AffectedVersions;
  /** The one to show. */
  advisory: Advisory;
  issue: AuditIssue;
}

/** Ids of issues, each of one issue only within one answer. */
export type IssueIds = (key: string) => number;

/** Issues that one package is audited for; a hostile feed must not make answers grow without end. */
const ISSUES_MAX = 1_000;
/** Largest id, exclusive: Deno reads 32 bits with a sign. */
const ID_MAX = 2 ** 31;

const GHSA = /^GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}$/u;

/**
 * The issues of a package that concern at least one of the versions. Each tells what all advisories of its group
 * say, so that an issue looks the same whatever versions are asked about.
 */
export function issuesOf(
  name: string,
  { versions, list, ids }: { versions: readonly string[]; list: readonly PackageAdvisory[]; ids: IssueIds },
): PackageIssue[] {
  const matching = new Set(versions.flatMap(advisoryMatcher(list)));
  if (matching.size === 0) return [];
  return aliasGroups(list.filter(({ withdrawnAt }) => withdrawnAt === null))
    .filter((group) => group.some((advisory) => matching.has(advisory)))
    .slice(0, ISSUES_MAX)
    .flatMap((group) => issueOf(name, group, ids));
}

/**
 * Makes ids for one answer. An id is always the same for the same key, save where two keys of one answer would
 * share it.
 */
export function createIssueIds(): IssueIds {
  const taken = new Map<number, string>();
  return (key) => {
    let id = hashOf(key);
    while ((taken.get(id) ?? key) !== key || id === 0) id = (id + 1) % ID_MAX;
    taken.set(id, key);
    return id;
  };
}

function issueOf(name: string, group: readonly PackageAdvisory[], ids: IssueIds): PackageIssue[] {
  const [advisory] = group;
  if (advisory === undefined) return [];
  const affected = joinAffected(group);
  const names = group.flatMap(({ id, aliases }) => [id, ...aliases]);
  const ghsa = names.find((id) => GHSA.test(id));
  const severity = auditSeverity(advisory);
  const scored = group.find(({ score }) => score !== null);
  // npm keeps what it made of an issue by its id, the severity with it; another one must not meet the old.
  const key = [name, group.map(({ id }) => id).sort()[0], severity].join("\n");
  const issue: AuditIssue = {
    id: ids(key),
    url: group.find(({ url, id }) => id === ghsa || url.includes("GHSA-"))?.url ?? advisory.url,
    title: advisory.summary,
    severity,
    vulnerable_versions: npmRangeOf(affected),
    patched_versions: patchedRangeOf(affected),
    cwe: [...new Set(group.flatMap(({ cwes }) => cwes))],
    cvss: { score: scored?.score ?? 0, vectorString: scored?.vector ?? null },
    cves: [...new Set(names.filter((id) => id.startsWith("CVE-")))],
    ...(ghsa === undefined ? {} : { github_advisory_id: ghsa }),
    source: [...new Set(group.map(({ feed }) => feed))].join(", "),
  };
  return [{ affected, advisory, issue }];
}

function joinAffected(group: readonly PackageAdvisory[]): AffectedVersions {
  return {
    versions: [...new Set(group.flatMap(({ affected }) => affected.versions))],
    intervals: group.flatMap(({ affected }) => affected.intervals),
  };
}

/** What has no severity counts as high, as npm itself has it. */
function auditSeverity({ severity }: Advisory): AuditSeverity {
  if (severity === null) return "high";
  return severity === "none" ? "low" : severity;
}

/** FNV-1a and the final mixing of MurmurHash3: texts that differ little get ids that differ much. */
function hashOf(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  return ((hash ^ (hash >>> 16)) >>> 0) % ID_MAX;
}
