import { isJsonObject } from "../packument/abbreviated-fields.ts";
import { OWN_FEED, type Advisory, type AffectedVersions } from "./advisory.ts";
import { affectedPackages, npmEntriesOf } from "./osv-affected.ts";
import { isMalware, originsOf, weaknessesOf } from "./osv-malware.ts";
import { objectsOf, OsvProblem, quote, textOf, textsOf } from "./osv-record.ts";
import { recordSeverity } from "./osv-severity.ts";

type JsonObject = Record<string, unknown>;

/**
 * What a record of a feed came to: an advisory without evidence of exploitation, and what it says about each
 * package of npm (none: it is about others). Or one line that says why it cannot be used.
 */
export type ParsedRecord =
  | { advisory: Advisory; packages: ReadonlyMap<string, AffectedVersions> }
  | { problem: string };

const ID_LENGTH_MAX = 128;
const ALIASES_MAX = 500;
const REFERENCES_MAX = 5_000;
const URL_LENGTH_MAX = 2_048;
/** Longer summaries are cut. */
const SUMMARY_LENGTH_MAX = 300;
/** Characters of a text that are looked at for its first line. */
const SUMMARY_SEARCH_MAX = 4_000;
/** The major version of the OSV schema that we know, and what a record without one means. */
const SCHEMA_MAJOR = "1";
const TIME_MAX = Date.parse("9999-12-31T23:59:59Z");

const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/u;
/** Ids that databases of advisories give out. */
const PUBLIC_ID = /^(?:CVE|MAL|SNYK|GSD|OSV)-/u;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,12})?(?:Z|[+-]\d{2}:\d{2})$/u;

/**
 * Reads one record in OSV's format, of schema version 1. Nothing in it is trusted: what is of the wrong type,
 * beyond a bound or makes no sense is a `problem`. Never throws.
 *
 * @param raw what JSON.parse made of the record
 * @param feed name of the feed that it came by
 */
export function parseOsvRecord(raw: unknown, feed: string): ParsedRecord {
  try {
    if (!isJsonObject(raw)) throw new OsvProblem("it is not a JSON object");
    return readRecord(raw, feed);
  } catch (error) {
    if (error instanceof OsvProblem) return { problem: error.message };
    throw error;
  }
}

function readRecord(record: Readonly<JsonObject>, feed: string): ParsedRecord {
  checkSchema(record["schema_version"]);
  const id = idOf(record["id"], "id");
  const aliases = [...new Set(textsOf(record["aliases"], "aliases", ALIASES_MAX))].filter(
    (alias) => alias !== id,
  );
  for (const alias of aliases) idOf(alias, "an alias");
  const modifiedAt = timeOf(record, "modified");
  if (modifiedAt === null) throw new OsvProblem("modified is missing");
  const entries = npmEntriesOf(record["affected"]);
  const packages = affectedPackages(entries);
  const summary = summaryOf(record) ?? id;
  const cwes = weaknessesOf(record, entries);
  const kind = isMalware({ id, aliases, summary, cwes }) ? "malware" : "vulnerability";
  const { severity, score, vector } = recordSeverity(record, entries);
  const advisory: Advisory = {
    id,
    aliases,
    kind,
    summary,
    url: pageOf(record, { id, feed }),
    severity: kind === "malware" ? "critical" : severity,
    score,
    vector,
    cwes,
    publishedAt: timeOf(record, "published"),
    modifiedAt,
    withdrawnAt: timeOf(record, "withdrawn"),
    feed,
    origins: originsOf(record, { id, kind, feed }),
    epss: null,
    kevSince: null,
  };
  return { advisory, packages };
}

function checkSchema(version: unknown): void {
  if (version === undefined || version === null) return;
  if (typeof version !== "string") throw new OsvProblem("schema_version is not a text");
  if (version.split(".")[0] !== SCHEMA_MAJOR) {
    throw new OsvProblem(`schema_version is ${quote(version)}; only version ${SCHEMA_MAJOR} is known`);
  }
}

function idOf(value: unknown, what: string): string {
  if (typeof value !== "string") throw new OsvProblem(`${what} is not a text`);
  if (value.length > ID_LENGTH_MAX) throw new OsvProblem(`${what} has more than ${ID_LENGTH_MAX} characters`);
  if (!ID.test(value)) throw new OsvProblem(`${what} is ${quote(value)}, which is not an advisory's id`);
  return value;
}

/** Milliseconds, or null if the member is absent. */
function timeOf(record: Readonly<JsonObject>, member: string): number | null {
  const value = record[member];
  if (value === undefined || value === null) return null;
  const time = typeof value === "string" && TIME.test(value) ? Date.parse(value) : Number.NaN;
  if (!(time >= 0 && time <= TIME_MAX)) throw new OsvProblem(`${member} is not a time`);
  return time;
}

/** One line, of the summary or the details; null if neither says anything. */
function summaryOf(record: Readonly<JsonObject>): string | null {
  for (const member of ["summary", "details"]) {
    const text = textOf(record[member]) ?? "";
    const line = text.slice(0, SUMMARY_SEARCH_MAX).trim().split(/\r?\n/u)[0] ?? "";
    const clean = line.replace(/[\s\p{C}]+/gu, " ").trim();
    if (clean.length > SUMMARY_LENGTH_MAX) return `${clean.slice(0, SUMMARY_LENGTH_MAX - 1)}…`;
    if (clean !== "") return clean;
  }
  return null;
}

/**
 * The page to send people to: the advisory itself, else a report about it, else OSV's own page. Empty where there is
 * none: what somebody made up here is known nowhere else.
 */
function pageOf(record: Readonly<JsonObject>, { id, feed }: { id: string; feed: string }): string {
  if (id.startsWith("GHSA-")) return `https://github.com/advisories/${id}`;
  const references = objectsOf(record["references"], "references", REFERENCES_MAX);
  for (const type of ["ADVISORY", "REPORT"]) {
    const found = references.find((reference) => reference["type"] === type && isPage(reference["url"]));
    if (found !== undefined) return String(found["url"]);
  }
  return feed === OWN_FEED && !PUBLIC_ID.test(id) ? "" : `https://osv.dev/vulnerability/${id}`;
}

function isPage(url: unknown): url is string {
  return typeof url === "string" && url.length <= URL_LENGTH_MAX && /^https?:\/\/[!-~]+$/u.test(url);
}
