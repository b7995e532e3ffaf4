import { invalid } from "./upstream-errors.ts";
import type { Upstream } from "./upstream.ts";

const ADVISORIES_MAX = 1000;
const TEXT_CHARS_MAX = 4000;
const LIST_MAX = 100;
const SEVERITIES = ["info", "low", "moderate", "high", "critical"] as const;
/** What npm takes where nothing is said. */
const SEVERITY_DEFAULT = "high";
const RANGE_DEFAULT = "*";

/** What another registry says of one issue, as far as clients read it. */
export interface ForwardedAdvisory {
  id: number | string;
  url: string;
  title: string;
  severity: (typeof SEVERITIES)[number];
  /** An npm range. */
  vulnerable_versions: string;
  cwe: string[];
  cvss: { score: number; vectorString: string | null };
  patched_versions?: string;
  cves?: string[];
}

/**
 * Reads a bulk answer. What it says of packages that were not asked about is left out: yarn 4 breaks on it, and a
 * package of our own must not get advisories in this way. Throws `upstream-invalid`.
 */
export function readForwardedAdvisories(
  upstream: Upstream,
  body: Uint8Array,
  asked: ReadonlyMap<string, unknown>,
): Map<string, readonly ForwardedAdvisory[]> {
  const answer = jsonOf(upstream, body);
  if (!isObject(answer)) throw invalid(upstream, "answers audits with something that is no JSON object");
  const found = new Map<string, readonly ForwardedAdvisory[]>();
  for (const [name, advisories] of Object.entries(answer)) {
    if (!asked.has(name)) continue;
    if (!Array.isArray(advisories) || advisories.length > ADVISORIES_MAX) {
      throw invalid(upstream, `answers audits with something that is no list of advisories of ${name}`);
    }
    const read = advisories.map((advisory: unknown) => readAdvisory(upstream, name, advisory));
    if (read.length > 0) found.set(name, read);
  }
  return found;
}

function jsonOf(upstream: Upstream, body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8"));
  } catch (cause) {
    throw invalid(upstream, "answers audits with something that is no JSON", cause);
  }
}

function readAdvisory(upstream: Upstream, name: string, given: unknown): ForwardedAdvisory {
  const id = isObject(given) ? given["id"] : null;
  if (!isObject(given) || (typeof id !== "number" && typeof id !== "string")) {
    throw invalid(upstream, `answers audits with an advisory of ${name} that has no id`);
  }
  const severity = SEVERITIES.find((known) => known === given["severity"]);
  const patched = textOf(given["patched_versions"]);
  return {
    id: typeof id === "number" ? id : plain(id),
    url: textOf(given["url"]) ?? "",
    title: textOf(given["title"]) ?? `Advisory ${plain(String(id))}`,
    severity: severity ?? SEVERITY_DEFAULT,
    vulnerable_versions: textOf(given["vulnerable_versions"]) ?? RANGE_DEFAULT,
    cwe: textsOf(given["cwe"]),
    cvss: cvssOf(given["cvss"]),
    ...(patched === null ? {} : { patched_versions: patched }),
    ...(Array.isArray(given["cves"]) ? { cves: textsOf(given["cves"]) } : {}),
  };
}

function cvssOf(given: unknown): ForwardedAdvisory["cvss"] {
  if (!isObject(given)) return { score: 0, vectorString: null };
  const { score, vectorString } = given;
  return {
    score: typeof score === "number" && score >= 0 && score <= 10 ? score : 0,
    vectorString: textOf(vectorString),
  };
}

/** Some registries write one weakness as text. */
function textsOf(given: unknown): string[] {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  return list
    .slice(0, LIST_MAX)
    .map(textOf)
    .filter((text) => text !== null);
}

function textOf(given: unknown): string | null {
  return typeof given === "string" && given !== "" ? plain(given) : null;
}

/** One line without control characters, since clients print it to terminals as it is. */
function plain(text: string): string {
  return text.slice(0, TEXT_CHARS_MAX).replace(/\p{Cc}+/gu, " ");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
