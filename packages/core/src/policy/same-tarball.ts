import { parseIntegrity, type IntegrityHash } from "../integrity.ts";
import type { VersionFacts } from "./verdict.ts";

/** Of what was seen of a version, that about the very tarball which the facts promise; null if there is none. */
export function sameTarball<T extends { integrity: string | null }>(
  seen: readonly T[] | undefined,
  facts: VersionFacts,
): T | null {
  if (seen === undefined) return null;
  const same = seen.find(({ integrity }) => integrity === facts.integrity);
  if (same !== undefined) return same;
  const promised = [...hashesOf(facts.integrity), ...sha1Of(facts.shasum)];
  return seen.find(({ integrity }) => hashesOf(integrity).some((hash) => isAmong(hash, promised))) ?? null;
}

function isAmong({ algorithm, hex }: IntegrityHash, hashes: readonly IntegrityHash[]): boolean {
  return hashes.some((hash) => hash.algorithm === algorithm && hash.hex === hex);
}

function hashesOf(integrity: string | null): IntegrityHash[] {
  return integrity === null ? [] : parseIntegrity(integrity);
}

function sha1Of(shasum: string | null): IntegrityHash[] {
  return shasum === null ? [] : [{ algorithm: "sha1", hex: shasum.toLowerCase() }];
}
