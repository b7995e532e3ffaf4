import { createHash } from "node:crypto";
import {
  EntrepotError,
  indexScanned,
  renderLocalView as renderLocal,
  renderScanned,
  renderUpstreamView as renderUpstream,
  scanDocument,
  type RenderedView,
  type ScannedDocument,
} from "@entrepot/core";
import { gunzip, gzip } from "./gzip.ts";
import { ownBytes, takeBytes } from "./own-bytes.ts";
import { releaseBytes } from "./release-bytes.ts";
import {
  GZIP_LEVEL_FAST,
  type GzipView,
  type IndexDocumentInput,
  type IngestDocumentInput,
  type RenderLocalViewInput,
  type RenderUpstreamViewInput,
  type TaskResult,
} from "./tasks.ts";

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
  const output = { document, documentDigest, index, rivals: rivalsIn(scanned) };
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

function compress(view: RenderedView, level: number): { output: GzipView; transfer: ArrayBuffer[] } {
  const bytes = gzip(view.bytes, level);
  const output = { gzip: bytes, sizeBytes: view.bytes.length, hidden: view.hidden, shown: view.shown };
  releaseBytes(view.bytes);
  return { output, transfer: [bytes.buffer] };
}
