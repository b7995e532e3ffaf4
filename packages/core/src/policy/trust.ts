import { chronologyOf, type DatedVersion } from "./chronology.ts";
import type { PackageHistory, PolicyContext, VersionFacts } from "./verdict.ts";

/** How a version proves where it comes from, weakest first. */
const TRUST_LEVELS = ["none", "registry signature", "attested build", "trusted publisher"] as const;

export type TrustLevel = (typeof TRUST_LEVELS)[number];

/** What a version's trust is measured by. */
export interface TrustChange {
  level: TrustLevel;
  /** The best proof before it in its major line, else that of the publish before it; null: the first one. */
  before: { version: string; level: TrustLevel } | null;
  /** True if there is less proof of where it comes from than before. */
  isDrop: boolean;
  /** True if an account published it that published no version of the package before. */
  isNewPublisher: boolean;
}

type Changes = ReadonlyMap<string, TrustChange>;

/** What has been seen of a package while its versions are walked in the order of their times. */
interface Seen {
  /** The best version of each major line, stable ones and all, under `1` and `1-`. */
  best: Map<string, DatedVersion>;
  /** The newest version, stable one and any. */
  last: { stable: DatedVersion | null; any: DatedVersion | null };
  publishers: Set<string>;
}

/** How a version's proof of origin compares with those before it; null for one that is not in the history. */
export function trustChangeOf(
  { version }: VersionFacts,
  context: PolicyContext,
  history: PackageHistory,
): TrustChange | null {
  return history.derive(context, changesOf).get(version) ?? null;
}

function changesOf(history: PackageHistory, context: PolicyContext): Changes {
  const seen: Seen = { best: new Map(), last: { stable: null, any: null }, publishers: new Set() };
  const changes = new Map<string, TrustChange>();
  for (const dated of history.derive(context, chronologyOf)) {
    changes.set(dated.facts.version, changeOf(dated, seen));
    remember(dated, seen);
  }
  return changes;
}

// A stable version is measured by stable ones: pre-releases often come by another way than releases.
function changeOf(dated: DatedVersion, seen: Seen): TrustChange {
  const isStable = dated.parsed.prerelease.length === 0;
  const before = seen.best.get(lineOf(dated, isStable)) ?? (isStable ? seen.last.stable : seen.last.any);
  const own = rankOf(dated.facts);
  const publisher = accountOf(dated.facts);
  return {
    level: levelAt(own),
    before: before === null ? null : { version: before.facts.version, level: levelAt(rankOf(before.facts)) },
    isDrop: before !== null && isLess(own, rankOf(before.facts)),
    isNewPublisher: publisher !== null && seen.publishers.size > 0 && !seen.publishers.has(publisher),
  };
}

// Who approves a staged release stands in the place of its trusted publisher, so an attested build is no drop.
function isLess(own: number, before: number): boolean {
  return own < Math.min(before, TRUST_LEVELS.indexOf("attested build"));
}

function remember(dated: DatedVersion, seen: Seen): void {
  const isStable = dated.parsed.prerelease.length === 0;
  for (const line of isStable ? [lineOf(dated, true), lineOf(dated, false)] : [lineOf(dated, false)]) {
    const best = seen.best.get(line);
    if (best === undefined || rankOf(dated.facts) >= rankOf(best.facts)) seen.best.set(line, dated);
  }
  seen.last.any = dated;
  if (isStable) seen.last.stable = dated;
  const publisher = accountOf(dated.facts);
  if (publisher !== null) seen.publishers.add(publisher);
}

function lineOf({ parsed }: DatedVersion, isStable: boolean): string {
  return isStable ? `${parsed.major}` : `${parsed.major}-`;
}

/** A pipeline with an identity of its own stands for whoever set it up, not for an account. */
function accountOf({ trustedPublisher, publisher }: VersionFacts): string | null {
  return trustedPublisher === undefined ? publisher : null;
}

// What is attested first, who published second.
function rankOf({ attestations, trustedPublisher, hasSignatures }: VersionFacts): number {
  if (trustedPublisher !== undefined) return TRUST_LEVELS.indexOf("trusted publisher");
  if (attestations !== null) return TRUST_LEVELS.indexOf("attested build");
  return TRUST_LEVELS.indexOf(hasSignatures ? "registry signature" : "none");
}

function levelAt(rank: number): TrustLevel {
  return TRUST_LEVELS[rank] ?? "none";
}
