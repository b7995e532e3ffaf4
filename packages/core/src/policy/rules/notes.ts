import semver from "semver";
import { chronologyOf, publishTimeOf } from "../chronology.ts";
import { toldDeprecation } from "../deprecation.ts";
import { hoursAfter, momentText, opinion } from "../opinion.ts";
import type { NoteOutcome } from "../rule-settings.ts";
import type { NotYet, Opinion, PackageHistory, PolicyContext, PolicyRule, VersionFacts } from "../verdict.ts";

const DAY_HOURS = 24;

/** Notes versions that an operator took out of lists. */
export const unlisted: PolicyRule<"unlisted"> = {
  id: "unlisted",
  reads: "version",
  isNote: true,
  isIdle: (context) => context.unlisted.size === 0,
  judge({ version }, context) {
    if (!context.unlisted.has(version) && !context.unlisted.has("*")) return null;
    return opinion({
      outcome: context.rules.unlisted.options.outcome,
      reason: "An operator has taken it out of lists",
    });
  },
};

/** Notes versions after which the same minor line has a stable one that is not deprecated. */
export const newerPatch: PolicyRule<"newer-patch"> = {
  id: "newer-patch",
  reads: "history",
  isNote: true,
  isIdle: () => false,
  judge({ version }, context, history) {
    const parsed = semver.parse(version);
    if (parsed === null) return null;
    const newest = history.derive(context, newestPatches).get(lineOf(parsed));
    if (newest === undefined || newest.compare(parsed) <= 0) return null;
    return opinion({
      outcome: context.rules["newer-patch"].options.outcome,
      reason: `There is a newer patch of it, ${newest.version}`,
      evidence: { newest: newest.version },
    });
  },
};

/** Notes versions that were published lately; to refuse them there is the rule `age`. */
export const recent: PolicyRule<"recent"> = {
  id: "recent",
  reads: "facts",
  isNote: true,
  isIdle: () => false,
  judge(facts, context) {
    const { days, outcome } = context.rules.recent.options;
    const at = publishTimeOf(facts);
    if (at === null) return null;
    const until = hoursAfter(at, days * DAY_HOURS);
    return context.now < until ? datedNote({ at, days, outcome }, until) : null;
  },
};

/** Notes versions that are old. */
export const aged: PolicyRule<"aged"> = {
  id: "aged",
  reads: "facts",
  isNote: true,
  isIdle: () => false,
  judge(facts: VersionFacts, context: PolicyContext): Opinion | NotYet | null {
    const { days, outcome } = context.rules.aged.options;
    const at = publishTimeOf(facts);
    if (at === null) return null;
    const since = hoursAfter(at, days * DAY_HOURS);
    if (context.now < since) return { outcome: null, recheckAt: since };
    return datedNote({ at, days, outcome }, null);
  },
};

function datedNote(
  { at, days, outcome }: { at: number; days: number; outcome: NoteOutcome },
  recheckAt: number | null,
): Opinion {
  const span = recheckAt === null ? "longer ago than" : "within the last";
  return opinion({
    outcome,
    reason: `It was published on ${momentText(at)}, ${span} ${days} days`,
    evidence: { publishedAt: new Date(at).toISOString(), days },
    recheckAt,
  });
}

function newestPatches(history: PackageHistory, context: PolicyContext): ReadonlyMap<string, semver.SemVer> {
  const newest = new Map<string, semver.SemVer>();
  for (const { facts, parsed } of chronologyOf(history)) {
    if (parsed.prerelease.length > 0 || toldDeprecation(facts, context) !== null) continue;
    const line = lineOf(parsed);
    const known = newest.get(line);
    if (known === undefined || parsed.compare(known) > 0) newest.set(line, parsed);
  }
  return newest;
}

function lineOf({ major, minor }: semver.SemVer): string {
  return `${major}.${minor}`;
}
