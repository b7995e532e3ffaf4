import {
  createIssueIds,
  issuesOf,
  type AdvisoriesOf,
  type AuditIssue,
  type AuditSeverity,
  type PackageIssue,
} from "./audit-issues.ts";
import type { AuditNode } from "./audit-tree.ts";
import { isAffected } from "./match.ts";
import { fixedVersionsOf } from "./npm-range.ts";

/** Where one version of an issue's package is. */
export interface AuditFinding {
  version: string;
  /** Names on the way to it, as `express>qs`. */
  paths: readonly string[];
  dev: boolean;
  optional: boolean;
  bundled: boolean;
}

/** An issue as the full report tells it, to pnpm 9 and 10, Yarn 1, Deno and old npm. */
export interface ReportedIssue extends AuditIssue {
  module_name: string;
  findings: readonly AuditFinding[];
  overview: string;
  recommendation: string;
  references: string;
  created: string;
  updated: string;
  deleted: null;
  access: "public";
  npm_advisory_id: null;
  found_by: { name: string };
  reported_by: { name: string };
  metadata: { module_type: string; exploitability: number; affected_components: string };
}

/** What somebody has to look at: Yarn 1 tells of nothing that is not in here. */
export interface AuditAction {
  action: "review";
  module: string;
  resolves: readonly { id: number; path: string; dev: boolean; optional: boolean; bundled: boolean }[];
}

/** The answer of the full and of the quick endpoint. */
export interface AuditReport {
  actions: readonly AuditAction[];
  /** By id. */
  advisories: Readonly<Record<string, ReportedIssue>>;
  muted: readonly [];
  metadata: {
    /** Counts places. Nothing but numbers: pnpm adds all members up. */
    vulnerabilities: Readonly<Record<AuditSeverity | "info", number>>;
    dependencies: number;
    devDependencies: number;
    optionalDependencies: number;
    totalDependencies: number;
    source: string;
  };
}

/** Places of one issue that are told one by one. */
const PATHS_MAX = 1_000;

/** A place of a package in an affected version; its path is empty past the limit. */
interface AffectedPlace {
  node: AuditNode;
  path: string;
}

type Counts = Record<AuditSeverity | "info", number>;

/**
 * Answers a bulk audit: the issues of each package that concern one of its versions, one entry for each issue
 * however many advisories tell of it. Packages without an issue are left out.
 */
export function bulkAuditAnswer(
  wanted: ReadonlyMap<string, readonly string[]>,
  advisoriesOf: AdvisoriesOf,
): Record<string, AuditIssue[]> {
  const ids = createIssueIds();
  const found: [string, AuditIssue[]][] = [];
  for (const [name, versions] of wanted) {
    const issues = issuesOf(name, { versions, list: advisoriesOf(name), ids });
    if (issues.length > 0) found.push([name, issues.map(({ issue }) => issue)]);
  }
  return Object.fromEntries(found);
}

/**
 * Answers a full or quick audit of a dependency tree.
 *
 * @param source what the answer was made from, for people
 */
export function auditReport(
  nodes: readonly AuditNode[],
  advisoriesOf: AdvisoriesOf,
  source: string,
): AuditReport {
  const ids = createIssueIds();
  return reportIssues(
    nodes,
    (name, versions) => issuesOf(name, { versions, list: advisoriesOf(name), ids }),
    source,
  );
}

/** The same from issues that were found already; `issuesIn` gives those of a package. */
export function reportIssues(
  nodes: readonly AuditNode[],
  issuesIn: (name: string, versions: readonly string[]) => readonly PackageIssue[],
  source: string,
): AuditReport {
  const actions: AuditAction[] = [];
  const advisories: [string, ReportedIssue][] = [];
  const vulnerabilities: Counts = { info: 0, low: 0, moderate: 0, high: 0, critical: 0 };
  for (const [name, places] of byName(nodes)) {
    const versions = [...new Set(places.map(({ version }) => version))];
    const resolves: AuditAction["resolves"][number][] = [];
    for (const found of issuesIn(name, versions)) {
      const affected = affectedPlaces(found, places);
      if (affected.length === 0) continue;
      const { id, severity } = found.issue;
      vulnerabilities[severity] += affected.length;
      advisories.push([String(id), reportedIssue(name, found, affected)]);
      for (const { node, path } of affected.slice(0, PATHS_MAX)) {
        resolves.push({ id, path, dev: node.isDev, optional: node.isOptional, bundled: node.isBundled });
      }
    }
    if (resolves.length > 0) actions.push({ action: "review", module: name, resolves });
  }
  return {
    actions,
    advisories: Object.fromEntries(advisories),
    muted: [],
    metadata: { vulnerabilities, ...dependencyCounts(nodes), source },
  };
}

function byName(nodes: readonly AuditNode[]): ReadonlyMap<string, readonly AuditNode[]> {
  const names = new Map<string, AuditNode[]>();
  for (const node of nodes) {
    const places = names.get(node.name);
    if (places === undefined) names.set(node.name, [node]);
    else places.push(node);
  }
  return names;
}

function affectedPlaces({ affected }: PackageIssue, places: readonly AuditNode[]): AffectedPlace[] {
  return places
    .filter(({ version }) => isAffected(affected, version))
    .map((node, index) => ({ node, path: index < PATHS_MAX ? node.path().join(">") : "" }));
}

function findingsOf(affected: readonly AffectedPlace[]): AuditFinding[] {
  const versions = new Map<string, AffectedPlace[]>();
  for (const place of affected) {
    const same = versions.get(place.node.version);
    if (same === undefined) versions.set(place.node.version, [place]);
    else same.push(place);
  }
  return Array.from(versions, ([version, places]) => ({
    version,
    paths: places.flatMap(({ path }) => (path === "" ? [] : [path])),
    dev: places.every(({ node }) => node.isDev),
    optional: places.every(({ node }) => node.isOptional),
    bundled: places.every(({ node }) => node.isBundled),
  }));
}

function reportedIssue(
  name: string,
  { affected, advisory, issue }: PackageIssue,
  places: readonly AffectedPlace[],
): ReportedIssue {
  const fixed = fixedVersionsOf(affected).at(-1);
  const finder = { name: issue.source };
  return {
    ...issue,
    module_name: name,
    findings: findingsOf(places),
    overview: issue.title,
    recommendation: fixed === undefined ? "None" : `Upgrade to version ${fixed} or later`,
    references: issue.url,
    created: isoTime(advisory.publishedAt ?? advisory.modifiedAt),
    updated: isoTime(advisory.modifiedAt),
    deleted: null,
    access: "public",
    npm_advisory_id: null,
    found_by: finder,
    reported_by: finder,
    metadata: { module_type: "", exploitability: 0, affected_components: "" },
  };
}

/** A package that is for development only counts as that, whatever else it is. */
function dependencyCounts(
  nodes: readonly AuditNode[],
): Omit<AuditReport["metadata"], "vulnerabilities" | "source"> {
  let devDependencies = 0;
  let optionalDependencies = 0;
  for (const { isDev, isOptional } of nodes) {
    if (isDev) devDependencies++;
    else if (isOptional) optionalDependencies++;
  }
  return {
    dependencies: nodes.length - devDependencies - optionalDependencies,
    devDependencies,
    optionalDependencies,
    totalDependencies: nodes.length,
  };
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
