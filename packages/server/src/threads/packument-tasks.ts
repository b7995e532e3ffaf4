import { createHash } from "node:crypto";
import {
  EntrepotError,
  indexScanned,
  indexedVersions,
  isJsonObject,
  integrityChanges,
  judgePackage as judgeVersions,
  renderLocalView as renderLocal,
  renderScanned,
  renderUpstreamView as renderUpstream,
  scanDocument,
  undatedVersions,
  type RenderedView,
  type JudgedVersion,
  type ScannedDocument,
  type VersionFacts,
} from "@entrepot/core";
import { gunzip, gzip } from "./gzip.ts";
import { ownBytes, takeBytes } from "./own-bytes.ts";
import { releaseBytes } from "./release-bytes.ts";
import {
  GZIP_LEVEL_FAST,
  type GzipView,
  type IndexDocumentInput,
  type CompareIndexesInput,
  type IngestDocumentInput,
  type JudgePackageInput,
  type ReadRefusalInput,
  type RenderLocalViewInput,
  type RenderUpstreamViewInput,
  type TaskResult,
} from "./tasks.ts";

/** What an upstream says is cut. */
const REASON_CHARS_MAX = 1000;
const RULE_CHARS_MAX = 100;
/** The latest moment that a `Date` can hold. */
const MOMENT_MAX = 8.64e15;

/**
 * Checks an upstream's document, makes its index and, if asked, its first view, all from one walk over its
 * bytes.
 */
export function ingestDocument(input: IngestDocumentInput): TaskResult<"ingestDocument"> {
  const { name, body, isGzip, sizeBytesMax, level = GZIP_LEVEL_FAST } = input;
  if (!isGzip && body.length > sizeBytesMax) {
    throw new EntrepotError("upstream-invalid", {
      message: `The document of ${name} is larger than ${sizeBytesMax} bytes.`,
    });
  }
  const bytes = isGzip ? gunzip(body, { sizeBytesMax, name }) : body;
  const scanned = scanDocument(bytes, name);
  const index = takeBytes(indexScanned(scanned).serialize());
  const view = input.view === undefined ? null : compress(renderScanned(scanned, input.view), level);
  const document = isGzip ? ownBytes(body) : gzip(body, level);
  if (isGzip) releaseBytes(bytes);
  const documentDigest = createHash("sha512").update(document).digest("hex");
  const told = { rivals: rivalsIn(scanned), undated: undatedVersions(scanned) };
  const output = { document, documentDigest, index, ...told };
  const transfer = [document.buffer, index.buffer];
  if (view === null) return { output, transfer };
  return { output: { ...output, view: view.output }, transfer: [...transfer, ...view.transfer] };
}

function rivalsIn({ versions }: ScannedDocument): string[] {
  const rivals: string[] = [];
  for (const { key, otherKeys } of versions.values()) {
    for (const other of otherKeys) rivals.push(`${key} over ${other}`);
  }
  return rivals;
}

/** Makes the index of a stored upstream document. */
export function indexDocument(input: IndexDocumentInput): TaskResult<"indexDocument"> {
  const { name, document, sizeBytesMax } = input;
  const bytes = gunzip(document, { sizeBytesMax, name });
  const index = takeBytes(indexScanned(scanDocument(bytes, name)).serialize());
  releaseBytes(bytes);
  return { output: { index }, transfer: [index.buffer] };
}

/** Renders a view of a stored upstream document. */
export function renderUpstreamView(input: RenderUpstreamViewInput): TaskResult<"renderUpstreamView"> {
  const { document, sizeBytesMax, view, level = GZIP_LEVEL_FAST } = input;
  const bytes = gunzip(document, { sizeBytesMax, name: "the upstream" });
  const compressed = compress(renderUpstream(bytes, view), level);
  releaseBytes(bytes);
  return compressed;
}

/** Renders a view of a package that was published here. */
export function renderLocalView(input: RenderLocalViewInput): TaskResult<"renderLocalView"> {
  return compress(renderLocal(input.packument, input.view), input.level ?? GZIP_LEVEL_FAST);
}

/** Judges every version of a package. */
export function judgePackage(input: JudgePackageInput): TaskResult<"judgePackage"> {
  const versions = "index" in input ? indexedVersions(input.index) : input.facts.map(judgedOf);
  return { output: judgeVersions(versions, input.policy), transfer: [] };
}

function judgedOf(facts: VersionFacts): JudgedVersion {
  const { version, upstreamVersion, origin } = facts;
  return { version, upstreamVersion, origin, facts: () => facts };
}

/** Reads the facts of every version out of an index. */
export function readFacts({ index }: { index: Uint8Array }): TaskResult<"readFacts"> {
  return { output: [...indexedVersions(index)].map(({ facts }) => facts()), transfer: [] };
}

/** Reads why the upstream that a document came from, being an Entrepot too, leaves a version out. */
export function readRefusal(input: ReadRefusalInput): TaskResult<"readRefusal"> {
  const { document, sizeBytesMax, version } = input;
  const bytes = gunzip(document, { sizeBytesMax, name: "the upstream" });
  const range = scanDocument(bytes, null).members.get("_policy");
  const policy: unknown =
    range === undefined
      ? null
      : JSON.parse(Buffer.from(bytes.subarray(range.start, range.end)).toString("utf8"));
  releaseBytes(bytes);
  return { output: refusalIn(policy, version), transfer: [] };
}

function refusalIn(policy: unknown, version: string): string | null {
  const hidden = isJsonObject(policy) ? policy["hidden"] : null;
  const verdict = isJsonObject(hidden) && Object.hasOwn(hidden, version) ? hidden[version] : null;
  if (!isJsonObject(verdict)) return null;
  const { rule, reason, until } = verdict;
  if (typeof rule !== "string" || typeof reason !== "string") return null;
  const end =
    typeof until === "number" && Math.abs(until) <= MOMENT_MAX
      ? ` until ${new Date(until).toISOString()}`
      : "";
  return `${version} is kept back${end}: ${reason.slice(0, REASON_CHARS_MAX)} (rule ${rule.slice(0, RULE_CHARS_MAX)}).`;
}

/** Finds versions whose promised content changed. */
export function compareIndexes({ former, index }: CompareIndexesInput): TaskResult<"compareIndexes"> {
  return { output: integrityChanges(former, index), transfer: [] };
}

function compress(view: RenderedView, level: number): { output: GzipView; transfer: ArrayBuffer[] } {
  const bytes = gzip(view.bytes, level);
  const { hidden, shown, recheckAt, movedLatest } = view;
  const output = { gzip: bytes, sizeBytes: view.bytes.length, hidden, shown, recheckAt, movedLatest };
  releaseBytes(view.bytes);
  return { output, transfer: [bytes.buffer] };
}
