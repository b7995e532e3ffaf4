import {
  EntrepotError,
  isEntrepotError,
  parseAuditTree,
  parsePackageName,
  reportIssues,
  type PackageIssue,
} from "@entrepot/core";
import { ownBytes } from "./own-bytes.ts";
import type { AskedVersions, ReadAuditInput, ReportAuditInput, TaskResult } from "./tasks.ts";

const NAMES_MAX = 20_000;
const VERSIONS_MAX = 1000;
const VERSION_CHARS_MAX = 256;

/** Reads which versions an audit is about, as a task. */
export function readAudit(input: ReadAuditInput): TaskResult<"readAudit"> {
  return { output: readAuditedVersions(input), transfer: [] };
}

/** Reports the issues of a tree, as a task. */
export function reportAudit({ body, issues, source }: ReportAuditInput): TaskResult<"reportAudit"> {
  const found = new Map(Object.entries(jsonOf(issues) as Record<string, PackageIssue[]>));
  const json = ownBytes(auditReportOf(body, found, source));
  return { output: { json }, transfer: [json.buffer] };
}

/**
 * Reads which versions an audit is about, by the name of their package.
 *
 * @throws EntrepotError `request-invalid`
 */
export function readAuditedVersions({ body, form }: ReadAuditInput): Map<string, string[]> {
  const given = jsonOf(body);
  return form === "bulk" ? bulkVersions(given) : treeVersions(given);
}

/**
 * The report of issues that were found for a tree, as JSON.
 *
 * @throws EntrepotError `request-invalid`
 */
export function auditReportOf(
  body: Uint8Array,
  issues: ReadonlyMap<string, readonly PackageIssue[]>,
  source: string,
): Uint8Array {
  const none: readonly PackageIssue[] = [];
  const report = reportIssues(parseAuditTree(jsonOf(body)), (name) => issues.get(name) ?? none, source);
  return Buffer.from(JSON.stringify(report));
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8"));
  } catch (cause) {
    throw invalid("The request body is not valid JSON.", cause);
  }
}

function bulkVersions(given: unknown): Map<string, string[]> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw invalid("The request body must be a JSON object.");
  }
  const asked = new Map<string, string[]>();
  for (const [name, versions] of Object.entries(given)) {
    asked.set(checkedName(name), checkedVersions(name, versions));
    assertFew(asked);
  }
  return asked;
}

/** What a tree has under names that are none, or that nobody can ask an upstream for, is from no registry. */
function treeVersions(given: unknown): Map<string, string[]> {
  assertInstalled(given);
  const asked = new Map<string, Set<string>>();
  for (const { name, version } of parseAuditTree(given)) {
    const known = asked.get(name);
    if (known === undefined && !isName(name)) continue;
    if (known === undefined) asked.set(name, new Set([version]));
    else if (known.size < VERSIONS_MAX) known.add(version);
    assertFew(asked);
  }
  return new Map([...asked].map(([name, versions]) => [name, [...versions]]));
}

/**
 * npm 10 sends a tree when its bulk audit failed, and one without a single installed package since its lockfiles have
 * another form. Finding nothing there would be no clean bill.
 */
function assertInstalled(given: unknown): void {
  const { requires, dependencies } = (given ?? {}) as Record<string, unknown>;
  if (countOf(requires) === 0 || countOf(dependencies) > 0) return;
  throw invalid(
    "This tree says what is required and not what is installed, so that there is nothing to audit. " +
      "npm 10 sends it when its bulk audit failed; audit with npm 11 to see why.",
  );
}

function countOf(members: unknown): number {
  return typeof members === "object" && members !== null ? Object.keys(members).length : 0;
}

function assertFew(asked: AskedVersions | ReadonlyMap<string, unknown>): void {
  if (asked.size > NAMES_MAX) throw invalid(`An audit is about at most ${NAMES_MAX} packages.`);
}

function checkedName(name: string): string {
  try {
    return parsePackageName(name).full;
  } catch (error) {
    if (!isEntrepotError(error)) throw error;
    throw invalid(`An audit is a JSON object of package name to versions. ${error.message}`, error);
  }
}

function isName(name: string): boolean {
  try {
    parsePackageName(name);
    return true;
  } catch {
    return false;
  }
}

function checkedVersions(name: string, given: unknown): string[] {
  if (!Array.isArray(given) || given.length > VERSIONS_MAX) {
    throw invalid(`The versions of ${name} must be a list of at most ${VERSIONS_MAX}.`);
  }
  const versions = new Set<string>();
  for (const version of given as unknown[]) {
    if (typeof version !== "string" || version.length > VERSION_CHARS_MAX) {
      throw invalid(`A version of ${name} is no text of at most ${VERSION_CHARS_MAX} characters.`);
    }
    versions.add(version);
  }
  return [...versions];
}

function invalid(message: string, cause?: unknown): EntrepotError {
  return new EntrepotError("request-invalid", { message, ...(cause === undefined ? {} : { cause }) });
}
