import { chronologyOf, publishedBefore, type VersionPlaces } from "./chronology.ts";
import { cut } from "./opinion.ts";
import { sameTarball } from "./same-tarball.ts";
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

/** Dependencies that clients fetch from elsewhere than a registry: Git, a URL, or `user/repository`. */
const UNREGISTERED =
  /^(?:git[+:@]|(?:git|ssh|https?|github|gitlab|bitbucket|gist):|[\w.-]+\/[\w.-]+(?:#|$))/iu;
const SPEC_LENGTH = 200;

/**
 * The scripts of a version, those of what it fetches past every registry among them; null if it runs none, as far as
 * is known.
 */
export function installScriptsOf(facts: VersionFacts, context: PolicyContext): InstallScripts | null {
  const content = contentOf(facts, context);
  const sources = unregisteredSources(facts);
  if (content === null) {
    const isSilent = !facts.hasInstallScript && sources.length === 0;
    return isSilent ? null : { source: "manifest", text: sources.join("\n") };
  }
  const lines = Object.entries(content.installScripts).map(([name, script]) => `${name}: ${script}`);
  if (content.runsNodeGyp) lines.push("install: node-gyp rebuild (because of binding.gyp)");
  lines.push(...sources);
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
  return sameTarball(context.contents.get(facts.version), facts);
}

/** Clients run the `prepare` of such packages as well, and no registry sees what is in it. */
function unregisteredSources({ dependencies }: VersionFacts): string[] {
  return Object.entries(dependencies ?? {})
    .filter(([, spec]) => UNREGISTERED.test(spec))
    .map(([name, spec]) => `prepare: of ${name}, from ${cut(spec, SPEC_LENGTH)}`);
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
