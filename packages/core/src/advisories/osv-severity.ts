import cvss from "ae-cvss-calculator";
import type { Severity } from "./advisory.ts";
import { objectOf, objectsOf, textOf } from "./osv-record.ts";

type JsonObject = Record<string, unknown>;

/** How bad a record says it is; all null if it does not. */
export interface RecordSeverity {
  severity: Severity | null;
  score: number | null;
  vector: string | null;
}

const SEVERITIES_MAX = 100;
/** Longest vector that is computed; one with every metric of CVSS 4.0 has about 200 characters. */
const VECTOR_LENGTH_MAX = 400;

/** Newest first: what the feeds' own words agree with most. Other types are not comparable. */
const VECTOR_TYPES = ["CVSS_V4", "CVSS_V3", "CVSS_V2"] as const;

const WORDS: ReadonlyMap<string, Severity> = new Map([
  ["none", "none"],
  ["info", "low"],
  ["informational", "low"],
  ["negligible", "low"],
  ["low", "low"],
  ["moderate", "moderate"],
  ["medium", "moderate"],
  ["high", "high"],
  ["important", "high"],
  ["critical", "critical"],
]);

/**
 * Severity of an OSV record: by the base score of its newest CVSS vector, else by the feed's own word, in the
 * record or in one of its affected entries. A vector that is not valid counts as absent; so does one of score
 * 0 where there is a word, for feeds put it where nobody has filled it in.
 *
 * @throws OsvProblem if `severity` has the wrong shape
 */
export function recordSeverity(
  record: Readonly<JsonObject>,
  entries: readonly Readonly<JsonObject>[],
): RecordSeverity {
  const places = [record, ...entries];
  const scored = newestVector(places);
  if (scored !== null && scored.score > 0) return scored;
  for (const place of places) {
    const severity = severityOfWord(textOf(objectOf(place["database_specific"])["severity"]));
    if (severity !== null) return { severity, score: null, vector: null };
  }
  return scored ?? { severity: null, score: null, vector: null };
}

function newestVector(
  places: readonly Readonly<JsonObject>[],
): { severity: Severity; score: number; vector: string } | null {
  const stated = places.flatMap((place) => objectsOf(place["severity"], "severity", SEVERITIES_MAX));
  for (const type of VECTOR_TYPES) {
    for (const { type: statedType, score: vector } of stated) {
      if (statedType !== type || typeof vector !== "string") continue;
      const score = baseScore(vector);
      if (score !== null) return { severity: severityOfScore(score), score, vector };
    }
  }
  return null;
}

/** The CVSS base score of a vector of any version, or null if it is not a complete one. */
function baseScore(vector: string): number | null {
  if (vector.length > VECTOR_LENGTH_MAX) return null;
  try {
    const parsed = vectorOf(vector);
    if (parsed === null || !parsed.isBaseFullyDefined()) return null;
    const { base } = parsed.calculateScores();
    return typeof base === "number" && base >= 0 && base <= 10 ? base : null;
  } catch {
    return null; // the library throws on metrics that it does not know
  }
}

/** The word for a CVSS score, as CVSS 3 and 4 have it, with npm's `moderate` for medium. */
function severityOfScore(score: number): Severity {
  if (score <= 0) return "none";
  if (score < 4) return "low";
  if (score < 7) return "moderate";
  return score < 9 ? "high" : "critical";
}

function severityOfWord(word: string | null): Severity | null {
  return word === null ? null : (WORDS.get(word.trim().toLowerCase()) ?? null);
}

function vectorOf(vector: string): cvss.Cvss2 | cvss.Cvss3P0 | cvss.Cvss3P1 | cvss.Cvss4P0 | null {
  if (vector.startsWith("CVSS:4.0/")) return new cvss.Cvss4P0(vector);
  if (vector.startsWith("CVSS:3.1/")) return new cvss.Cvss3P1(vector);
  if (vector.startsWith("CVSS:3.0/")) return new cvss.Cvss3P0(vector);
  return vector.startsWith("CVSS:") ? null : new cvss.Cvss2(vector);
}
