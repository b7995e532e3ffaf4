import { LRUCache } from "lru-cache";
import type { PolicyContext, VersionFacts, VersionProof } from "@entrepot/core";
import type { ProofRecords, ProvenVersion, RecordedProof } from "../firewall/index.ts";
import type { SigningKey, ThreadPool } from "../threads/index.ts";
import type { DocumentEntry, Upstream, Upstreams } from "../upstream/index.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { TrustRoot } from "./trust-root.ts";
import type { UpstreamAttestations } from "./upstream-attestations.ts";

/** Versions that wait; what comes on top is found by the nightly job. */
const WAITING_MAX = 2000;
const PARALLEL = 2;
const REASONS_MAX = 1000;

export interface OriginProofsDeps {
  upstreams: Pick<Upstreams, "current" | "facts" | "document">;
  threads: Pick<ThreadPool, "run">;
  proofs: ProofRecords;
  signingKeys: Pick<SigningKeys, "of">;
  attestations: Pick<UpstreamAttestations, "of">;
  trustRoot: () => Promise<TrustRoot>;
  documentBytesMax: number;
  /** Called once for what turns out not to be genuine. */
  onRefuted: (event: RefutedProof) => void;
  /** Called once for each reason, with the first version that stays unverified for it. */
  onOpen: (event: RefutedProof) => void;
  /** Told of what could not be verified for now. */
  onError: (error: unknown, subject: { name: string; version: string }) => void;
}

/** A version whose proof of origin is not genuine, or cannot be verified for now. */
export interface RefutedProof {
  upstream: string;
  name: string;
  version: string;
  reason: string;
}

/** A version of an upstream. */
export interface OriginSubject {
  upstream: Upstream;
  name: string;
  version: string;
}

/** Verifies where versions of upstreams come from, behind the answers. */
export interface OriginProofs {
  /** Has a version verified when there is time for it; once, however often it is asked for. */
  want(subject: OriginSubject): void;
  /**
   * Verifies a version, unless that was done by the trust root of today. `nothing` where it shows nothing to verify or
   * is not known any more, `open` where a key or the attestations are not to be had. Throws upstream errors.
   */
  verify(subject: OriginSubject): Promise<"verified" | "refuted" | "known" | "open" | "nothing">;
  /** Resolves when nothing waits any more. */
  settle(): Promise<void>;
  /** Lets go of what waits, and resolves when what runs has ended. */
  close(): Promise<void>;
}

/** Makes the verifier. */
export function createOriginProofs(given: OriginProofsDeps): OriginProofs {
  const deps = { ...given, onOpen: oncePerReason(given.onOpen) };
  const waiting = new Map<string, OriginSubject>();
  const running = new Set<Promise<void>>();

  function begin(): void {
    while (running.size < PARALLEL) {
      const [next] = waiting;
      if (next === undefined) return;
      const [key, subject] = next;
      waiting.delete(key);
      const run = attempt(subject).finally(() => {
        running.delete(run);
        begin();
      });
      running.add(run);
    }
  }

  async function attempt(subject: OriginSubject): Promise<void> {
    try {
      await verifyVersion(deps, subject);
    } catch (error) {
      deps.onError(error, subject);
    }
  }

  async function settle(): Promise<void> {
    while (running.size > 0) await Promise.all(running);
  }

  return {
    want(subject) {
      if (waiting.size >= WAITING_MAX) return;
      waiting.set(`${subject.upstream.id}\n${subject.name}\n${subject.version}`, subject);
      begin();
    },
    verify: (subject) => verifyVersion(deps, subject),
    settle,
    async close() {
      waiting.clear();
      await settle();
    },
  };
}

function oncePerReason(tell: OriginProofsDeps["onOpen"]): OriginProofsDeps["onOpen"] {
  const told = new LRUCache<string, true>({ max: REASONS_MAX });
  return (event) => {
    if (told.has(event.reason)) return;
    told.set(event.reason, true);
    tell(event);
  };
}

/** Has the origin of a version that is given out verified, where it shows one and a rule may ask for it. */
export function wantOrigin(
  { originProofs }: { originProofs: Pick<OriginProofs, "want"> },
  { name, rules }: PolicyContext,
  { upstream, facts }: { upstream: Upstream; facts: VersionFacts },
): void {
  if (rules["trust-downgrade"].mode === "off" || !showsOrigin(facts)) return;
  originProofs.want({ upstream, name, version: facts.version });
}

function showsOrigin({ origin, hasSignatures, attestations }: VersionFacts): boolean {
  return origin === "upstream" && (hasSignatures || attestations !== null);
}

async function verifyVersion(
  deps: OriginProofsDeps,
  subject: OriginSubject,
): ReturnType<OriginProofs["verify"]> {
  const { upstream, name, version } = subject;
  const entry = await deps.upstreams.current(upstream, name, { cachedOnly: true });
  const facts = entry?.kind === "present" ? await deps.upstreams.facts(entry, version) : null;
  if (entry?.kind !== "present" || facts === null) return "nothing";
  const root = await deps.trustRoot();
  const place = { upstreamId: upstream.id, name, version, integrity: facts.integrity };
  if (isSettled(await deps.proofs.find(place), { facts, root })) return "known";
  if (!showsOrigin(facts)) {
    await deps.proofs.record(place, { proof: nothingShown(place), trustRoot: root.digest });
    return "nothing";
  }
  const proof = await provenBy(deps, { subject, entry, facts, root });
  if (proof === null) return "open";
  await deps.proofs.record(place, { proof, trustRoot: root.digest });
  if (proof.refuted === null) return "verified";
  deps.onRefuted({ upstream: upstream.name, name, version, reason: proof.refuted });
  return "refuted";
}

// A version may claim provenance that it did not claim when it was looked at.
function isSettled(
  recorded: RecordedProof | null,
  { facts, root }: { facts: VersionFacts; root: TrustRoot },
): boolean {
  if (recorded?.trustRoot !== root.digest) return false;
  return facts.attestations === null || recorded.proof.refuted !== null || recorded.proof.build !== null;
}

function nothingShown({ integrity }: ProvenVersion): VersionProof {
  return { integrity, level: "none", refuted: null, build: null };
}

interface Verified {
  subject: OriginSubject;
  entry: DocumentEntry;
  facts: VersionFacts;
  root: TrustRoot;
}

// Null where something is missing that may come later: a record would say that there is nothing.
async function provenBy(
  deps: OriginProofsDeps,
  { subject: { upstream, name, version }, entry, facts, root }: Verified,
): Promise<VersionProof | null> {
  const keys = keysOf(root, await deps.signingKeys.of(upstream));
  const attestations =
    facts.attestations === null ? null : await deps.attestations.of(upstream, { name, facts });
  const { proof, open } = await deps.threads.run("verifyProof", {
    document: await deps.upstreams.document(entry),
    sizeBytesMax: deps.documentBytesMax,
    name,
    version,
    upstreamVersion: facts.upstreamVersion ?? version,
    integrity: facts.integrity,
    publishedAt: facts.publishedAt,
    isTrustedPublisher: facts.trustedPublisher !== undefined,
    attestations: attestations === null ? null : new TextEncoder().encode(attestations),
    keys,
    trustRoot: root.json,
  });
  if (proof.refuted === null && open !== null) {
    deps.onOpen({ upstream: upstream.name, name, version, reason: open });
  }
  const isMissing = facts.attestations !== null && attestations === null;
  return proof.refuted === null && (open !== null || isMissing) ? null : proof;
}

function keysOf({ registryKeys }: TrustRoot, own: readonly SigningKey[]): SigningKey[] {
  const known = new Set(registryKeys.map(({ keyid }) => keyid));
  return [...registryKeys, ...own.filter(({ keyid }) => !known.has(keyid))];
}
