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
    const change = before === undefined ? null : integrityChange(item.version, before, now);
    if (change !== null) changes.push(change);
  }
  return changes;
}

/** What is promised of a version's tarball. */
export type PromisedContent = Pick<VersionFacts, "integrity" | "shasum">;

/** Compares two promises about one version; null if they can be about the same bytes. */
export function integrityChange(
  version: string,
  before: PromisedContent,
  now: PromisedContent,
): IntegrityChange | null {
  return isOther(before, now) ? { version, was: promiseOf(before), is: promiseOf(now) } : null;
}

function isOther(before: PromisedContent, now: PromisedContent): boolean {
  const known: Partial<Record<IntegrityAlgorithm, string>> = {};
  for (const { algorithm, hex } of parseIntegrity(before.integrity ?? "")) known[algorithm] = hex;
  const answer = compareIntegrity(now.integrity ?? "", known);
  if (answer !== "unknown") return answer === "mismatch";
  return before.shasum !== null && now.shasum !== null && before.shasum !== now.shasum;
}

/** What a document promises of a version's tarball, in one text: its integrity, or the sha1 where it has none. */
export function promiseOf({ integrity, shasum }: PromisedContent): string {
  return integrity ?? `sha1:${shasum ?? ""}`;
}
