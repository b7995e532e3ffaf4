import { EntrepotError } from "./errors.ts";

/** Algorithms that a subresource integrity string may name, weakest first. */
const ALGORITHMS = ["sha1", "sha256", "sha384", "sha512"] as const;
const DIGEST_BYTES = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const;

export type IntegrityAlgorithm = (typeof ALGORITHMS)[number];

/** One hash of an integrity string; `hex` is lower case. */
export interface IntegrityHash {
  algorithm: IntegrityAlgorithm;
  hex: string;
}

/**
 * The integrity string of a sha512 digest, given as its 64 bytes or as hex.
 *
 * @throws EntrepotError `request-invalid` if it is not a sha512 digest
 * @example integrityOf(createHash("sha512").update(bytes).digest()) // "sha512-…=="
 */
export function integrityOf(sha512: Uint8Array | string): string {
  const bytes = typeof sha512 === "string" ? bytesOfHex(sha512) : sha512;
  if (bytes === null || bytes.length !== DIGEST_BYTES.sha512) {
    throw new EntrepotError("request-invalid", { message: "A sha512 digest has 64 bytes." });
  }
  return `sha512-${btoa(String.fromCharCode(...bytes))}`;
}

/**
 * Reads an integrity string. Unknown algorithms, options and malformed parts are left out, so an empty list
 * means that it promises nothing that can be checked.
 */
export function parseIntegrity(integrity: string): IntegrityHash[] {
  const hashes: IntegrityHash[] = [];
  for (const part of integrity.trim().split(/\s+/u)) {
    const match = /^(sha1|sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})(?:\?.*)?$/u.exec(part);
    if (match === null) continue;
    const algorithm = match[1] as IntegrityAlgorithm;
    const hex = hexOfBase64(match[2] ?? "");
    if (hex?.length === DIGEST_BYTES[algorithm] * 2) hashes.push({ algorithm, hex });
  }
  return hashes;
}

/** The sha512 of an integrity string as lower-case hex, or null if it has none. Of several, the first. */
export function sha512HexOf(integrity: string): string | null {
  return parseIntegrity(integrity).find((hash) => hash.algorithm === "sha512")?.hex ?? null;
}

/**
 * Compares a promised integrity string with digests that were computed (lower-case hex by algorithm). As
 * clients do, only the strongest algorithm that both sides have counts, and one equal hash of it is enough.
 * `unknown`: nothing in common.
 */
export function compareIntegrity(
  promised: string,
  actual: Readonly<Partial<Record<IntegrityAlgorithm, string>>>,
): "match" | "mismatch" | "unknown" {
  const hashes = parseIntegrity(promised);
  for (const algorithm of [...ALGORITHMS].reverse()) {
    const digest = actual[algorithm];
    const candidates = hashes.filter((hash) => hash.algorithm === algorithm);
    if (digest === undefined || candidates.length === 0) continue;
    return candidates.some((hash) => hash.hex === digest) ? "match" : "mismatch";
  }
  return "unknown";
}

function bytesOfHex(hex: string): Uint8Array | null {
  if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/iu.test(hex)) return null;
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16),
  );
}

function hexOfBase64(base64: string): string | null {
  try {
    return Array.from(atob(base64), (char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  } catch {
    return null; // wrong length or padding: not base64
  }
}
