import type { WantedPackage } from "../lockfiles/lockfile.ts";
import type { Verdict } from "../policy/verdict.ts";
import {
  DEPENDENCIES_MAX,
  DEPENDENCY_DEPTH_MAX,
  KnownPackages,
  walkDependencies,
  type Assumed,
  type DeadEnd,
  type Dependency,
  type GraphWalk,
  type Unmet,
} from "./dependency-graph.ts";
import { compareLifts, type Lift } from "./lift.ts";
import { forEachLimited, OUT_OF_TIME, type NotChecked, type PreflightOptions } from "./package-standing.ts";
import { smallestCover } from "./smallest-cover.ts";

/** Versions of one range that are weighed for an exception, and told of, the best first. */
const CANDIDATES_MAX = 30;
/** Exceptions of which each is tried whether it could be spared; of more only the first. */
const TRIALS_MAX = 200;
/** Rounds of exceptions that lead to further dead ends. */
const ROUNDS_MAX = 50;

/** A range of which policy leaves no version, with the way that led there. */
export interface BlockedRange extends Dependency {
  /** The versions that fit, and why each is refused; of very many only the first. */
  candidates: { version: string; verdict: Verdict }[];
  candidateCount: number;
}

/** A version that has to pass so that ranges have one. */
export interface NeededVersion {
  name: string;
  version: string;
  verdict: Verdict;
  lift: Lift;
}

/** What comes of installing what a manifest asks for. */
export interface ManifestCheck {
  /** Distinct versions that would be installed. */
  chosenCount: number;
  /** Ranges without a version, those behind an exception too. */
  blocked: BlockedRange[];
  /** Ranges among them that no exception may unblock. */
  stuck: Dependency[];
  /** What has to pass: none of it can be spared. */
  needed: NeededVersion[];
  missing: Unmet[];
  notChecked: NotChecked[];
}

interface Search {
  wanted: readonly WantedPackage[];
  options: PreflightOptions;
  known: KnownPackages;
  lifts: Map<string, Lift | null>;
  /** Every range that was found without a version, by package and range. */
  deadEnds: Map<string, Map<string, DeadEnd>>;
  /** Those that there are as things stand. */
  firstKeys: ReadonlySet<string>;
  isIncomplete: boolean;
}

/**
 * Resolves what a manifest asks for, with all that is below it, by the versions that are left under policy, and
 * finds the versions that have to be let pass so that every range has one: as few as it finds, and none of them
 * can be spared. Of several that would do it takes the one that is refused for the mildest reason, or the
 * shortest time.
 */
export async function resolveManifest(
  wanted: readonly WantedPackage[],
  options: PreflightOptions,
): Promise<ManifestCheck> {
  const known = new KnownPackages();
  const search: Search = {
    wanted,
    options,
    known,
    lifts: new Map(),
    deadEnds: new Map(),
    firstKeys: new Set(),
    isIncomplete: false,
  };
  let assumed: Map<string, Set<string>> = new Map();
  let walk = await settle(search, assumed);
  search.firstKeys = new Set(walk.deadEnds.map(keyOf));
  for (let round = 0; round < ROUNDS_MAX && !search.isIncomplete; round += 1) {
    const isNew = note(search, walk.deadEnds);
    if (!isNew) break;
    assumed = await choose(search);
    walk = await settle(search, assumed);
  }
  if (!search.isIncomplete) {
    assumed = await withoutNeedless(search, assumed, walk);
    walk = await settle(search, assumed);
  }
  return reportOf(search, assumed, walk);
}

/** Walks, looks up what the walk lacked, and walks again until nothing is lacking. */
async function settle(search: Search, assumed: Assumed): Promise<GraphWalk> {
  const { wanted, known, options } = search;
  for (;;) {
    await options.pause();
    const walk = await walkDependencies(wanted, { known, assumed, pause: options.pause });
    const { packages, facts } = walk.needs;
    if (packages.size === 0 && facts.size === 0) return walk;
    if (options.isOver()) {
      search.isIncomplete = true;
      return walk;
    }
    let done = walk.chosen.size;
    const total = done + packages.size + facts.size;
    const loads = [
      ...[...packages].map((name) => async () => known.add(name, await options.lookup(name))),
      ...[...facts].map(
        ([name, versions]) =>
          () =>
            loadFacts(known, name, versions),
      ),
    ];
    await forEachLimited(loads, options.concurrency, async (load) => {
      if (!options.isOver()) await load();
      done += 1;
      options.onProgress({ done, total });
    });
  }
}

async function loadFacts(known: KnownPackages, name: string, versions: ReadonlySet<string>): Promise<void> {
  const found = known.get(name);
  if (found === undefined || !("standing" in found)) return;
  for (const version of versions) found.facts.set(version, await found.standing.facts(version));
}

// True if there are any that were not known. An installation goes on without what is optional.
function note(search: Search, deadEnds: readonly DeadEnd[]): boolean {
  let isNew = false;
  for (const deadEnd of deadEnds) {
    const ranges = search.deadEnds.get(deadEnd.name) ?? new Map<string, DeadEnd>();
    search.deadEnds.set(deadEnd.name, ranges);
    const before = ranges.get(deadEnd.range);
    if (before !== undefined && (before.isOptional === deadEnd.isOptional || deadEnd.isOptional)) continue;
    ranges.set(deadEnd.range, deadEnd);
    isNew ||= !deadEnd.isOptional;
  }
  return isNew;
}

/** For each package the fewest versions that give all its ranges one. */
async function choose(search: Search): Promise<Map<string, Set<string>>> {
  const assumed = new Map<string, Set<string>>();
  for (const [name, ranges] of search.deadEnds) {
    const needed = [...ranges.values()].filter(({ isOptional }) => !isOptional);
    const offers = await offersOf(search, name, needed);
    const meets = needed.map(({ candidates }) =>
      offers.flatMap((version, at) => (candidates.includes(version) ? [at] : [])),
    );
    const taken = smallestCover(offers.length, meets).map((at) => offers[at] as string);
    if (taken.length > 0) assumed.set(name, new Set(taken));
  }
  return assumed;
}

// The versions that an exception may let pass, the mildest first; of equal ones what npm would take first.
async function offersOf(search: Search, name: string, deadEnds: readonly DeadEnd[]): Promise<string[]> {
  const versions = new Set(deadEnds.flatMap(({ candidates }) => candidates.slice(0, CANDIDATES_MAX)));
  const offers: { version: string; lift: Lift }[] = [];
  for (const version of versions) {
    const lift = await liftOf(search, name, version);
    if (lift !== null) offers.push({ version, lift });
  }
  return offers.toSorted((one, other) => compareLifts(one.lift, other.lift)).map(({ version }) => version);
}

async function liftOf({ known, lifts }: Search, name: string, version: string): Promise<Lift | null> {
  const key = `${name}@${version}`;
  const found = lifts.get(key);
  if (found !== undefined) return found;
  const entry = known.get(name);
  const lift = entry !== undefined && "standing" in entry ? await entry.standing.lift(version) : null;
  lifts.set(key, lift);
  return lift;
}

/** Leaves out what can be spared: where no range loses its last version by it. */
async function withoutNeedless(
  search: Search,
  assumed: Map<string, Set<string>>,
  walk: GraphWalk,
): Promise<Map<string, Set<string>>> {
  const open = keysOf(walk.deadEnds);
  let [kept, current] = [assumed, walk];
  let trials = 0;
  // What was needed only because of another one can be spared with that.
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    const pairs = [...kept].flatMap(([name, versions]) =>
      [...versions].map((version) => ({ name, version })),
    );
    for (const { name, version } of pairs) {
      if (current.indispensable.has(`${name}@${version}`)) continue;
      trials += 1;
      if (trials > TRIALS_MAX || search.options.isOver()) return kept;
      const others = new Map(kept);
      others.set(name, new Set([...(kept.get(name) ?? [])].filter((item) => item !== version)));
      const trial = await settle(search, others);
      if (search.isIncomplete) return kept;
      if (![...keysOf(trial.deadEnds)].every((key) => open.has(key))) continue;
      [kept, current] = [others, trial];
      isChanged = true;
    }
  }
  return kept;
}

function keysOf(deadEnds: readonly DeadEnd[]): Set<string> {
  return new Set(
    deadEnds.filter(({ isOptional }) => !isOptional).map(({ name, range }) => `${name}@${range}`),
  );
}

function reportOf(search: Search, assumed: Assumed, walk: GraphWalk): ManifestCheck {
  const { known } = search;
  note(search, walk.deadEnds);
  const left = new Set(walk.deadEnds.map(keyOf));
  // What was a dead end only on the way to this set is none of anybody's business.
  const isToldOf = (deadEnd: DeadEnd): boolean =>
    search.firstKeys.has(keyOf(deadEnd)) || left.has(keyOf(deadEnd)) || assumed.has(deadEnd.name);
  const deadEnds = [...search.deadEnds.values()].flatMap((ranges) => [...ranges.values()]).filter(isToldOf);
  const needed = [...assumed].flatMap(([name, versions]) =>
    [...versions].flatMap((version) => {
      const verdict = verdictOn(known, name, version);
      const lift = search.lifts.get(`${name}@${version}`) ?? null;
      return verdict === null || lift === null ? [] : [{ name, version, verdict, lift }];
    }),
  );
  return {
    chosenCount: walk.chosen.size,
    blocked: deadEnds.map((deadEnd) => blockedRange(known, deadEnd)),
    stuck: walk.deadEnds.map(({ name, range, path, isOptional }) => ({ name, range, path, isOptional })),
    needed,
    missing: walk.unmet.filter((unmet) => unmet.isMissing),
    notChecked: notCheckedIn(walk),
  };
}

function keyOf({ name, range }: Pick<Dependency, "name" | "range">): string {
  return `${name}@${range}`;
}

function blockedRange(known: KnownPackages, { candidates, ...dependency }: DeadEnd): BlockedRange {
  const told = candidates.slice(0, CANDIDATES_MAX).flatMap((version) => {
    const verdict = verdictOn(known, dependency.name, version);
    return verdict === null ? [] : [{ version, verdict }];
  });
  return { ...dependency, candidates: told, candidateCount: candidates.length };
}

function verdictOn(known: KnownPackages, name: string, version: string): Verdict | null {
  const found = known.get(name);
  return found !== undefined && "standing" in found ? (found.standing.hidden.get(version) ?? null) : null;
}

function notCheckedIn(walk: GraphWalk): NotChecked[] {
  const asked = walk.unmet
    .filter(({ isMissing }) => !isMissing)
    .map(({ name, range, why }) => ({ what: `${name}@${range}`, why }));
  const late = [...walk.needs.packages, ...walk.needs.facts.keys()].map((what) => ({
    what,
    why: OUT_OF_TIME,
  }));
  const elsewhere = [...walk.leftOut].map((what) => ({ what, why: "it comes from no registry" }));
  const cut = walk.isCut
    ? [
        {
          what: "the rest",
          why: `there are more than ${DEPENDENCIES_MAX} dependencies, or they go deeper than ${DEPENDENCY_DEPTH_MAX}`,
        },
      ]
    : [];
  return [...asked, ...late, ...elsewhere, ...cut];
}
