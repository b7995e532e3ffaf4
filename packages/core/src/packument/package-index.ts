import { EntrepotError } from "../errors.ts";
import type { JudgedVersion } from "../policy/judge-package.ts";
import type { VersionFacts } from "../policy/verdict.ts";
import { normalizeVersion } from "../versions.ts";
import { ByteWriter } from "./byte-writer.ts";
import { hasAsciiAt, textOfBytes } from "./bytes.ts";
import { momentAt, scanDocument, timeOf, type ScannedDocument } from "./document-scan.ts";
import { knownTags } from "./known-tags.ts";
import { factsOfRow, FactsWriter } from "./version-facts.ts";

/** Version of the serialised form; bytes of another one are not read. */
const INDEX_FORMAT = 3;
const LINE_FEED = 0x0a;
const SPACE = 0x20;
const FACTS_BYTES_GUESS = 700;

/** What a package consists of, without its manifests. */
export interface IndexSummary {
  name: string;
  /** Every target is one of `versions`. */
  distTags: Map<string, string>;
  /** In the document's order. */
  versions: string[];
  /** When the package last changed, by the upstream's word. ISO 8601 in UTC. */
  modified: string | null;
}

/**
 * An upstream document's index: the summary, and the facts of every version behind {@link readVersionFacts}.
 */
export interface PackageIndex extends IndexSummary {
  /** The index as bytes: a first line with the summary, then one line per version, found by its spelling. */
  serialize(): Uint8Array;
}

/**
 * Makes the index of an upstream's document of the package `name`, checking all of the document on the way.
 *
 * @throws EntrepotError `upstream-invalid` if it is not a packument of that package
 */
export function indexDocument(bytes: Uint8Array, name: string): PackageIndex {
  return indexScanned(scanDocument(bytes, name));
}

/** Like {@link indexDocument}, of a document that was scanned before. */
export function indexScanned(document: ScannedDocument): PackageIndex {
  const summary: IndexSummary = {
    name: document.name,
    distTags: knownTags(document),
    versions: [...document.versions.keys()],
    modified: modifiedOf(document),
  };
  return { ...summary, serialize: () => serialize(document, summary) };
}

/** When the document says that it changed; else the newest publish time. */
export function modifiedOf(document: ScannedDocument): string | null {
  const said = timeOf(document, "modified");
  if (said !== null) return said;
  const member = document.members.get("modified");
  const top = member === undefined ? null : momentAt(document.scanner, member);
  if (top !== null) return top;
  let newest: string | null = null;
  for (const key of document.times.keys()) {
    const time = normalizeVersion(key) === null ? null : timeOf(document, key);
    if (time !== null && (newest === null || time > newest)) newest = time;
  }
  return newest;
}

/**
 * Reads the summary out of index bytes.
 *
 * @throws EntrepotError `internal` if the bytes are not an index of this format
 */
export function indexSummary(indexBytes: Uint8Array): IndexSummary {
  const [format, name, distTags, versions, modified] = JSON.parse(
    textOfBytes(indexBytes, 0, lineEnd(indexBytes, 0)),
  ) as [number, string, [string, string][], string[], string | null];
  if (format !== INDEX_FORMAT) {
    throw new EntrepotError("internal", {
      message: `The package index has the format ${format}, not ${INDEX_FORMAT}.`,
    });
  }
  return { name, distTags: new Map(distTags), versions, modified };
}

/**
 * Reads the facts of one version out of index bytes, parsing its line only. Null if there is no such version.
 * A version whose upstream spelling has build metadata is found by that and by our own spelling.
 */
export function readVersionFacts(indexBytes: Uint8Array, version: string): VersionFacts | null {
  const normal = normalizeVersion(version);
  if (normal === null) return null;
  const lineStart = `${normal} `;
  for (let end = lineEnd(indexBytes, 0); end < indexBytes.length; end = lineEnd(indexBytes, end + 1)) {
    if (!hasAsciiAt(indexBytes, end + 1, lineStart)) continue;
    const start = end + 1 + lineStart.length;
    const facts = factsOfRow(normal, textOfBytes(indexBytes, start, lineEnd(indexBytes, start)));
    return version === normal || version === facts.upstreamVersion ? facts : null;
  }
  return null;
}

/** Every version in index bytes, in the document's order; facts are parsed when they are asked for. */
export function* indexedVersions(indexBytes: Uint8Array): Generator<JudgedVersion> {
  let start = lineEnd(indexBytes, 0) + 1;
  while (start < indexBytes.length) {
    const end = lineEnd(indexBytes, start);
    const space = indexBytes.indexOf(SPACE, start);
    const version = textOfBytes(indexBytes, start, space);
    yield indexedVersion(version, textOfBytes(indexBytes, space + 1, end));
    start = end + 1;
  }
}

function indexedVersion(version: string, json: string): JudgedVersion {
  let facts: VersionFacts | null = null;
  const read = (): VersionFacts => (facts ??= factsOfRow(version, json));
  return {
    version,
    origin: "upstream",
    // The row's first member: null, or the spelling as text.
    upstreamVersion: json.startsWith("[null,") ? null : read().upstreamVersion,
    facts: read,
  };
}

function serialize(document: ScannedDocument, summary: IndexSummary): Uint8Array {
  const writer = new ByteWriter(1024 + summary.versions.length * FACTS_BYTES_GUESS);
  writer.json([INDEX_FORMAT, summary.name, [...summary.distTags], summary.versions, summary.modified]);
  const facts = new FactsWriter(document, writer);
  for (const scanned of document.versions.values()) {
    writer.ascii(`\n${scanned.version} `);
    facts.write(scanned);
  }
  return writer.finish();
}

/**
 * Position of the line feed at or after `from`, else the length. It is found natively, and no JSON text has
 * one inside.
 */
function lineEnd(bytes: Uint8Array, from: number): number {
  const found = bytes.indexOf(LINE_FEED, from);
  return found === -1 ? bytes.length : found;
}
