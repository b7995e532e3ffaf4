import { describe, expect, test } from "vitest";
import type { PolicyContext, VersionFacts } from "../../src/policy/verdict.ts";
import { trustOf, type BuildIdentity, type VersionProof } from "../../src/policy/version-proof.ts";
import { contextOf, DAY, factsOf, iso, NOW, onlyRules, opinionOf, servedAs } from "./fixtures.ts";

const rules = onlyRules({ "trust-downgrade": {} });
const attested: Partial<VersionFacts> = { attestations: "https://slsa.dev/provenance/v1" };
const HOME: BuildIdentity = {
  issuer: "https://ci.test",
  repository: "https://git.test/acme/left",
  workflow: "release.yml",
};

function published(version: string, daysAgo: number, known: Partial<VersionFacts> = {}): VersionFacts {
  return factsOf(version, { publishedAt: iso(NOW - daysAgo * DAY), ...known });
}

function proofOf(version: string, known: Partial<VersionProof> = {}): [string, VersionProof[]] {
  return [
    version,
    [{ integrity: `sha512-${version}`, level: "attested build", refuted: null, build: HOME, ...known }],
  ];
}

function contextWith(
  proofs: readonly [string, VersionProof[]][],
  known: Partial<PolicyContext> = {},
): PolicyContext {
  return contextOf({ rules, proofs: new Map(proofs), ...known });
}

describe("what was verified", () => {
  const others = [published("1.1.0", 5, attested)];
  const facts = published("1.2.0", 1, attested);

  test("is told beside what is claimed", () => {
    expect(trustOf(facts, contextWith([]))).toMatchObject({
      claimed: "attested build",
      verified: null,
      level: "attested build",
      build: null,
    });
    expect(trustOf(facts, contextWith([proofOf("1.2.0")]))).toMatchObject({
      claimed: "attested build",
      verified: "attested build",
      build: HOME,
      publisher: "ada",
    });
  });

  test("counts as nothing where it is not genuine, and is held", () => {
    const context = contextWith([
      proofOf("1.1.0"),
      proofOf("1.2.0", { level: "none", refuted: "it is about another tarball", build: null }),
    ]);
    expect(opinionOf("trust-downgrade", facts, { context, others })).toMatchObject({
      outcome: "hold",
      reason:
        "What it shows as an attested build is not genuine (it is about another tarball) and counts as nothing, " +
        "while 1.1.0 had an attested build",
      evidence: {
        level: "none",
        claimed: "attested build",
        verified: "none",
        refuted: "it is about another tarball",
      },
    });
  });

  test("is held where it is not genuine though nothing came before", () => {
    const context = contextWith([proofOf("1.2.0", { level: "none", refuted: "forged", build: null })]);
    expect(opinionOf("trust-downgrade", facts, { context })?.outcome).toBe("hold");
  });

  test("counts as what was found where that is less than the provenance it claims", () => {
    const trusted = published("1.2.0", 1, { ...attested, trustedPublisher: "ci" });
    const signed = contextWith([proofOf("1.2.0", { level: "registry signature", build: null })]);
    expect(trustOf(trusted, signed)).toMatchObject({
      claimed: "trusted publisher",
      level: "registry signature",
    });
    expect(opinionOf("trust-downgrade", trusted, { context: signed, others })?.outcome).toBe("hold");
    const staged = published("1.2.0", 1, { ...attested, approver: "grace" });
    for (const facts of [trusted, staged]) {
      expect(trustOf(facts, contextWith([])).level).toBe("trusted publisher");
      expect(trustOf(facts, contextWith([proofOf("1.2.0")])).level).toBe("trusted publisher");
    }
  });

  test("says nothing of a tarball other than that which was looked at", () => {
    const context = contextWith([
      proofOf("1.2.0", { integrity: "sha512-other", level: "none", refuted: "forged", build: null }),
    ]);
    expect(opinionOf("trust-downgrade", facts, { context, others })).toBeNull();
    expect(trustOf(facts, context).verified).toBeNull();
  });

  test("a forged attestation is no mark to fall short of", () => {
    const context = contextWith([proofOf("1.1.0", { level: "none", refuted: "forged", build: null })]);
    const plain = published("1.2.0", 1, { hasSignatures: false });
    expect(opinionOf("trust-downgrade", plain, { context, others })).toBeNull();
  });
});

describe("who built it", () => {
  const others = [published("1.0.0", 9, attested), published("1.1.0", 5, attested)];
  const facts = published("1.2.0", 1, attested);
  const ELSEWHERE: BuildIdentity = { ...HOME, repository: "https://git.test/mallory/left" };

  test("another repository is held though the proof is genuine, and hidden where it is in use", () => {
    const proofs = [proofOf("1.1.0"), proofOf("1.2.0", { build: ELSEWHERE })];
    const held = opinionOf("trust-downgrade", facts, { context: contextWith(proofs), others });
    expect(held).toMatchObject({
      outcome: "hold",
      reason:
        "It was built from https://git.test/mallory/left, while 1.1.0 was built from https://git.test/acme/left",
      evidence: {
        repository: "https://git.test/mallory/left",
        repositoryBefore: "https://git.test/acme/left",
        workflow: "release.yml",
      },
    });
    const served = contextWith(proofs, { served: servedAs("1.2.0") });
    expect(opinionOf("trust-downgrade", facts, { context: served, others })?.outcome).toBe("hide");
  });

  test("another workflow of the same repository is a warning", () => {
    const proofs = [proofOf("1.1.0"), proofOf("1.2.0", { build: { ...HOME, workflow: "other.yml" } })];
    expect(opinionOf("trust-downgrade", facts, { context: contextWith(proofs), others })).toMatchObject({
      outcome: "warn",
      reason: "Another workflow built it (other.yml) than 1.1.0 (release.yml)",
    });
  });

  test("the spelling of the repository says nothing", () => {
    const proofs = [
      proofOf("1.1.0"),
      proofOf("1.2.0", { build: { ...HOME, repository: "https://git.test/Acme/Left" } }),
    ];
    expect(opinionOf("trust-downgrade", facts, { context: contextWith(proofs), others })).toBeNull();
  });

  test("is compared inside the major line where that has any", () => {
    const context = contextWith([proofOf("1.1.0"), proofOf("2.0.0", { build: ELSEWHERE }), proofOf("1.2.0")]);
    const lines = [...others, published("2.0.0", 3, attested)];
    expect(opinionOf("trust-downgrade", facts, { context, others: lines })).toBeNull();
  });
});

describe("an other publisher", () => {
  const others = [published("1.1.0", 5, attested)];

  test("weighs more than a missing attestation: with both, what is in use is held too", () => {
    const context = contextOf({ rules, served: servedAs("1.2.0") });
    const missing = published("1.2.0", 1);
    expect(opinionOf("trust-downgrade", missing, { context, others })?.outcome).toBe("hide");
    const both = published("1.2.0", 1, { publisher: "mallory" });
    expect(opinionOf("trust-downgrade", both, { context, others })?.outcome).toBe("hold");
  });

  test("is not who approves a staged release", () => {
    const staged = published("1.2.0", 1, { ...attested, publisher: "grace", approver: "grace" });
    const context = contextOf({ rules });
    const trusted = [published("1.1.0", 5, { ...attested, trustedPublisher: "ci", publisher: "pipeline" })];
    for (const before of [others, trusted]) {
      expect(opinionOf("trust-downgrade", staged, { context, others: before })).toBeNull();
    }
    expect(trustOf(staged, context)).toMatchObject({ claimed: "trusted publisher", approver: "grace" });
    const plain = published("1.2.0", 1, { ...attested, publisher: "grace" });
    expect(opinionOf("trust-downgrade", plain, { context, others })?.outcome).toBe("warn");
  });
});
