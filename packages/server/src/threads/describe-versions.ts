import { describeDocument, manifestDetails, type ManifestDetails } from "@entrepot/core";
import { gunzip } from "./gzip.ts";
import { releaseBytes } from "./release-bytes.ts";
import type { DescribeDocumentInput, TaskResult } from "./tasks.ts";

/** Reads what pages show of some versions out of an upstream's document. */
export function describeUpstream(input: DescribeDocumentInput): TaskResult<"describeUpstream"> {
  const { name, document, sizeBytesMax, page, also } = input;
  const bytes = gunzip(document, { sizeBytesMax, name });
  const output = describeDocument(bytes, { name, page, also });
  releaseBytes(bytes);
  return { output, transfer: [] };
}

/** The same out of the manifests of versions that were published here. */
export function describeManifests({
  manifests,
}: {
  manifests: readonly string[];
}): TaskResult<"describeManifests"> {
  return { output: manifests.map(detailsOf), transfer: [] };
}

function detailsOf(text: string): ManifestDetails {
  const manifest = JSON.parse(text) as Record<string, unknown>;
  return manifestDetails(manifest, String(manifest["version"]));
}
