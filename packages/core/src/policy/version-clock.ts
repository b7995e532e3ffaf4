import { LATEST_MOMENT, publishTimeOf } from "./chronology.ts";
import type { PolicyContext, VersionFacts } from "./verdict.ts";

/** When a version came to be, in milliseconds, and who says so. */
export interface VersionClock {
  at: number;
  /** The upstream's publish time; or when this server first saw the version there. */
  source: "published" | "first seen";
}

/**
 * When a version came to be: the upstream's publish time where that is believed, else the later of that and the first
 * sight of the version. Null where neither is known.
 */
export function versionClock(
  facts: VersionFacts,
  { trustsPublishTimes, firstSeen }: Pick<PolicyContext, "trustsPublishTimes" | "firstSeen">,
): VersionClock | null {
  const published = publishTimeOf(facts);
  const seen = firstSeen.get(facts.version);
  if (published !== null && (trustsPublishTimes || seen === undefined || published >= seen)) {
    return { at: published, source: "published" };
  }
  return seen === undefined ? null : { at: Math.min(seen, LATEST_MOMENT), source: "first seen" };
}
