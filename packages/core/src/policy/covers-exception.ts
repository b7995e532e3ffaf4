import semver from "semver";
import { coversName } from "../names.ts";
import type { PolicyException } from "./exception.ts";
import { NEVER_LIFTED } from "./default-settings.ts";
import type { RuleId } from "./rule-settings.ts";
import type { PolicyContext, VersionFacts } from "./verdict.ts";

/** How many people must have agreed before confirmed malware passes. */
const MALWARE_APPROVALS_MIN = 2;

/** Tells whether an exception that has not ended lifts a rule's refusal of a version. */
export function coversException(
  exception: PolicyException,
  { rule, facts, context }: { rule: RuleId; facts: VersionFacts; context: PolicyContext },
): boolean {
  if (NEVER_LIFTED.has(rule)) return false;
  if (exception.expiresAt !== null && exception.expiresAt <= context.now) return false;
  if (!liftsRule(exception, rule)) return false;
  return coversName(exception.packages, context.name) && coversVersion(exception.range, facts.version);
}

// Who may pass as proven malware may pass as suspected, or a second source would let through what one stops.
function liftsRule(exception: PolicyException, rule: RuleId): boolean {
  if (rule === "malware") return liftsMalware(exception);
  if (exception.rules === null || exception.rules.includes(rule)) return true;
  return rule === "suspected-malware" && liftsMalware(exception);
}

// Only where malware was meant by name, and by two people.
function liftsMalware({ rules, approvedBy }: PolicyException): boolean {
  return rules?.includes("malware") === true && new Set(approvedBy).size >= MALWARE_APPROVALS_MIN;
}

/** Tells whether a semver range covers a version; pre-releases count as any other version. */
export function coversVersion(range: string, version: string): boolean {
  if (range === "*") return true;
  return semver.satisfies(version, range, { includePrerelease: true });
}
