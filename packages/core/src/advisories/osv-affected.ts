import { comparePrecedence, precedenceOf, type Precedence } from "../precedence.ts";
import { cleanVersion, normalizeVersion } from "../versions.ts";
import type { AffectedInterval, AffectedVersions } from "./advisory.ts";
import { objectOf, objectsOf, OsvProblem, quote, textOf, textsOf } from "./osv-record.ts";

/** Entries of `affected`, of all ecosystems. */
const ENTRIES_MAX = 10_000;
/** Ranges of one entry, and events of one range. */
const RANGES_MAX = 1_000;
const EVENTS_MAX = 1_000;
/** Listed versions and events of one record, of all its entries together. */
const VERSIONS_MAX = 20_000;
/** Longest name of a package; the longest that is proxied. */
const NAME_LENGTH_MAX = 512;
/** Longest spelling of a version; the longest that semver allows. */
const VERSION_LENGTH_MAX = 256;

type JsonObject = Record<string, unknown>;

type EventKind = "introduced" | "fixed" | "last_affected" | "limit";

interface RangeEvent {
  kind: EventKind;
  version: string;
  /** Null: below every version. */
  at: Precedence | null;
}

/** All that the events of a range say about one version. */
interface RangePoint {
  version: string;
  at: Precedence | null;
  kinds: ReadonlySet<EventKind>;
}

/** Collects what is affected of one package from several entries of a record. */
interface Collector {
  readonly versions: Set<string>;
  readonly intervals: AffectedInterval[];
}

const EVENT_KINDS: readonly EventKind[] = ["introduced", "fixed", "last_affected", "limit"];

/**
 * The entries of `affected` that are about packages of npm. Those of other ecosystems and those without a
 * package are passed over.
 *
 * @throws OsvProblem if `affected` is no list of objects or beyond its bound
 */
export function npmEntriesOf(affected: unknown): readonly Readonly<JsonObject>[] {
  return objectsOf(affected, "affected", ENTRIES_MAX).filter(
    (entry) => objectOf(entry["package"])["ecosystem"] === "npm",
  );
}

/**
 * What the entries of a record say about each package; several entries of one package are joined.
 *
 * @throws OsvProblem if they are beyond a bound or say what makes no sense
 */
export function affectedPackages(
  entries: readonly Readonly<JsonObject>[],
): ReadonlyMap<string, AffectedVersions> {
  const packages = new Map<string, Collector>();
  let left = VERSIONS_MAX;
  for (const entry of entries) {
    const name = nameOf(entry["package"]);
    const collector = packages.get(name) ?? { versions: new Set(), intervals: [] };
    packages.set(name, collector);
    const listed = textsOf(entry["versions"], "versions", VERSIONS_MAX);
    for (const version of listed) collector.versions.add(listedVersion(version));
    left -= listed.length;
    for (const range of objectsOf(entry["ranges"], "ranges", RANGES_MAX)) {
      const events = eventsOf(range);
      collector.intervals.push(...intervalsOf(events));
      left -= events.length;
    }
    if (left < 0) throw new OsvProblem(`affected names more than ${VERSIONS_MAX} versions`);
  }
  return new Map(
    Array.from(packages, ([name, { versions, intervals }]) => [name, { versions: [...versions], intervals }]),
  );
}

/** Whatever a feed may call a package; not all that it names can be asked for, and some could be once. */
function nameOf(value: unknown): string {
  const name = textOf(objectOf(value)["name"]);
  if (name === null) throw new OsvProblem("an entry of affected has a package without a name");
  if (name === "" || name.length > NAME_LENGTH_MAX || name === "__proto__" || /[\s\p{C}]/u.test(name)) {
    throw new OsvProblem(`${quote(name)} is not a package name`);
  }
  return name;
}

/** A spelling that is no strict semver stays as it is: it can still be matched exactly. */
function listedVersion(raw: string): string {
  if (raw === "" || raw.length > VERSION_LENGTH_MAX || /\s|\p{C}/u.test(raw)) {
    throw new OsvProblem(`versions has ${quote(raw)}, which is not a version`);
  }
  return normalizeVersion(raw) ?? raw;
}

/** Ranges of commits say nothing about versions; every other kind means semver order in npm. */
function eventsOf(range: Readonly<JsonObject>): readonly RangeEvent[] {
  const type = textOf(range["type"]);
  if (type === "GIT") return [];
  if (type !== "SEMVER" && type !== "ECOSYSTEM") throw new OsvProblem("a range has an unknown type");
  const events = objectsOf(range["events"], "events", EVENTS_MAX).flatMap(eventOf);
  if (!events.some((event) => event.kind === "introduced")) {
    throw new OsvProblem("a range has no introduced event");
  }
  return events;
}

function eventOf(event: Readonly<JsonObject>): RangeEvent[] {
  const kind = EVENT_KINDS.find((name) => Object.hasOwn(event, name));
  if (kind === undefined) throw new OsvProblem("an event is of an unknown kind");
  const raw = event[kind];
  if (typeof raw !== "string") throw new OsvProblem(`an event's ${kind} is not a text`);
  if (kind === "limit" && raw === "*") return [];
  if (kind === "introduced" && raw === "0") return [{ kind, version: raw, at: null }];
  const version = eventVersion(raw);
  if (version === null) throw new OsvProblem(`${kind} is ${quote(raw)}, which is not a version`);
  return [{ kind, version, at: precedenceOf(version) }];
}

/** Events may be written with fewer than three parts: `1.90` is 1.90.0, `2-rc.1` is 2.0.0-rc.1. */
function eventVersion(raw: string): string | null {
  if (raw.length > VERSION_LENGTH_MAX) return null;
  const short = /^v?(\d+)(\.\d+)?(?![\d.])(.*)$/su.exec(raw);
  return cleanVersion(short === null ? raw : `${short[1]}${short[2] ?? ".0"}.0${short[3]}`);
}

/**
 * Stretches of affected versions. Where events of several kinds name one version, a stretch that is open there
 * ends before another begins, and one that begins there may end there: so 1.0.0 alone can be affected, and
 * one stretch may follow another without a gap.
 */
function intervalsOf(events: readonly RangeEvent[]): AffectedInterval[] {
  const intervals: AffectedInterval[] = [];
  let introduced: string | null = null;
  for (const { version, kinds } of pointsOf(events)) {
    const begins = kinds.has("introduced");
    const wasOpen: boolean = introduced !== null;
    if (begins) introduced ??= version;
    if (introduced === null) continue;
    if (kinds.has("last_affected")) {
      intervals.push({ introduced, end: { kind: "lastAffected", version } });
      introduced = null;
    } else if (kinds.has("fixed")) {
      if (wasOpen) intervals.push({ introduced, end: { kind: "fixed", version } });
      introduced = wasOpen && begins ? version : null;
    }
  }
  if (introduced !== null) intervals.push({ introduced, end: null });
  return clip(intervals, events);
}

function pointsOf(events: readonly RangeEvent[]): RangePoint[] {
  const points = new Map<string, RangePoint & { kinds: Set<EventKind> }>();
  for (const { kind, version, at } of events) {
    if (kind === "limit") continue;
    const point = points.get(version) ?? { version, at, kinds: new Set<EventKind>() };
    point.kinds.add(kind);
    points.set(version, point);
  }
  return [...points.values()].sort((a, b) => compareBounds(a.at, b.at));
}

/** Cuts what lies at or above the highest of the limits; without a limit nothing is cut. */
function clip(intervals: AffectedInterval[], events: readonly RangeEvent[]): AffectedInterval[] {
  const limits = events.filter((event) => event.kind === "limit").sort((a, b) => compareBounds(b.at, a.at));
  const limit = limits[0];
  if (limit === undefined || limit.at === null) return intervals;
  const { at, version } = limit;
  return intervals
    .filter(({ introduced }) => introduced === "0" || comparePrecedence(precedenceOf(introduced), at) < 0)
    .map((interval) =>
      interval.end !== null && comparePrecedence(precedenceOf(interval.end.version), at) < 0
        ? interval
        : { introduced: interval.introduced, end: { kind: "fixed", version } },
    );
}

function compareBounds(a: Precedence | null, b: Precedence | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return comparePrecedence(a, b);
}
