import { publishTimeOf as credibleTimeOf } from "../policy/chronology.ts";
import { publishTimeOf, type ScannedDocument } from "./document-scan.ts";

/** The versions of a document for which it tells no publish time, or none that can be. */
export function undatedVersions(document: ScannedDocument): string[] {
  const undated: string[] = [];
  for (const scanned of document.versions.values()) {
    const publishedAt = publishTimeOf(document, scanned);
    if (credibleTimeOf({ publishedAt }) === null) undated.push(scanned.version);
  }
  return undated;
}
