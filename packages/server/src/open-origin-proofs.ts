import type { Config } from "./config/index.ts";
import type { Database } from "./db/index.ts";
import { createProofRecords, type ProofRecords } from "./firewall/index.ts";
import type { ChangeLog } from "./changes/index.ts";
import {
  createOriginProofs,
  createSigningKeys,
  createTrustRoot,
  createUpstreamAttestations,
  type OriginProofs,
  type SigningKeys,
  type TrustRoot,
  type UpstreamAttestations,
} from "./registry/index.ts";
import { reportRefuted } from "./report.ts";
import type { Log, Metrics } from "./telemetry/index.ts";
import type { ThreadPool } from "./threads/index.ts";
import type { Upstreams } from "./upstream/index.ts";

/** All that tells where versions of upstreams come from. */
export interface ProofParts {
  proofs: ProofRecords;
  signingKeys: SigningKeys;
  attestations: UpstreamAttestations;
  originProofs: OriginProofs;
  trustRoot: () => Promise<TrustRoot>;
}

interface ProofDeps {
  config: Pick<Config, "trustRootFile" | "limits">;
  db: Database;
  changes: ChangeLog;
  workspaceId: string;
  upstreams: Upstreams;
  threads: ThreadPool;
  now: () => number;
  log: Log;
  metrics: Metrics;
}

/** Wires what verifies origins. */
export function openOriginProofs(deps: ProofDeps): ProofParts {
  const { config, log } = deps;
  const proofs = createProofRecords(deps);
  const trustRoot = createTrustRoot({ ...deps, file: config.trustRootFile });
  const signingKeys = createSigningKeys({ ...deps, trustRoot });
  const attestations = createUpstreamAttestations(deps);
  const originProofs = createOriginProofs({
    ...deps,
    proofs,
    signingKeys,
    attestations,
    trustRoot,
    documentBytesMax: config.limits.documentBytesMax,
    onRefuted: (event) => reportRefuted(deps, event),
    onOpen: ({ upstream, name, version, reason }) =>
      log.warn("origins cannot be verified with what is known; their claims count", {
        upstream,
        packageName: name,
        version,
        reason,
      }),
    onError: (error, { name, version }) =>
      log.warn("an origin was not verified; the nightly job tries again", {
        error,
        packageName: name,
        version,
      }),
  });
  return { proofs, signingKeys, attestations, trustRoot, originProofs };
}
