import { parseIntegrity, type IntegrityHash } from "../integrity.ts";
import { chronologyOf, publishedBefore, type VersionPlaces } from "./chronology.ts";
import type { PackageHistory, PolicyContext, TarballContent, VersionFacts } from "./verdict.ts";

/** What a version runs when it is installed. */
export interface InstallScripts {
  /** Whether its tarball was looked at, or the upstream's manifest is believed. */
  source: "tarball" | "manifest";
  /** `postinstall: node x.js`, one line each; empty if only the manifest's flag is known. */
  text: string;
}

/** What a version that runs scripts is measured by. */
export interface ScriptChange {
  /** Another version, which runs none; null: there is nothing to compare with. */
  since: string | null;
  /** How that version was chosen. */
  because: "last served" | "published before" | "first version" | "hidden by the manifest";
}

/** The scripts of a version; null if it runs none, as far as is known. */
export function installScriptsOf(facts: VersionFacts, context: PolicyContext): InstallScripts | null {
  const content = contentOf(facts, context);
  if (content === null) return facts.hasInstallScript ? { source: "manifest", text: "" } : null;
  const lines = Object.entries(content.installScripts).map(([name, script]) => `${name}: ${script}`);
  if (content.runsNodeGyp) lines.push("install: node-gyp rebuild (because of binding.gyp)");
  return lines.length === 0 ? null : { source: "tarball", text: lines.join("\n") };
}

/**
 * How the scripts of a version are new: the highest lower version that was served here has none; or, where
 * none was served, the version published before has none; or there is no version to compare with. A version
 * that was served before is news only where its tarball has scripts that the manifest does not tell of. Null
 * if they are not new, or there are none.
 */
export function newScriptsOf(
  facts: VersionFacts,
  context: PolicyContext,
  history: PackageHistory,
): ScriptChange | null {
  const scripts = installScriptsOf(facts, context);
  if (scripts === null) return null;
  const isHidden = scripts.source === "tarball" && !facts.hasInstallScript;
  if (context.served.has(facts.version)) {
    return isHidden ? { since: null, because: "hidden by the manifest" } : null;
  }
  const lastServed = highestServedBelow(facts, context, history);
  const before = lastServed ?? publishedBefore(facts, context, history)?.facts ?? null;
  if (before === null) return { since: null, because: "first version" };
  if (installScriptsOf(before, context) !== null) return null;
  return { since: before.version, because: lastServed === null ? "published before" : "last served" };
}

/** What was found in a version's tarball, if it is the one that the facts are about. */
export function contentOf(facts: VersionFacts, context: PolicyContext): TarballContent | null {
  const seen = context.contents.get(facts.version);
  if (seen === undefined) return null;
  const same = seen.find(({ integrity }) => integrity === facts.integrity);
  if (same !== undefined) return same;
  const promised = [...hashesOf(facts.integrity), ...sha1Of(facts.shasum)];
  return seen.find(({ integrity }) => hashesOf(integrity).some((hash) => isAmong(hash, promised))) ?? null;
}

function isAmong({ algorithm, hex }: IntegrityHash, hashes: readonly IntegrityHash[]): boolean {
  return hashes.some((hash) => hash.algorithm === algorithm && hash.hex === hex);
}

function hashesOf(integrity: string | null): IntegrityHash[] {
  return integrity === null ? [] : parseIntegrity(integrity);
}

function sha1Of(shasum: string | null): IntegrityHash[] {
  return shasum === null ? [] : [{ algorithm: "sha1", hex: shasum.toLowerCase() }];
}

function highestServedBelow(
  facts: VersionFacts,
  context: PolicyContext,
  history: PackageHistory,
): VersionFacts | null {
  const places = history.derive(context, precedencePlaces);
  const own = places.get(facts.version) ?? -1;
  let found: VersionFacts | null = null;
  let highest = -1;
  for (const candidate of history.derive(context, servedFacts)) {
    const place = places.get(candidate.version) ?? -1;
    if (place >= own || place <= highest) continue;
    highest = place;
    found = candidate;
  }
  return found;
}

function servedFacts({ versions }: PackageHistory, { served }: PolicyContext): readonly VersionFacts[] {
  return versions.filter(({ version }) => served.has(version));
}

function precedencePlaces(history: PackageHistory, context: PolicyContext): VersionPlaces {
  const sorted = [...history.derive(context, chronologyOf)].sort((a, b) => a.parsed.compare(b.parsed));
  return new Map(sorted.map(({ facts }, place) => [facts.version, place]));
}
