import { repointTags } from "../policy/repoint-tags.ts";
import { normalizeVersion } from "../versions.ts";
import type { ScannedDocument } from "./document-scan.ts";
import { isDeprecated } from "./manifest-patch.ts";

/**
 * The tags of a document in our spelling of versions. A tag whose target is not among the versions is left
 * out, but `latest` is moved by the rules of `repointTags`.
 */
export function knownTags(document: ScannedDocument): Map<string, string> {
  const tags = new Map<string, string>();
  let isComplete = true;
  for (const [tag, target] of document.tags) {
    const version = normalizeVersion(target) ?? target;
    tags.set(tag, version);
    isComplete &&= document.versions.has(version);
  }
  if (isComplete) return tags;
  return repointTags(tags, [...document.versions.keys()], deprecationTest(document)).tags;
}

/** A test for deprecated versions, as `repointTags` wants it. */
export function deprecationTest(document: ScannedDocument): (version: string) => boolean {
  return (version) => {
    const scanned = document.versions.get(version);
    return scanned !== undefined && isDeprecated(document, scanned);
  };
}
