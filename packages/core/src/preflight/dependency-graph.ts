import { readDependencySpec } from "../lockfiles/dependency-spec.ts";
import type { WantedPackage } from "../lockfiles/lockfile.ts";
import { candidateList, candidatesFor, readWantedVersion, type Candidates } from "../pick-version.ts";
import { repointTags } from "../policy/repoint-tags.ts";
import type { VersionFacts } from "../policy/verdict.ts";
import { isStanding, type PackageStanding, type UnknownPackage } from "./package-standing.ts";

/** Most dependencies, by name and range, that are followed. */
export const DEPENDENCIES_MAX = 20_000;
/** How far down they are followed. */
export const DEPENDENCY_DEPTH_MAX = 200;
/** How many are followed before others get their turn: a few milliseconds. */
const STEPS_AT_ONCE = 200;

/** Versions of each package that are taken for allowed, as if exceptions let them pass. */
export type Assumed = ReadonlyMap<string, ReadonlySet<string>>;

/** A range on the way from the manifest, and what asks for it. */
export interface Dependency {
  name: string;
  range: string;
  /** Versions from the manifest's own dependency down to the one that asks; empty for the manifest itself. */
  path: string[];
  /** True if an installation goes on without it. */
  isOptional: boolean;
}

/** A dependency with versions that fit, of which policy leaves none. */
export interface DeadEnd extends Dependency {
  /** Versions that fit, the best first. */
  candidates: string[];
}

/** A dependency for which there never was a version. */
export interface Unmet extends Dependency {
  why: string;
  isMissing: boolean;
}

/** What became of a manifest's dependencies, as far as it is known. */
export interface GraphWalk {
  /** `name@version` of all that was chosen. */
  chosen: Set<string>;
  deadEnds: DeadEnd[];
  unmet: Unmet[];
  /** Dependencies that no registry has, by `name@range`. */
  leftOut: string[];
  /** True if there were more dependencies, or deeper ones, than are followed. */
  isCut: boolean;
  /** What has to be looked up before the walk can go further. */
  needs: { packages: Set<string>; facts: Map<string, Set<string>> };
}

/** A package as far as it was looked up. */
export interface KnownPackage {
  standing: PackageStanding;
  facts: Map<string, VersionFacts | null>;
  views: Map<string, PackageView>;
}

interface PackageView {
  versions: readonly string[];
  tags: ReadonlyMap<string, string>;
  byRange: Map<string, Candidates>;
}

/** What was looked up so far. Walks read it and say what is missing. */
export class KnownPackages {
  readonly #packages: Map<string, KnownPackage | UnknownPackage> = new Map();

  get(name: string): KnownPackage | UnknownPackage | undefined {
    return this.#packages.get(name);
  }

  add(name: string, found: PackageStanding | UnknownPackage): void {
    const known = isStanding(found) ? { standing: found, facts: new Map(), views: new Map() } : found;
    this.#packages.set(name, known);
  }
}

/** What a walk goes by. */
export interface Ground {
  known: KnownPackages;
  assumed: Assumed;
  /** Called now and then on the way. */
  pause: () => Promise<void>;
}

/**
 * Follows a manifest's dependencies, breadth first, by the versions that npm chooses under policy. What is not known
 * yet is in `needs`, and the walk goes on elsewhere.
 */
export async function walkDependencies(wanted: readonly WantedPackage[], ground: Ground): Promise<GraphWalk> {
  const walk: GraphWalk = {
    chosen: new Set(),
    deadEnds: [],
    unmet: [],
    leftOut: [],
    isCut: false,
    needs: { packages: new Set(), facts: new Map() },
  };
  const seen = new Set<string>();
  // What is optional comes last, so that it counts as such only where nothing else asks for it.
  const isOptional = ({ kind }: WantedPackage): boolean => kind === "optional";
  for (const part of [wanted.filter((item) => !isOptional(item)), wanted.filter(isOptional)]) {
    const queue: Dependency[] = [];
    const add = (dependency: Dependency): void => {
      const key = `${dependency.name}\n${dependency.range}`;
      if (seen.has(key)) return;
      if (seen.size >= DEPENDENCIES_MAX) walk.isCut = true;
      else {
        seen.add(key);
        queue.push(dependency);
      }
    };
    for (const item of part) {
      add({ name: item.name, range: item.range, path: [], isOptional: isOptional(item) });
    }
    for (let at = 0; at < queue.length; at += 1) {
      if (at % STEPS_AT_ONCE === STEPS_AT_ONCE - 1) await ground.pause();
      for (const dependency of follow(walk, queue[at] as Dependency, ground)) add(dependency);
    }
  }
  return walk;
}

// The dependencies of what is chosen for one.
function follow(walk: GraphWalk, step: Dependency, { known, assumed }: Ground): Dependency[] {
  if (step.path.length > DEPENDENCY_DEPTH_MAX) {
    walk.isCut = true;
    return [];
  }
  const found = known.get(step.name);
  if (found === undefined) {
    walk.needs.packages.add(step.name);
    return [];
  }
  if (!("standing" in found)) {
    walk.unmet.push({ ...step, why: found.why, isMissing: found.isMissing });
    return [];
  }
  const choice = choose(found, step.range, assumed.get(step.name) ?? NONE);
  if ("needs" in choice) {
    const needs = walk.needs.facts.get(step.name) ?? new Set<string>();
    for (const version of choice.needs) needs.add(version);
    walk.needs.facts.set(step.name, needs);
    return [];
  }
  if (choice.facts === null) {
    noteDeadEnd(walk, step, found.standing);
    return [];
  }
  const pinned = `${step.name}@${choice.facts.version}`;
  walk.chosen.add(pinned);
  return dependenciesOf(walk, choice.facts, { ...step, path: [...step.path, pinned] });
}

const NONE: ReadonlySet<string> = new Set();

function noteDeadEnd(walk: GraphWalk, dependency: Dependency, standing: PackageStanding): void {
  const candidates = candidateList(candidatesFor(standing, readWantedVersion(dependency.range)));
  if (candidates.length > 0) walk.deadEnds.push({ ...dependency, candidates });
  else walk.unmet.push({ ...dependency, why: "no version fits", isMissing: true });
}

function dependenciesOf(
  walk: GraphWalk,
  { dependencies }: VersionFacts,
  { path, isOptional }: Dependency,
): Dependency[] {
  const found: Dependency[] = [];
  for (const [name, spec] of Object.entries(dependencies ?? {})) {
    const read = readDependencySpec(name, spec);
    if (read.kind === "left-out") walk.leftOut.push(`${name}@${spec}`);
    else found.push({ name: read.name, range: read.range, path, isOptional });
  }
  return found;
}

type Choice = { needs: readonly string[] } | { facts: VersionFacts | null };

/** What npm takes of the versions that are left, or what has to be known to tell. */
function choose(known: KnownPackage, range: string, assumed: ReadonlySet<string>): Choice {
  const view = viewOf(known, assumed);
  if ("needs" in view) return view;
  let candidates = view.byRange.get(range);
  if (candidates === undefined) {
    candidates = candidatesFor({ versions: view.versions, distTags: view.tags }, readWantedVersion(range));
    view.byRange.set(range, candidates);
  }
  for (const version of candidateList(candidates)) {
    const facts = known.facts.get(version);
    if (facts === undefined) return { needs: [version] };
    if (facts !== null && facts.deprecated === null) return { facts };
  }
  const [highest] = candidates.fitting;
  return { facts: highest === undefined ? null : (known.facts.get(highest) ?? null) };
}

/** The versions and tags that are left of a package. */
function viewOf(known: KnownPackage, assumed: ReadonlySet<string>): PackageView | { needs: string[] } {
  const key = [...assumed].toSorted().join(" ");
  const made = known.views.get(key);
  if (made !== undefined) return made;
  const { versions, hidden, distTags } = known.standing;
  const left = versions.filter((version) => !hidden.has(version) || assumed.has(version));
  const latest = distTags.get("latest");
  // Only where `latest` has to go elsewhere does it matter which others are deprecated.
  const isMoved = latest !== undefined && versions.includes(latest) && !left.includes(latest);
  const needs = isMoved ? left.filter((version) => !known.facts.has(version)) : [];
  if (needs.length > 0) return { needs };
  const isDeprecated = (version: string): boolean => (known.facts.get(version)?.deprecated ?? null) !== null;
  const view = { versions: left, tags: repointTags(distTags, left, isDeprecated).tags, byRange: new Map() };
  known.views.set(key, view);
  return view;
}
