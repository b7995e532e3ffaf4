import { sameTarball } from "./same-tarball.ts";
import type { PolicyContext, VersionFacts } from "./verdict.ts";

/** How a version proves where it comes from, weakest first. */
export const TRUST_LEVELS = ["none", "registry signature", "attested build", "trusted publisher"] as const;

export type TrustLevel = (typeof TRUST_LEVELS)[number];

/** Which build made a version, by a certificate that was verified. */
export interface BuildIdentity {
  /** URL of who vouches for the build's identity. */
  issuer: string;
  /** URL of the repository; null if the certificate names none. */
  repository: string | null;
  /** Path of the workflow in the repository, without a branch or tag. */
  workflow: string | null;
}

/** What was verified of a version's signatures and attestations. Plain values: it crosses threads. */
export interface VersionProof {
  /** Integrity of the tarball that it speaks of: of another one nothing is verified. */
  integrity: string | null;
  /** What was found genuine. */
  level: TrustLevel;
  /** Why something that is claimed is not genuine; null if nothing is known to be wrong. */
  refuted: string | null;
  build: BuildIdentity | null;
}

/** A version's proof of origin, as it is claimed and as it was verified. */
export interface TrustReport {
  /** By what the upstream's document says. */
  claimed: TrustLevel;
  /** Null: nobody has verified it yet. */
  verified: TrustLevel | null;
  /** What counts: the claim, unless it was refuted or less than the provenance it claims was found. */
  level: TrustLevel;
  refuted: string | null;
  build: BuildIdentity | null;
  /** The account, or the pipeline with an identity of its own, that published it by the document's word. */
  publisher: string | null;
  /** Who approved it, where it was staged. */
  approver: string | null;
}

/** What a version proves of its origin. */
export function trustOf(facts: VersionFacts, context: PolicyContext): TrustReport {
  const proof = sameTarball(context.proofs.get(facts.version), facts);
  const claimed = claimedBy(facts);
  const refuted = proof?.refuted ?? null;
  return {
    claimed,
    verified: proof?.level ?? null,
    level: refuted === null ? countedOf(facts, { claimed, proof }) : "none",
    refuted,
    build: refuted === null ? (proof?.build ?? null) : null,
    publisher: facts.trustedPublisher ?? facts.publisher,
    approver: facts.approver ?? null,
  };
}

// Genuine provenance bears the whole claim, who published or approved it included; less than that bears only itself.
function countedOf(
  { attestations }: VersionFacts,
  { claimed, proof }: { claimed: TrustLevel; proof: VersionProof | null },
): TrustLevel {
  if (proof === null || attestations === null) return claimed;
  return TRUST_LEVELS.indexOf(proof.level) < TRUST_LEVELS.indexOf("attested build") ? proof.level : claimed;
}

// What is attested first, who published second. Who approves a staged release stands in the publisher's place.
function claimedBy({ attestations, trustedPublisher, approver, hasSignatures }: VersionFacts): TrustLevel {
  if (trustedPublisher !== undefined) return "trusted publisher";
  if (attestations !== null) return approver === undefined ? "attested build" : "trusted publisher";
  return hasSignatures ? "registry signature" : "none";
}
