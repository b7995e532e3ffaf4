import { readDependencySpec } from "../lockfiles/dependency-spec.ts";
import type { WantedPackage } from "../lockfiles/lockfile.ts";
import { candidateList, candidatesFor, readWantedVersion } from "../pick-version.ts";
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
  /**
   * `name@version` of assumed ones without which a dependency that is needed would be a dead end for certain: nothing
   * else fits it, and it is reached without them.
   */
  indispensable: Set<string>;
  /** Dependencies that no registry has, as `name@range`. */
  leftOut: Set<string>;
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
  asked: Map<VersionFacts, AskedDependencies>;
}

interface PackageView {
  versions: readonly string[];
  tags: ReadonlyMap<string, string>;
  byRange: Map<string, Fitting>;
}

/** The versions of a package that fit a range. */
interface Fitting {
  /** The best first. */
  list: string[];
  /** What is taken if all are deprecated. */
  highest: string | null;
  isOnly: boolean;
}

/** What a version depends on, read once. */
interface AskedDependencies {
  wanted: { name: string; range: string; key: string }[];
  leftOut: string[];
}

/** What was looked up so far. Walks read it and say what is missing. */
export class KnownPackages {
  readonly #packages: Map<string, KnownPackage | UnknownPackage> = new Map();

  get(name: string): KnownPackage | UnknownPackage | undefined {
    return this.#packages.get(name);
  }

  add(name: string, found: PackageStanding | UnknownPackage): void {
    const known = isStanding(found)
      ? { standing: found, facts: new Map(), views: new Map(), asked: new Map() }
      : found;
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
    indispensable: new Set(),
    leftOut: new Set(),
    isCut: false,
    needs: { packages: new Set(), facts: new Map() },
  };
  const seen = new Set<string>();
  // What is optional comes last, so that it counts as such only where nothing else asks for it.
  for (const isOptional of [false, true]) {
    const part = wanted.filter(({ kind }) => (kind === "optional") === isOptional);
    const first = part.map(({ name, range }) => ({ name, range, key: keyOf(name, range) }));
    await followAll(walk, { first, isOptional, seen }, ground);
  }
  return walk;
}

async function followAll(
  walk: GraphWalk,
  { first, isOptional, seen }: { first: AskedDependencies["wanted"]; isOptional: boolean; seen: Set<string> },
  ground: Ground,
): Promise<void> {
  const queue: Step[] = [];
  const add = (asked: AskedDependencies["wanted"], asker: Asker | null): void => {
    for (const item of asked) {
      if (seen.has(item.key)) continue;
      if (seen.size >= DEPENDENCIES_MAX) {
        walk.isCut = true;
        return;
      }
      seen.add(item.key);
      queue.push({ ...item, asker, isOptional });
    }
  };
  add(first, null);
  for (let at = 0; at < queue.length; at += 1) {
    if (at % STEPS_AT_ONCE === STEPS_AT_ONCE - 1) await ground.pause();
    const next = follow(walk, queue[at] as Step, ground);
    if (next !== null) add(next.wanted, next.asker);
  }
}

/** A version that was chosen, and the one that asked for it. */
interface Asker {
  pinned: string;
  asker: Asker | null;
  depth: number;
}

interface Step {
  name: string;
  range: string;
  /** A dependency is followed once, whoever asks for it. */
  key: string;
  asker: Asker | null;
  isOptional: boolean;
}

/** What is asked for further down, and by whom. */
interface Onward {
  wanted: AskedDependencies["wanted"];
  asker: Asker;
}

function keyOf(name: string, range: string): string {
  return `${name}\n${range}`;
}

function dependencyOf({ name, range, asker, isOptional }: Step): Dependency {
  const path: string[] = [];
  for (let link = asker; link !== null; link = link.asker) path.push(link.pinned);
  return { name, range, path: path.toReversed(), isOptional };
}

const NONE: ReadonlySet<string> = new Set();

// The dependencies of what is chosen for one.
function follow(walk: GraphWalk, step: Step, { known, assumed }: Ground): Onward | null {
  if ((step.asker?.depth ?? 0) >= DEPENDENCY_DEPTH_MAX) {
    walk.isCut = true;
    return null;
  }
  const found = known.get(step.name);
  if (found === undefined) {
    walk.needs.packages.add(step.name);
    return null;
  }
  if (!("standing" in found)) {
    walk.unmet.push({ ...dependencyOf(step), why: found.why, isMissing: found.isMissing });
    return null;
  }
  const choice = choose(found, step.range, assumed.get(step.name) ?? NONE);
  if ("needs" in choice) {
    const needs = walk.needs.facts.get(step.name) ?? new Set<string>();
    for (const version of choice.needs) needs.add(version);
    walk.needs.facts.set(step.name, needs);
    return null;
  }
  return goOn(walk, step, { found, choice });
}

function goOn(
  walk: GraphWalk,
  step: Step,
  { found, choice: { facts, isOnly } }: { found: KnownPackage; choice: Chosen },
): Onward | null {
  if (facts === null) {
    noteDeadEnd(walk, step, found.standing);
    return null;
  }
  const pinned = `${step.name}@${facts.version}`;
  walk.chosen.add(pinned);
  if (isOnly && found.standing.hidden.has(facts.version)) noteSole(walk, step, pinned);
  const asker: Asker = { pinned, asker: step.asker, depth: (step.asker?.depth ?? 0) + 1 };
  const { wanted, leftOut } = askedBy(found, facts);
  for (const what of leftOut) walk.leftOut.add(what);
  return { wanted, asker };
}

function noteDeadEnd(walk: GraphWalk, step: Step, standing: PackageStanding): void {
  const candidates = candidateList(candidatesFor(standing, readWantedVersion(step.range)));
  const dependency = dependencyOf(step);
  if (candidates.length > 0) walk.deadEnds.push({ ...dependency, candidates });
  else walk.unmet.push({ ...dependency, why: "no version fits", isMissing: true });
}

function noteSole(walk: GraphWalk, { asker, isOptional }: Step, pinned: string): void {
  if (isOptional) return;
  for (let link = asker; link !== null; link = link.asker) if (link.pinned === pinned) return;
  walk.indispensable.add(pinned);
}

function askedBy(known: KnownPackage, facts: VersionFacts): AskedDependencies {
  const read = known.asked.get(facts);
  if (read !== undefined) return read;
  const asked: AskedDependencies = { wanted: [], leftOut: [] };
  for (const [name, text] of Object.entries(facts.dependencies ?? {})) {
    const spec = readDependencySpec(name, text);
    if (spec.kind === "left-out") asked.leftOut.push(`${name}@${text}`);
    else asked.wanted.push({ name: spec.name, range: spec.range, key: keyOf(spec.name, spec.range) });
  }
  known.asked.set(facts, asked);
  return asked;
}

interface Chosen {
  facts: VersionFacts | null;
  /** True if nothing else would fit, wherever tags went. */
  isOnly: boolean;
}

/** What npm takes of the versions that are left, or what has to be known to tell. */
function choose(
  known: KnownPackage,
  range: string,
  assumed: ReadonlySet<string>,
): Chosen | { needs: readonly string[] } {
  const view = viewOf(known, assumed);
  if ("needs" in view) return view;
  const { list, highest, isOnly } = fittingIn(view, range);
  for (const version of list) {
    const facts = known.facts.get(version);
    if (facts === undefined) return { needs: [version] };
    if (facts !== null && facts.deprecated === null) return { facts, isOnly };
  }
  return { facts: highest === null ? null : (known.facts.get(highest) ?? null), isOnly };
}

function fittingIn(view: PackageView, range: string): Fitting {
  const read = view.byRange.get(range);
  if (read !== undefined) return read;
  const wanted = readWantedVersion(range);
  const candidates = candidatesFor({ versions: view.versions, distTags: view.tags }, wanted);
  const list = candidateList(candidates);
  // A tag would go elsewhere, and any version is whatever `latest` then is.
  const isOnly = list.length === 1 && wanted.kind !== "tag" && wanted.text !== "*";
  const fitting = { list, highest: candidates.fitting[0] ?? null, isOnly };
  view.byRange.set(range, fitting);
  return fitting;
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
