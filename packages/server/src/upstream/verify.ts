import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

import { compareIntegrity, type IntegrityAlgorithm, parseIntegrity, type VersionFacts } from "@entrepot/core";

const SHA1 = /^[0-9a-f]{40}$/;

/** What a document promises of a tarball's bytes, as an integrity string; null if it promises nothing usable. */
export function promisedIntegrity({
  integrity,
  shasum,
}: Pick<VersionFacts, "integrity" | "shasum">): string | null {
  if (integrity !== null && parseIntegrity(integrity).length > 0) return integrity;
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
