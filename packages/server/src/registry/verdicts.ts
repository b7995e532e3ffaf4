import { LRUCache } from "lru-cache";
import {
  bareFacts,
  decide,
  earlier,
  EntrepotError,
  historyOf,
  indexSummary,
  isSelectable,
  judgePackage,
  policyDepth,
  type JudgedPackage,
  type JudgedVersion,
  type PolicyContext,
  type Verdict,
  type VersionFacts,
} from "@entrepot/core";
import type { Database } from "../db/index.ts";
import { contextStamp, type Gate } from "../firewall/index.ts";
import type { ThreadPool } from "../threads/index.ts";
import { deniedUpstream, type DocumentEntry, type Upstream, type Upstreams } from "../upstream/index.ts";
import type { NameOrigins } from "./name-origin.ts";
import { listTags, type PackageRow } from "./package-rows.ts";
import type { Registry } from "./registry.ts";
import { revisionOf } from "./revision.ts";
import { filteredText, upstreamsFor } from "./upstream-filter.ts";

const PACKAGES_MAX = 10_000;
const WEIGHT_MAX = 100_000;

/** Where the facts about a package's versions are. */
export type VerdictSource =
  | { kind: "local"; row: PackageRow }
  | { kind: "upstream"; upstream: Upstream; entry: DocumentEntry };

/** What policy says of every version of a package, with what it was judged by. */
export interface PackageVerdicts {
  origin: VersionFacts["origin"];
  source: VerdictSource;
  /** Who answered for the name; null for one of our own. */
  upstream: Upstream | null;
  /** Milliseconds since 1970 until which the upstream's word counts as fresh; null for one of our own. */
  freshUntil: number | null;
  /** All versions, hidden ones too, in the order in which they are kept. */
  versions: readonly string[];
  /** As published, before policy moved any. */
  distTags: ReadonlyMap<string, string>;
  /** Verdicts of versions that packuments leave out. */
  hidden: ReadonlyMap<string, Verdict>;
  context: PolicyContext;
  /** When a verdict may change although nothing but time did, in milliseconds; null: never. */
  recheckAt: number | null;
  /** What is known of one version; null if there is no such version. */
  facts(version: string): Promise<VersionFacts | null>;
  /** What is known of all of them, for rules that compare. */
  allFacts(): Promise<VersionFacts[]>;
}

/** One version's verdict, and until when it holds. */
export interface VersionVerdict {
  verdict: Verdict;
  /** True where no version of the package is left. */
  isWholePackage: boolean;
  recheckAt: number | null;
}

/** Verdicts on packages. One computation per package and policy, for whoever asks. */
export interface Verdicts {
  /**
   * Judges all versions of a package. Throws `package-not-found` and upstream errors.
   *
   * @param options.cachedOnly asks no upstream
   * @param options.withShadow looks up the evidence of rules that are not in force, for `opinionsOf`
   */
  of(
    registry: Registry,
    name: string,
    options?: { cachedOnly?: boolean; withShadow?: boolean },
  ): Promise<PackageVerdicts>;
  /**
   * What packuments leave out of a package, judged by what is known here; no upstream is asked. Of `versions` those of
   * which nothing is known any more are judged by their spelling.
   */
  hiddenVersions(
    registry: Registry,
    name: string,
    versions?: readonly string[],
  ): Promise<ReadonlyMap<string, Verdict>>;
  /**
   * The refusal of the upstream that has a package, itself an Entrepot, of a version that its document leaves out; null
   * where it says nothing. By what is known here.
   */
  upstreamRefusal(registry: Registry, name: string, version: string): Promise<EntrepotError | null>;
  /** The verdict on one version, by a context of the gate, as the package's packument has it. */
  verdictOn(facts: VersionFacts, context: PolicyContext, where: VerdictPlace): Promise<VersionVerdict>;
}

/** The package that a judged version is of. */
export interface VerdictPlace {
  registry: { readonly id: string };
  name: string;
  source: VerdictSource;
}

export interface VerdictDeps {
  db: Database;
  gate: Gate;
  origins: NameOrigins;
  upstreams: Pick<Upstreams, "current" | "document" | "facts" | "index">;
  documentBytesMax: number;
  threads: Pick<ThreadPool, "run">;
}

interface Judged extends Validity {
  hidden: ReadonlyMap<string, Verdict>;
  /** Versions that were judged and are not hidden, each between line feeds: as many as there are, they must be small. */
  passed: string;
  source: string;
}

/** The time in which a verdict holds as far as time goes, in milliseconds; null: it has no end. */
interface Validity {
  judgedAt: number;
  recheckAt: number | null;
}

/** The verdict on what is not hidden. */
const PASSES: Verdict = {
  outcome: "allow",
  rule: "default",
  reason: "No rule in force has anything against it.",
  evidence: {},
  until: null,
  recheckAt: null,
  alternatives: [],
  reference: null,
};

const NONE_PASSED = "\n\n";
const NOTHING_JUDGED: JudgedPackage = { hidden: new Map(), passed: [], recheckAt: null };

/** Makes the judge, with a bounded memory of what was judged. */
export function createVerdicts(deps: VerdictDeps): Verdicts {
  const known = new LRUCache<string, Judged>({
    max: PACKAGES_MAX,
    maxSize: WEIGHT_MAX,
    sizeCalculation: ({ hidden }) => 1 + hidden.size,
  });
  const flights = new Map<string, Promise<Judged>>();

  async function judge(context: PolicyContext, place: VerdictPlace): Promise<Judged> {
    const key = `${place.registry.id}\n${place.name}`;
    const source = `${sourceText(place.source)} ${contextStamp(context)}`;
    if (policyDepth(context) === "none") return judgedAs(NOTHING_JUDGED, context, source);
    const found = known.get(key);
    if (found?.source === source && !isOver(found, context.now)) return found;
    const flightKey = `${key}\n${source}`;
    const running = flights.get(flightKey);
    if (running !== undefined) return await running;
    const flight = judgeAll(deps, context, place.source)
      .then((found) => judgedAs(found, context, source))
      .finally(() => flights.delete(flightKey));
    flights.set(flightKey, flight);
    const judged = await flight;
    known.set(key, judged);
    return judged;
  }

  return {
    of: (registry, name, options = {}) => verdictsOf({ deps, judge }, { registry, name, ...options }),
    async hiddenVersions(registry, name, versions = []) {
      const source = await findSource(deps, { registry, name, cachedOnly: true });
      const question = { registry, name, purpose: "metadata" } as const;
      if (source === null) {
        const context = await deps.gate.context({ ...question, origin: "upstream" });
        return judgePackage(versions.map(unknownVersion), context).hidden;
      }
      const place = placeOf(source);
      const context = await deps.gate.context({ ...question, ...place });
      const { hidden } = await judge(context, { registry, name, source });
      if (versions.length === 0) return hidden;
      // What was kept may be gone from the upstream, and the name may be our own by now.
      const its = await deps.gate.context({ ...question, origin: "upstream", upstream: place.upstream });
      if (policyDepth(its) === "none") return hidden;
      const present = new Set(await versionsIn(deps, source));
      const gone = versions.filter((version) => !present.has(version));
      return new Map([...judgePackage(gone.map(unknownVersion), its).hidden, ...hidden]);
    },
    upstreamRefusal: (registry, name, version) => upstreamRefusal(deps, { registry, name, version }),
    verdictOn: (facts, context, place) => verdictOn({ deps, judge }, facts, { context, place }),
  };
}

async function verdictOn(
  { deps, judge }: Judge,
  facts: VersionFacts,
  { context, place }: { context: PolicyContext; place: VerdictPlace },
): Promise<VersionVerdict> {
  const depth = policyDepth(context);
  const alone = depth === "none" || depth === "version" ? decide(facts, context) : null;
  if (alone !== null && isSelectable(alone)) {
    const until = earlier(alone.recheckAt, context.knownUntil);
    return { verdict: alone, isWholePackage: false, recheckAt: until };
  }
  const { hidden, passed, recheckAt } = await judge(context, place);
  const verdict = hidden.get(facts.version);
  const isWholePackage = verdict !== undefined && passed === NONE_PASSED;
  if (verdict !== undefined) return { verdict, isWholePackage, recheckAt };
  if (passed.includes(`\n${facts.version}\n`)) return { verdict: PASSES, isWholePackage, recheckAt };
  // What was judged is not what the facts are from: the document was replaced meanwhile, or the version is new.
  const beside = await judgeBeside(deps, facts, { context, source: place.source });
  return { verdict: beside, isWholePackage, recheckAt: earlier(beside.recheckAt, recheckAt) };
}

async function upstreamRefusal(
  deps: VerdictDeps,
  { registry, name, version }: { registry: Registry; name: string; version: string },
): Promise<EntrepotError | null> {
  const source = await findSource(deps, { registry, name, cachedOnly: true });
  if (source?.kind !== "upstream") return null;
  const { documentBytesMax: sizeBytesMax } = deps;
  const document = await deps.upstreams.document(source.entry);
  const text = await deps.threads.run("readRefusal", { document, sizeBytesMax, version });
  return text === null ? null : deniedUpstream(source.upstream, `${name}@${text}`);
}

/** Where the versions come from, for the gate. */
export function placeOf(source: VerdictSource): {
  origin: VersionFacts["origin"];
  upstream: Upstream | null;
} {
  return { origin: source.kind, upstream: source.kind === "upstream" ? source.upstream : null };
}

function unknownVersion(version: string): JudgedVersion {
  return {
    version,
    upstreamVersion: null,
    origin: "upstream",
    facts: () => bareFacts({ version, upstreamVersion: null, origin: "upstream" }),
  };
}

/** Tells whether the time has come to judge again, be it because the clock was wrong and was put back. */
export function isOver({ judgedAt, recheckAt }: Validity, now: number): boolean {
  return now < judgedAt || (recheckAt !== null && now >= recheckAt);
}

function sourceText(source: VerdictSource): string {
  return source.kind === "local" ? revisionOf(source.row) : source.entry.digest;
}

async function judgeAll(
  deps: VerdictDeps,
  policy: PolicyContext,
  source: VerdictSource,
): Promise<JudgedPackage> {
  if (source.kind === "upstream") {
    // The thread gets a copy: the index itself stays in the cache.
    return await deps.threads.run("judgePackage", {
      index: await deps.upstreams.index(source.entry),
      policy,
    });
  }
  return await deps.threads.run("judgePackage", { facts: await localFacts(deps.db, source.row), policy });
}

function judgedAs(
  { hidden, passed, recheckAt }: JudgedPackage,
  { now: judgedAt, knownUntil }: PolicyContext,
  source: string,
): Judged {
  return {
    hidden,
    passed: `\n${passed.join("\n")}\n`,
    recheckAt: earlier(recheckAt, knownUntil),
    judgedAt,
    source,
  };
}

/** The verdict on a version that is not among those of its package, as if it were. */
async function judgeBeside(
  deps: VerdictDeps,
  facts: VersionFacts,
  { context, source }: { context: PolicyContext; source: VerdictSource },
): Promise<Verdict> {
  const others =
    source.kind === "upstream"
      ? await deps.threads.run("readFacts", { index: await deps.upstreams.index(source.entry) })
      : await localFacts(deps.db, source.row);
  const rest = others.filter(({ version }) => version !== facts.version);
  return decide(facts, context, historyOf([...rest, facts]));
}

async function versionsIn({ db, upstreams }: VerdictDeps, source: VerdictSource): Promise<readonly string[]> {
  if (source.kind === "upstream") return indexSummary(await upstreams.index(source.entry)).versions;
  return (await localFacts(db, source.row)).map(({ version }) => version);
}

async function localFacts(db: Database, row: PackageRow): Promise<VersionFacts[]> {
  const rows = await db.read
    .selectFrom("versions")
    .select("facts")
    .where("package_id", "=", row.id)
    .where("removed_at", "is", null)
    .execute();
  return rows.map(({ facts }) => JSON.parse(facts) as VersionFacts);
}

interface Asked {
  registry: Registry;
  name: string;
  cachedOnly?: boolean;
  withShadow?: boolean;
}

interface Judge {
  deps: VerdictDeps;
  judge(context: PolicyContext, place: VerdictPlace): Promise<Judged>;
}

async function verdictsOf({ deps, judge }: Judge, asked: Asked): Promise<PackageVerdicts> {
  const { registry, name } = asked;
  const source = await findSource(deps, asked);
  if (source === null) {
    throw new EntrepotError("package-not-found", {
      message: filteredText(registry, name) ?? `The registry "${registry.name}" has no package "${name}".`,
    });
  }
  const context = await deps.gate.context({
    registry,
    name,
    ...placeOf(source),
    purpose: "metadata",
    ...(asked.withShadow === undefined ? {} : { withShadow: asked.withShadow }),
  });
  const { hidden, recheckAt } = await judge(context, { registry, name, source });
  const about = source.kind === "local" ? await aboutLocal(deps, source) : await aboutUpstream(deps, source);
  return { ...about, origin: source.kind, source, hidden, context, recheckAt };
}

type AboutPackage = Omit<PackageVerdicts, "origin" | "source" | "hidden" | "context" | "recheckAt">;

async function aboutLocal(
  { db }: VerdictDeps,
  { row }: Extract<VerdictSource, { kind: "local" }>,
): Promise<AboutPackage> {
  const [facts, distTags] = await Promise.all([localFacts(db, row), listTags(db.read, row.id)]);
  return {
    upstream: null,
    freshUntil: null,
    versions: facts.map(({ version }) => version),
    distTags,
    facts: async (version) => facts.find((item) => item.version === version) ?? null,
    allFacts: async () => facts,
  };
}

async function aboutUpstream(
  { upstreams, threads }: VerdictDeps,
  { upstream, entry }: Extract<VerdictSource, { kind: "upstream" }>,
): Promise<AboutPackage> {
  const { versions, distTags } = indexSummary(await upstreams.index(entry));
  return {
    upstream,
    freshUntil: entry.freshUntil,
    versions,
    distTags,
    facts: (version) => upstreams.facts(entry, version),
    allFacts: async () => await threads.run("readFacts", { index: await upstreams.index(entry) }),
  };
}

// As for packuments: one place answers for a name, and an upstream that fails ends the search.
async function findSource(deps: VerdictDeps, asked: Asked): Promise<VerdictSource | null> {
  const { registry, name } = asked;
  const cachedOnly = asked.cachedOnly === true || registry.frozenAt !== null;
  const origin = await deps.origins.of(registry, name);
  if (origin.kind === "local" && origin.row.removed_at === null) return { kind: "local", row: origin.row };
  if (origin.kind === "upstream") {
    for (const upstream of upstreamsFor(registry, name)) {
      const entry = await deps.upstreams.current(upstream, name, { cachedOnly });
      if (entry === null) break;
      if (entry.kind === "present") return { kind: "upstream", upstream, entry };
      if (entry.refusal !== null) throw deniedUpstream(upstream, entry.refusal);
    }
  }
  return null;
}
