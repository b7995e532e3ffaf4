import { coversName } from "../../names.ts";
import { chronologyOf, LATEST_MOMENT, publishTimeOf } from "../chronology.ts";
import { newDependenciesOf, type NewDependencies } from "../new-dependencies.ts";
import { mendedBy, type Mended } from "../fast-track.ts";
import { durationText, hoursAfter, isoOf, momentText, opinion, wasServed } from "../opinion.ts";
import { versionClock, type VersionClock } from "../version-clock.ts";
import type { Opinion, PackageHistory, PolicyContext, PolicyRule, VersionFacts } from "../verdict.ts";

const NAMES_SHOWN = 3;

/** When a version came to be, and who says so. */
interface Clock {
  at: number;
  /** As of a version's clock; or, where there is none, the time when the version was first served here. */
  source: VersionClock["source"] | "first served";
}

/**
 * Holds versions from upstream until they have some age by the upstream's own publish time or, of an upstream whose
 * times are not believed, by the later of that and their first sight here; the first version
 * of a name for longer, and a patch release that needs another package than before. What mends a vulnerability needs less. A version without a credible time is held
 * without an end, unless it was served here: then it is at least that old. Versions that were served before
 * are hidden only, so that who pinned one can build.
 */
export const age: PolicyRule<"age"> = {
  id: "age",
  reads: "history",
  isIdle: ({ name, rules }) => rules.age.options.exempt.some((pattern) => coversName(pattern, name)),
  judge(facts, context, history) {
    if (facts.origin === "local") return null;
    const clock = clockOf(facts, context);
    const isFirst = history.derive(context, firstVersion) === facts.version;
    const hours = hoursNeeded(context, isFirst);
    if (clock === null) return hours === 0 ? null : withoutTime(facts, context);
    return tooYoung({ clock, hours, isFirst }, { facts, context, history });
  },
};

interface Judged {
  facts: VersionFacts;
  context: PolicyContext;
  history: PackageHistory;
}

function tooYoung(
  needed: { clock: Clock; hours: number; isFirst: boolean },
  { facts, context, history }: Judged,
): Opinion | null {
  const { clock, isFirst } = needed;
  const extra = context.rules.age.options.newDependencyHours;
  if (context.now >= hoursAfter(clock.at, needed.hours + extra)) return null;
  const added = extra === 0 ? null : newDependenciesOf(facts, context, history);
  const hours = needed.hours + (added === null ? 0 : extra);
  const grownAt = hoursAfter(clock.at, hours);
  if (context.now >= grownAt) return null;
  const evidence: Opinion["evidence"] = {
    publishedAt: facts.publishedAt,
    clock: clock.source,
    countedFrom: isoOf(clock.at),
    hours,
    isFirstVersion: isFirst,
    ...(added === null ? {} : { newDependencies: added.names.join(", "), newSince: added.since }),
  };
  const mended = mendedBy(facts, context, history);
  if (mended !== null) return fastTracked({ mended, clock, hours, evidence }, { facts, context });
  const first = isFirst ? "the first version of a name" : "it";
  return opinion({
    outcome: outcomeFor(facts, context),
    reason:
      `It was ${clockText(clock, facts)}, and ${first} must be ${durationText(hours)} old` +
      (added === null ? "" : addedText(added)),
    evidence,
    until: grownAt,
    recheckAt: grownAt,
  });
}

function addedText({ names, since }: NewDependencies): string {
  const shown = names.slice(0, NAMES_SHOWN).join(", ");
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : "";
  return `, since it needs ${shown}${more}, which ${since} did not`;
}

function hoursNeeded({ rules }: PolicyContext, isFirst: boolean): number {
  const { hours, firstReleaseHours } = rules.age.options;
  return isFirst ? Math.max(hours, firstReleaseHours) : hours;
}

function fastTracked(
  {
    mended,
    clock,
    hours,
    evidence,
  }: { mended: Mended; clock: Clock; hours: number; evidence: Opinion["evidence"] },
  { facts, context }: { facts: VersionFacts; context: PolicyContext },
): Opinion {
  const needed = Math.min(hours, context.rules.age.options.fastTrack?.hours ?? hours);
  const releasedAt = hoursAfter(clock.at, needed);
  const isReleased = context.now >= releasedAt;
  const { advisory, affected } = mended;
  const until = isReleased ? hoursAfter(clock.at, hours) : releasedAt;
  return opinion({
    outcome: isReleased ? "allow" : outcomeFor(facts, context),
    reason:
      `It was ${clockText(clock, facts)} and mends ${advisory.id} (${advisory.severity}), which ` +
      `${affected} has, so it needs ${durationText(needed)} instead of ${durationText(hours)}`,
    evidence: {
      ...evidence,
      mends: advisory.id,
      severity: advisory.severity,
      affected,
      fastTrackHours: needed,
    },
    until: isReleased ? null : releasedAt,
    recheckAt: until,
    reference: advisory.url || null,
  });
}

function withoutTime(facts: VersionFacts, context: PolicyContext): Opinion {
  return opinion({
    outcome: outcomeFor(facts, context),
    reason:
      "The upstream does not tell when it was published, so its age is not known and the hold has no end",
    evidence: { publishedAt: facts.publishedAt, clock: null },
  });
}

function outcomeFor(facts: VersionFacts, context: PolicyContext): "hide" | "hold" {
  return wasServed(facts, context) ? "hide" : "hold";
}

function clockOf(facts: VersionFacts, context: PolicyContext): Clock | null {
  const clock = versionClock(facts, context);
  if (clock !== null) return clock;
  const served = context.served.get(facts.version);
  return served === undefined
    ? null
    : { at: Math.min(served.firstAt, LATEST_MOMENT), source: "first served" };
}

// Who waits should know whose word the wait goes by.
function clockText({ at, source }: Clock, facts: VersionFacts): string {
  const when = `${source} on ${momentText(at)}`;
  if (source === "published") return when;
  const why =
    publishTimeOf(facts) === null ? "the upstream tells no time" : "the upstream's times are not believed";
  return `${when} (${why})`;
}

// Of versions without a time none is known to be the first.
function firstVersion(history: PackageHistory, context: PolicyContext): string | null {
  const first = history.derive(context, chronologyOf)[0];
  return first === undefined || !Number.isFinite(first.at) ? null : first.facts.version;
}
