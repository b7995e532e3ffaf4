import { createPublicKey, verify, type KeyObject } from "node:crypto";
import {
  isJsonObject,
  parseIntegrity,
  readManifest,
  type TrustLevel,
  type VersionProof,
} from "@entrepot/core";
import { gunzip } from "./gzip.ts";
import { releaseBytes } from "./release-bytes.ts";
import type { SigningKey, TaskResult, VerifiedProof, VerifyProofInput } from "./tasks.ts";

/** The time of versions that have none: such a version was signed by the first keys, if at all. */
const TIME_UNKNOWN = Date.UTC(2015, 0, 1);
const SIGNATURES_MAX = 16;
const REASON_CHARS_MAX = 300;

/** What one of the two kinds of proof came to. */
type Finding =
  | { kind: "nothing" }
  | { kind: "genuine"; build: VersionProof["build"] }
  | { kind: "refuted"; reason: string }
  /** It was made with a key that is not known here: that says nothing yet. */
  | { kind: "open"; reason: string };

/** Verifies what a document and its attestations say of where a version comes from. Nothing is fetched. */
export async function verifyProof(input: VerifyProofInput): Promise<TaskResult<"verifyProof">> {
  const { document, sizeBytesMax, name, version } = input;
  const bytes = gunzip(document, { sizeBytesMax, name });
  const manifest = readManifest(bytes, version);
  releaseBytes(bytes);
  const dist = isJsonObject(manifest?.["dist"]) ? manifest["dist"] : {};
  const signature = verifySignatures(input, dist["signatures"]);
  const attestation = await verifyAttested(input);
  return { output: summary(input, signature, attestation), transfer: [] };
}

function summary(input: VerifyProofInput, signature: Finding, attestation: Finding): VerifiedProof {
  const findings = [attestation, signature];
  const refuted = findings.find((found) => found.kind === "refuted");
  const open = findings.find((found) => found.kind === "open");
  const build = attestation.kind === "genuine" ? attestation.build : null;
  return {
    proof: {
      integrity: input.integrity,
      level: levelOf(input, { signature, attestation }),
      refuted: refuted === undefined ? null : refuted.reason.slice(0, REASON_CHARS_MAX),
      build: refuted === undefined ? build : null,
    },
    open: open === undefined ? null : open.reason.slice(0, REASON_CHARS_MAX),
  };
}

function levelOf(
  { isTrustedPublisher }: VerifyProofInput,
  { signature, attestation }: { signature: Finding; attestation: Finding },
): TrustLevel {
  if (signature.kind === "refuted" || attestation.kind === "refuted") return "none";
  if (attestation.kind === "genuine") return isTrustedPublisher ? "trusted publisher" : "attested build";
  return signature.kind === "genuine" ? "registry signature" : "none";
}

function verifySignatures(input: VerifyProofInput, signatures: unknown): Finding {
  if (!Array.isArray(signatures) || signatures.length === 0) return { kind: "nothing" };
  if (signatures.length > SIGNATURES_MAX) return { kind: "refuted", reason: "it has too many signatures" };
  let open: Finding | null = null;
  for (const signature of signatures as unknown[]) {
    const found = verifySignature(input, signature);
    if (found.kind === "refuted") return found;
    if (found.kind === "open") open = found;
  }
  return open ?? { kind: "genuine", build: null };
}

function verifySignature(input: VerifyProofInput, signature: unknown): Finding {
  const { upstreamVersion, name, integrity, keys, publishedAt } = input;
  const { keyid, sig } = isJsonObject(signature) ? signature : {};
  if (typeof keyid !== "string" || typeof sig !== "string") {
    return { kind: "refuted", reason: "a signature is none" };
  }
  const key = keys.find((known) => known.keyid === keyid);
  if (key === undefined) return { kind: "open", reason: `the key ${keyid} is not known` };
  const at = publishedAt === null ? TIME_UNKNOWN : Date.parse(publishedAt);
  if (isExpired(key, at)) {
    return { kind: "refuted", reason: `the key ${keyid} had expired when it was published` };
  }
  const signed = Buffer.from(`${name}@${upstreamVersion}:${integrity ?? ""}`);
  const isGenuine = isSignedBy(key, signed, Buffer.from(sig, "base64"));
  return isGenuine
    ? { kind: "genuine", build: null }
    : { kind: "refuted", reason: `the signature by the key ${keyid} is not of this version` };
}

function isExpired({ expires }: SigningKey, at: number): boolean {
  return expires !== null && at >= Date.parse(expires);
}

function isSignedBy(key: SigningKey, signed: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify("sha256", signed, publicKeyOf(key), signature);
  } catch {
    return false;
  }
}

function publicKeyOf({ key }: SigningKey): KeyObject {
  return createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
}

async function verifyAttested(input: VerifyProofInput): Promise<Finding> {
  if (input.attestations === null) return { kind: "nothing" };
  const { verifyBundles } = await import("./verify-bundles.ts");
  const sha512 = parseIntegrity(input.integrity ?? "").find(({ algorithm }) => algorithm === "sha512")?.hex;
  if (sha512 === undefined) {
    return { kind: "refuted", reason: "the document promises no sha512 that could be attested" };
  }
  const { attestations, trustRoot, keys, name, upstreamVersion } = input;
  return verifyBundles({ attestations, trustRoot, keys, name, version: upstreamVersion, sha512 });
}
