import { compareIntegrity, parseIntegrity, type IntegrityAlgorithm } from "../integrity.ts";
import type { VersionFacts } from "../policy/verdict.ts";
import { indexedVersions } from "./package-index.ts";

/** A version whose tarball is promised to be another than before. */
export interface IntegrityChange {
  version: string;
  /** Integrity as it was and as it is, `sha1:` and a digest in hex where there was nothing better. */
  was: string;
  is: string;
}

/**
 * Compares two indexes of one package and finds versions that are in both with contents that cannot be the same.
 * A promise that only got stronger, or that says nothing which can be compared, is no change.
 */
export function integrityChanges(formerIndex: Uint8Array, index: Uint8Array): IntegrityChange[] {
  const former = new Map<string, VersionFacts>();
  for (const item of indexedVersions(formerIndex)) former.set(item.version, item.facts());
  const changes: IntegrityChange[] = [];
  for (const item of indexedVersions(index)) {
    const before = former.get(item.version);
    const now = item.facts();
    if (before !== undefined && isOther(before, now)) {
      changes.push({ version: item.version, was: promiseOf(before), is: promiseOf(now) });
    }
  }
  return changes;
}

function isOther(before: VersionFacts, now: VersionFacts): boolean {
  const known: Partial<Record<IntegrityAlgorithm, string>> = {};
  for (const { algorithm, hex } of parseIntegrity(before.integrity ?? "")) known[algorithm] = hex;
  const answer = compareIntegrity(now.integrity ?? "", known);
  if (answer !== "unknown") return answer === "mismatch";
  return before.shasum !== null && now.shasum !== null && before.shasum !== now.shasum;
}

/** What a document promises of a version's tarball, in one text: its integrity, or the sha1 where it has none. */
export function promiseOf({ integrity, shasum }: VersionFacts): string {
  return integrity ?? `sha1:${shasum ?? ""}`;
}
