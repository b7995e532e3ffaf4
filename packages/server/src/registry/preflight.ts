import { setImmediate } from "node:timers/promises";
import {
  checkLockfile,
  EntrepotError,
  isEntrepotError,
  liftFor,
  historyOf,
  proposeException,
  resolveManifest,
  splitByHost,
  type BlockedRange,
  type LockfileCheck,
  type LockfileHost,
  type ManifestCheck,
  type NotChecked,
  type PackageHistory,
  type PackageLookup,
  type PackageStanding,
  type ParsedLockfile,
  type PreflightOptions,
  type ProposedException,
  type RefusedPin,
  type VersionFacts,
} from "@entrepot/core";
import type { ThreadPool } from "../threads/index.ts";
import type { Registry } from "./registry.ts";
import type { PackageVerdicts, Verdicts } from "./verdicts.ts";

/** Most entries of one file that are looked at. */
const PREFLIGHT_ENTRIES_MAX = 20_000;
const LOOKUPS_AT_ONCE = 8;

export interface PreflightDeps {
  verdicts: Pick<Verdicts, "of">;
  threads: Pick<ThreadPool, "run">;
  now: () => number;
}

/** What is to be looked at before anything is installed. */
export interface PreflightQuestion {
  registry: Registry;
  file: ParsedLockfile;
  /** Hosts, with their ports, whose tarballs count as the registry's, beside those of its upstreams. */
  hosts: readonly string[];
  /** Tells whether whoever asks may see a package. */
  maySee: (name: string) => boolean;
}

/** What would come of an installation from a registry, and what would help. */
export interface PreflightReport {
  registry: string;
  format: string;
  /** What the file pins or asks for. */
  entries: number;
  /** Distinct versions that were judged; of a manifest, those that would be installed. */
  checked: number;
  /** Entries that lie inside other packages' tarballs and are not downloaded on their own. */
  bundled: number;
  /** True if nothing that was looked at stands in the way. */
  isInstallable: boolean;
  /** Pinned versions that would be refused. */
  refused: RefusedPin[];
  /** Pinned versions that are left out of packuments, but given to who pinned them. */
  hidden: LockfileCheck["hidden"];
  /** Pinned versions whose bytes are others now. */
  changed: LockfileCheck["changed"];
  /** Ranges of which no version is left. */
  blocked: BlockedRange[];
  /** Refused versions, as `name@version`, and blocked ranges that no exception may help. */
  stuck: { what: string; path: string[] }[];
  /** What the registry does not have at all. */
  missing: { what: string; why: string; path: string[]; isOptional: boolean }[];
  notChecked: NotChecked[];
  /** The exceptions that would unblock all that can be unblocked: one for a version, none that can be spared. */
  exceptions: (ProposedException & { registry: string })[];
  leftOut: ParsedLockfile["leftOut"];
  hosts: LockfileHost[];
  problems: string[];
}

/** Work that is under way. */
export type PreflightWork = Pick<PreflightOptions, "isOver" | "onProgress">;

/** Reads a lockfile or a manifest. Throws `request-invalid`, saying what is wrong and where. */
export async function readPreflightFile(
  { threads }: Pick<PreflightDeps, "threads">,
  { fileName, content }: { fileName: string | null; content: string },
): Promise<ParsedLockfile> {
  return await threads.run("readLockfile", { fileName, content: new TextEncoder().encode(content) });
}

/**
 * Judges all that a lockfile pins, or resolves all that a manifest asks for, as a client of the registry would meet
 * it, and proposes the exceptions that unblock it. What could not be looked at is named.
 */
export async function runPreflight(
  deps: PreflightDeps,
  question: PreflightQuestion,
  work: PreflightWork,
): Promise<PreflightReport> {
  const options: PreflightOptions = {
    ...work,
    lookup: lookupIn(deps, question),
    concurrency: LOOKUPS_AT_ONCE,
    pause: () => setImmediate(),
  };
  const { file } = question;
  return file.kind === "manifest"
    ? await ofManifest(deps, question, options)
    : await ofLockfile(deps, question, options);
}

async function ofLockfile(
  deps: PreflightDeps,
  question: PreflightQuestion,
  options: PreflightOptions,
): Promise<PreflightReport> {
  const { file } = question;
  const downloaded = file.packages.filter(({ isBundled }) => !isBundled);
  const { here, elsewhere, hosts } = splitByHost(downloaded, knownHosts(question));
  const check = await checkLockfile(here.slice(0, PREFLIGHT_ENTRIES_MAX), options);
  const liftable = check.refused.flatMap((pin) => (pin.lift === null ? [] : [{ ...pin, lift: pin.lift }]));
  const foreign = elsewhere.map(({ item, host }) => ({
    what: `${item.name}@${item.version}`,
    why: `it comes from ${host}`,
  }));
  return {
    ...commonOf(question),
    ...NOTHING_FOUND,
    entries: file.packages.length,
    checked: check.checked,
    bundled: file.packages.length - downloaded.length,
    isInstallable: check.refused.length + check.missing.length + check.changed.length === 0,
    refused: check.refused,
    hidden: check.hidden,
    changed: check.changed,
    stuck: check.refused
      .filter(({ lift }) => lift === null)
      .map(({ name, version }) => ({ what: `${name}@${version}`, path: [] })),
    missing: check.missing.map(({ name, version, why }) => ({
      what: `${name}@${version}`,
      why,
      path: [],
      isOptional: false,
    })),
    notChecked: [...check.notChecked, ...foreign, ...beyondLimit(here.length)],
    exceptions: exceptionsFor(liftable, question, deps.now()),
    hosts,
  };
}

async function ofManifest(
  deps: PreflightDeps,
  question: PreflightQuestion,
  options: PreflightOptions,
): Promise<PreflightReport> {
  const { file } = question;
  const check = await resolveManifest(file.wanted.slice(0, PREFLIGHT_ENTRIES_MAX), options);
  return {
    ...commonOf(question),
    ...NOTHING_FOUND,
    entries: file.wanted.length,
    checked: check.chosenCount,
    isInstallable: isInstallable(check),
    blocked: check.blocked,
    stuck: check.stuck
      .filter(({ isOptional }) => !isOptional)
      .map(({ name, range, path }) => ({ what: `${name}@${range}`, path })),
    missing: check.missing.map(({ name, range, why, path, isOptional }) => ({
      what: `${name}@${range}`,
      why,
      path,
      isOptional,
    })),
    notChecked: [...check.notChecked, ...beyondLimit(file.wanted.length)],
    exceptions: exceptionsFor(check.needed, question, deps.now()),
  };
}

function isInstallable({ blocked, missing }: ManifestCheck): boolean {
  return [...blocked, ...missing].every(({ isOptional }) => isOptional);
}

const NOTHING_FOUND = {
  bundled: 0,
  refused: [],
  hidden: [],
  changed: [],
  blocked: [],
  hosts: [],
} satisfies Partial<PreflightReport>;

function commonOf({
  registry,
  file,
}: PreflightQuestion): Pick<PreflightReport, "registry" | "format" | "leftOut" | "problems"> {
  const { format, leftOut, problems } = file;
  return { registry: registry.name, format, leftOut, problems };
}

function beyondLimit(count: number): NotChecked[] {
  if (count <= PREFLIGHT_ENTRIES_MAX) return [];
  const rest = count - PREFLIGHT_ENTRIES_MAX;
  return [{ what: `${rest} more entries`, why: `at most ${PREFLIGHT_ENTRIES_MAX} are looked at` }];
}

function exceptionsFor(
  needed: readonly Parameters<typeof proposeException>[0][],
  { registry }: PreflightQuestion,
  now: number,
): PreflightReport["exceptions"] {
  return needed.map((item) => ({ registry: registry.name, ...proposeException(item, now) }));
}

function knownHosts({ registry, hosts }: PreflightQuestion): Set<string> {
  const ofUpstreams = registry.upstreams.flatMap(({ url, settings }) => [
    new URL(url).host,
    ...settings.allowedHosts,
  ]);
  return new Set([...hosts, ...ofUpstreams, ...(registry.host === null ? [] : [registry.host])]);
}

function lookupIn({ verdicts }: PreflightDeps, { registry, maySee }: PreflightQuestion): PackageLookup {
  return async (name) => {
    if (!maySee(name)) return { why: "you may not see this package", isMissing: false };
    try {
      return standingOf(await verdicts.of(registry, name));
    } catch (error) {
      if (!(error instanceof EntrepotError)) throw error;
      const isMissing = isEntrepotError(error, "package-not-found") || isEntrepotError(error, "name-invalid");
      return { why: error.message.replace(/\.$/u, ""), isMissing };
    }
  };
}

function standingOf(found: PackageVerdicts): PackageStanding {
  const { versions, distTags, hidden, context, facts } = found;
  let whole: Promise<{ byVersion: Map<string, VersionFacts>; history: PackageHistory }> | null = null;
  return {
    versions,
    distTags,
    hidden,
    facts,
    async lift(version) {
      whole ??= found.allFacts().then((all) => ({
        byVersion: new Map(all.map((item) => [item.version, item])),
        history: historyOf(all),
      }));
      const { byVersion, history } = await whole;
      const item = byVersion.get(version);
      return item === undefined ? null : liftFor(item, context, history);
    },
  };
}
