import { LATEST_MOMENT } from "./chronology.ts";
import type { Opinion, PolicyContext, VersionFacts } from "./verdict.ts";

type Said = Pick<Opinion, "outcome" | "reason"> & Partial<Opinion>;

const HOUR_MS = 3_600_000;

/** Makes an opinion of what a rule has to say; what it leaves out is empty. */
export function opinion(said: Said): Opinion {
  return { evidence: {}, until: null, recheckAt: null, reference: null, ...said };
}

/**
 * A refusal of a kind that comes over versions in use: `deny` for a version that nobody here has, `hide` for
 * one that was served before, so that who pinned it can still build.
 */
export function refusal(facts: VersionFacts, context: PolicyContext, said: Omit<Said, "outcome">): Opinion {
  return opinion({ ...said, outcome: wasServed(facts, context) ? "hide" : "deny" });
}

/** Tells whether this version passed through this registry before. */
export function wasServed(facts: VersionFacts, context: PolicyContext): boolean {
  return context.served.has(facts.version);
}

/** A moment some hours after another, never beyond what a `Date` can hold. */
export function hoursAfter(at: number, hours: number): number {
  return Math.min(at + hours * HOUR_MS, LATEST_MOMENT);
}

/** A moment in ISO 8601; null if there is none, or none that a `Date` can hold. */
export function isoOf(at: number | null): string | null {
  return at === null || !(Math.abs(at) <= LATEST_MOMENT) ? null : new Date(at).toISOString();
}

/** `2026-01-31 12:00 UTC`, for texts. */
export function momentText(at: number): string {
  return `${new Date(at).toISOString().slice(0, -8).replace("T", " ")} UTC`;
}

/** `2 hours`, `3 days`, `1 day`. */
export function durationText(hours: number): string {
  const isDays = hours >= 48 && hours % 24 === 0;
  const count = isDays ? hours / 24 : hours;
  return `${count} ${isDays ? "day" : "hour"}${count === 1 ? "" : "s"}`;
}

/** A text cut to a length, with a mark where it was. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** The first of two moments in milliseconds, where null stands for never. */
export function earlier(first: number | null, second: number | null): number | null {
  if (first === null || second === null) return first ?? second;
  return Math.min(first, second);
}
