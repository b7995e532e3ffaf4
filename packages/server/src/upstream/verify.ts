import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

import { compareIntegrity, type IntegrityAlgorithm, parseIntegrity, type VersionFacts } from "@entrepot/core";

const SHA1 = /^[0-9a-f]{40}$/;
/** An integrity string of one whole hash; it need not be taken apart to see that it is usable. */
const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;

/** What a document promises of a tarball's bytes, as an integrity string; null if it promises nothing usable. */
export function promisedIntegrity({
  integrity,
  shasum,
}: Pick<VersionFacts, "integrity" | "shasum">): string | null {
  const isUsable = (text: string): boolean => SHA512.test(text) || parseIntegrity(text).length > 0;
  if (integrity !== null && isUsable(integrity)) return integrity;
  // Packages from before integrity strings promise a bare sha1.
  const sha1 = shasum?.toLowerCase() ?? "";
  return SHA1.test(sha1) ? `sha1-${Buffer.from(sha1, "hex").toString("base64")}` : null;
}

/** A tarball's bytes, in memory or in the staging area. */
export type TarballContent = { bytes: Buffer } | { path: string };

/** What is known of a tarball that may be anything yet. */
export type UnverifiedTarball = TarballContent & { sha512: Buffer; sha1: Buffer | null };

/** Tells whether a tarball is what was promised, by the strongest algorithm that the promise names. */
export async function isAsPromised(promised: string, tarball: UnverifiedTarball): Promise<boolean> {
  // Nearly every promise is this one hash, and written like this; all others are taken apart.
  if (promised === `sha512-${tarball.sha512.toString("base64")}`) return true;
  const digests: Partial<Record<IntegrityAlgorithm, string>> = { sha512: tarball.sha512.toString("hex") };
  const algorithms = new Set(parseIntegrity(promised).map(({ algorithm }) => algorithm));
  if (!algorithms.has("sha512")) {
    if (tarball.sha1 !== null) digests.sha1 = tarball.sha1.toString("hex");
    for (const algorithm of ["sha384", "sha256", "sha1"] as const) {
      if (algorithms.has(algorithm)) digests[algorithm] ??= await hashContent(tarball, algorithm);
    }
  }
  return compareIntegrity(promised, digests) === "match";
}

/** The rare algorithms are computed when they are needed. */
async function hashContent(
  content: TarballContent,
  algorithm: "sha384" | "sha256" | "sha1",
): Promise<string> {
  const hash = createHash(algorithm);
  if ("bytes" in content) return hash.update(content.bytes).digest("hex");
  for await (const chunk of createReadStream(content.path, { highWaterMark: 256 * 1024 })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}
