import { randomBytes } from "node:crypto";
import {
  OWN_FEED,
  EntrepotError,
  normalizeVersion,
  parseOsvRecord,
  parsePackageName,
  type Severity,
} from "@entrepot/core";
import semver from "semver";

/** An advisory as people write it: what, which versions, how bad. */
export interface ShortAdvisory {
  /** Made up when left out. */
  id?: string | undefined;
  package: string;
  /** Exact ones. Without these and a range every version is meant. */
  versions?: readonly string[] | undefined;
  /** A range as in package.json; pre-releases are counted by their plain order. */
  range?: string | undefined;
  summary: string;
  severity?: Severity | undefined;
  malware?: boolean | undefined;
  aliases?: readonly string[] | undefined;
  /** Page with details. */
  url?: string | undefined;
}

/** A record that was checked. */
export interface OwnRecord {
  id: string;
  /** JSON of an OSV record. */
  json: string;
}

const RECORD_CHARS_MAX = 200_000;
const ID_BYTES = 4;
/** Weakness that is embedded malicious code. */
const MALICIOUS_CODE = "CWE-506";
const LOWEST = "0";

/** Makes a record out of the short form. Throws `request-invalid`. */
export function recordOfShort(short: ShortAdvisory, now: number): OwnRecord {
  const modified = new Date(now).toISOString();
  const name = parsePackageName(short.package).full;
  return checkedRecord({
    schema_version: "1.6.0",
    id: short.id ?? `OWN-${modified.slice(0, 4)}-${randomBytes(ID_BYTES).toString("hex")}`,
    modified,
    published: modified,
    aliases: short.aliases ?? [],
    summary: short.summary,
    affected: [{ package: { ecosystem: "npm", name }, ...affectedBy(short) }],
    references: short.url === undefined ? [] : [{ type: "ADVISORY", url: short.url }],
    database_specific: {
      ...(short.severity === undefined ? {} : { severity: short.severity }),
      ...(short.malware === true ? { cwe_ids: [MALICIOUS_CODE] } : {}),
    },
  });
}

/** Checks a record in OSV's format. Throws `request-invalid` for one that is malformed or about no package of npm. */
export function checkedRecord(raw: Readonly<Record<string, unknown>>): OwnRecord {
  const json = JSON.stringify(raw);
  if (json.length > RECORD_CHARS_MAX) throw invalid(`it has more than ${RECORD_CHARS_MAX} characters`);
  const parsed = parseOsvRecord(raw, OWN_FEED);
  if ("problem" in parsed) throw invalid(parsed.problem);
  if (parsed.packages.size === 0) throw invalid("it is about no package of npm");
  return { id: parsed.advisory.id, json };
}

function affectedBy({ versions, range }: ShortAdvisory): object {
  const listed = (versions ?? []).map((version) => {
    const normal = normalizeVersion(version);
    if (normal === null) throw invalid(`"${version}" is not a version such as 1.2.3`);
    return normal;
  });
  if (listed.length > 0 && range === undefined) return { versions: listed };
  const ranges = [{ type: "SEMVER", events: eventsOf(range ?? "*") }];
  return { ranges, ...(listed.length === 0 ? {} : { versions: listed }) };
}

/** One pair of events for each part of the range; a part that nothing can be in is left out. */
function eventsOf(text: string): object[] {
  const range = parseRange(text);
  const events = range.set.flatMap((comparators) => {
    const { from, before } = boundsOf(comparators);
    const isEmpty = before !== null && from !== LOWEST && semver.gte(from, before);
    if (isEmpty || before === LOWEST_VERSION) return [];
    const start = { introduced: from };
    return before === null ? [start] : [start, { fixed: before }];
  });
  if (events.length === 0) throw invalid(`no version can be in the range "${text}"`);
  return events;
}

function parseRange(text: string): semver.Range {
  try {
    return new semver.Range(text, { includePrerelease: true });
  } catch (cause) {
    throw invalid(`"${text}" is not a range such as <1.2.3 or >=1.0.0 <1.4.2`, cause);
  }
}

interface Bounds {
  /** Inclusive. */
  from: string;
  /** Exclusive; null without one. */
  before: string | null;
}

/** The lowest version that there is. */
const LOWEST_VERSION = "0.0.0-0";

function boundsOf(comparators: readonly semver.Comparator[]): Bounds {
  const bounds: Bounds = { from: LOWEST, before: null };
  for (const { operator, semver: version } of comparators) {
    // The comparator of "any version" has none.
    if (!(version instanceof semver.SemVer)) continue;
    if (operator === ">=" || operator === "" || operator === ("=" as string)) raise(bounds, version.version);
    if (operator === ">") raise(bounds, successorOf(version));
    if (operator === "<") lower(bounds, version.version);
    if (operator === "<=" || operator === "" || operator === ("=" as string)) {
      lower(bounds, successorOf(version));
    }
  }
  return bounds;
}

function raise(bounds: Bounds, to: string): void {
  if (bounds.from !== LOWEST && semver.gte(bounds.from, to)) return;
  bounds.from = to === LOWEST_VERSION ? LOWEST : to;
}

function lower(bounds: Bounds, to: string): void {
  if (bounds.before === null || semver.lt(to, bounds.before)) bounds.before = to;
}

/** The very next version in order, build metadata aside: a release is followed by the first pre-release of the next patch. */
function successorOf({ major, minor, patch, prerelease, version }: semver.SemVer): string {
  return prerelease.length === 0 ? `${major}.${minor}.${patch + 1}-0` : `${version}.0`;
}

function invalid(why: string, cause?: unknown): EntrepotError {
  return new EntrepotError("request-invalid", {
    message: `This advisory cannot be taken: ${why}.`,
    ...(cause === undefined ? {} : { cause }),
  });
}
