import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

import { compareIntegrity, type IntegrityAlgorithm, parseIntegrity, type VersionFacts } from "@entrepot/core";

import type { StagedBytes } from "../blobs/index.ts";

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

/** Tells whether a staged file is what was promised, by the strongest algorithm that the promise names. */
export async function isAsPromised(
  promised: string,
  staged: StagedBytes & { path: string },
): Promise<boolean> {
  const digests: Partial<Record<IntegrityAlgorithm, string>> = {
    sha512: staged.sha512.toString("hex"),
    sha1: staged.sha1.toString("hex"),
  };
  const algorithms = new Set(parseIntegrity(promised).map(({ algorithm }) => algorithm));
  if (!algorithms.has("sha512")) {
    for (const algorithm of ["sha384", "sha256"] as const) {
      if (algorithms.has(algorithm)) digests[algorithm] = await hashFile(staged.path, algorithm);
    }
  }
  return compareIntegrity(promised, digests) === "match";
}

/** The rare algorithms are computed from the file, when they are needed. */
async function hashFile(path: string, algorithm: "sha256" | "sha384"): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}
