import { coversName } from "../../names.ts";
import { coversVersion } from "../covers-exception.ts";
import { cut, opinion } from "../opinion.ts";
import type { ListEntry } from "../rule-settings.ts";
import type { PackageHistory, PolicyContext, PolicyRule, VersionFacts } from "../verdict.ts";

const PATTERNS_LENGTH = 200;

/** Against what the list names. */
export const denyList: PolicyRule<"deny-list"> = {
  id: "deny-list",
  reads: "version",
  isIdle: ({ name, rules }) =>
    !rules["deny-list"].options.entries.some((entry) => coversName(entry.packages, name)),
  judge(facts, context, history) {
    const entry = findEntry(history.derive(context, deniedHere), facts);
    if (entry === null) return null;
    const why = entry.reason === "" ? "" : `: ${entry.reason}`;
    return opinion({
      outcome: "deny",
      reason: `It is on the deny list, by the entry ${entryText(entry)}${why}`,
      evidence: { list: "deny-list", packages: entry.packages, range: entry.range },
    });
  },
};

/**
 * Against what the list does not name, packages of our own included. An empty list is one that nobody has
 * written yet: it refuses nothing, so that switching the rule on cannot stop everything at once.
 */
export const allowOnly: PolicyRule<"allow-only"> = {
  id: "allow-only",
  reads: "version",
  isIdle: ({ rules }) => rules["allow-only"].options.entries.length === 0,
  judge(facts, context, history) {
    const entries = history.derive(context, allowedHere);
    if (findEntry(entries, facts) !== null) return null;
    const patterns = cut(entries.map(entryText).join(", "), PATTERNS_LENGTH);
    return opinion({
      outcome: "deny",
      reason:
        entries.length === 0
          ? `The allow-only list has no entry for ${context.name}`
          : `The allow-only list has other versions of it only: ${patterns}`,
      evidence: { list: "allow-only", entries: entries.length, patterns: patterns === "" ? null : patterns },
    });
  },
};

function deniedHere(_history: PackageHistory, context: PolicyContext): readonly ListEntry[] {
  return entriesFor(context.rules["deny-list"].options.entries, context.name);
}

function allowedHere(_history: PackageHistory, context: PolicyContext): readonly ListEntry[] {
  return entriesFor(context.rules["allow-only"].options.entries, context.name);
}

function entriesFor(entries: readonly ListEntry[], name: string): readonly ListEntry[] {
  return entries.filter((entry) => coversName(entry.packages, name));
}

function findEntry(entries: readonly ListEntry[], facts: VersionFacts): ListEntry | null {
  return entries.find((entry) => coversVersion(entry.range, facts.version)) ?? null;
}

function entryText({ packages, range }: ListEntry): string {
  return range === "*" ? packages : `${packages}@${range}`;
}
