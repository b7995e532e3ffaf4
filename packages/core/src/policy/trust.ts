import { chronologyOf, type DatedVersion } from "./chronology.ts";
import type { PackageHistory, PolicyContext, VersionFacts } from "./verdict.ts";
import {
  TRUST_LEVELS,
  trustOf,
  type BuildIdentity,
  type TrustLevel,
  type TrustReport,
} from "./version-proof.ts";

/** What a version's trust is measured by. */
export interface TrustChange {
  own: TrustReport;
  /** The best proof before it in its major line, else that of the publish before it; null: the first one. */
  before: { version: string; level: TrustLevel } | null;
  /** The newest build before it whose identity was verified, of its major line if there is one. */
  buildBefore: { version: string; build: BuildIdentity } | null;
  /** True if there is less proof of where it comes from than before, or if what it claims was refuted. */
  isDrop: boolean;
  /** True if an account published it that published no version of the package before. */
  isNewPublisher: boolean;
  /** What is other about the verified build. */
  otherBuild: "repository" | "workflow" | null;
}

type Changes = ReadonlyMap<string, TrustChange>;

/** A version with its proof of origin. */
interface Proven extends DatedVersion {
  trust: TrustReport;
}

/** What has been seen of a package while its versions are walked in the order of their times. */
interface Seen {
  /** The best version of each major line, stable ones and all, under `1` and `1-`. */
  best: Map<string, Proven>;
  /** The newest version, stable one and any. */
  last: { stable: Proven | null; any: Proven | null };
  /** The newest version whose build was verified, by major line and, under the empty text, of all. */
  built: Map<string, TrustChange["buildBefore"]>;
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
  const seen: Seen = {
    best: new Map(),
    last: { stable: null, any: null },
    built: new Map(),
    publishers: new Set(),
  };
  const changes = new Map<string, TrustChange>();
  for (const dated of history.derive(context, chronologyOf)) {
    const proven = { ...dated, trust: trustOf(dated.facts, context) };
    changes.set(dated.facts.version, changeOf(proven, seen));
    remember(proven, seen);
  }
  return changes;
}

// A stable version is measured by stable ones: pre-releases often come by another way than releases.
function changeOf(proven: Proven, seen: Seen): TrustChange {
  const { trust } = proven;
  const isStable = proven.parsed.prerelease.length === 0;
  const before = seen.best.get(lineOf(proven, isStable)) ?? (isStable ? seen.last.stable : seen.last.any);
  const buildBefore = seen.built.get(lineOf(proven, true)) ?? seen.built.get("") ?? null;
  const publisher = accountOf(proven.facts);
  const isLess = before !== null && isBelow(trust.level, before.trust.level);
  return {
    own: trust,
    before: before === null ? null : { version: before.facts.version, level: before.trust.level },
    buildBefore,
    isDrop: trust.refuted !== null || isLess,
    isNewPublisher: publisher !== null && seen.publishers.size > 0 && !seen.publishers.has(publisher),
    otherBuild: otherBuild(trust.build, buildBefore?.build ?? null),
  };
}

// Who approves a staged release stands in the place of its trusted publisher, so an attested build is no drop.
function isBelow(own: TrustLevel, before: TrustLevel): boolean {
  return rankOf(own) < Math.min(rankOf(before), rankOf("attested build"));
}

function otherBuild(own: BuildIdentity | null, before: BuildIdentity | null): TrustChange["otherBuild"] {
  if (own === null || before === null) return null;
  if (own.issuer !== before.issuer || fold(own.repository) !== fold(before.repository)) return "repository";
  return own.workflow === before.workflow ? null : "workflow";
}

function remember(proven: Proven, seen: Seen): void {
  const isStable = proven.parsed.prerelease.length === 0;
  for (const line of isStable ? [lineOf(proven, true), lineOf(proven, false)] : [lineOf(proven, false)]) {
    const best = seen.best.get(line);
    if (best === undefined || rankOf(proven.trust.level) >= rankOf(best.trust.level)) {
      seen.best.set(line, proven);
    }
  }
  seen.last.any = proven;
  if (isStable) seen.last.stable = proven;
  const { build } = proven.trust;
  if (build !== null) {
    for (const line of [lineOf(proven, true), ""]) {
      seen.built.set(line, { version: proven.facts.version, build });
    }
  }
  const publisher = accountOf(proven.facts);
  if (publisher !== null) seen.publishers.add(publisher);
}

function lineOf({ parsed }: DatedVersion, isStable: boolean): string {
  return isStable ? `${parsed.major}` : `${parsed.major}-`;
}

/** A pipeline with an identity of its own stands for whoever set it up, and who approves a staged release is no publisher. */
function accountOf({ trustedPublisher, approver, publisher }: VersionFacts): string | null {
  return trustedPublisher === undefined && approver === undefined ? publisher : null;
}

function rankOf(level: TrustLevel): number {
  return TRUST_LEVELS.indexOf(level);
}

function fold(url: string | null): string | null {
  return url === null ? null : url.toLowerCase();
}
