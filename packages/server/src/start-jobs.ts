import { isEntrepotError } from "@entrepot/core";
import type { Advisories } from "./advisories/index.ts";
import type { BlobStore, StagingArea } from "./blobs/index.ts";
import type { ChangeLog } from "./changes/index.ts";
import type { Config } from "./config/index.ts";
import type { Database } from "./db/index.ts";
import type {
  Gate,
  MalwareDeps,
  PackageToday,
  PolicyRules,
  RecheckDeps,
  RefusedToday,
} from "./firewall/index.ts";
import { createJobHandlers, enqueueFirstSync, schedulesOf } from "./job-handlers.ts";
import type { JobQueue, JobWorker } from "./jobs/index.ts";
import { recheckAfterChanges } from "./recheck-after-changes.ts";
import {
  compareUpstreams,
  type CompareDeps,
  type NameOrigins,
  type OriginProofs,
  type Registries,
  type TrustRoot,
  type UpstreamAttestations,
  type Verdicts,
} from "./registry/index.ts";
import { reportDisagreement } from "./report.ts";
import type { Log, Metrics } from "./telemetry/index.ts";
import type { ThreadPool } from "./threads/index.ts";
import type { Upstreams } from "./upstream/index.ts";

/** A workspace as far as jobs look into it. */
interface JobWorkspace {
  workspaceId: string;
  registries: Registries;
}

/** What jobs are made from. */
export interface JobParts {
  config: Config;
  log: Log;
  metrics: Metrics;
  now: () => number;
  db: Database;
  blobs: BlobStore;
  staging: StagingArea;
  changes: ChangeLog;
  instanceId: string;
  advisories: Advisories;
  jobs: JobQueue;
  verdicts: Verdicts;
  gate: Gate;
  policyRules: PolicyRules;
  origins: NameOrigins;
  upstreams: Upstreams;
  threads: ThreadPool;
  originProofs: OriginProofs;
  attestations: UpstreamAttestations;
  trustRoot: () => Promise<TrustRoot>;
  workspaces: readonly JobWorkspace[];
}

/** Starts the background work: what is due by the clock, what was asked for, and what follows changes. */
export async function startJobs(parts: JobParts): Promise<JobWorker> {
  const { config, jobs, log, metrics } = parts;
  await enqueueFirstSync(parts, config.advisories);
  const rechecks = parts.workspaces.map((workspace) => recheckOf(parts, workspace));
  const own = parts.workspaces.map((workspace) => ({ ...parts, ...workspace }));
  const { decisionDays } = config;
  const compare = (signal: AbortSignal): Promise<number> => compareAll(parts, signal);
  const handlers = createJobHandlers({
    ...parts,
    decisionDays,
    rechecks,
    refreshes: own,
    checks: own,
    verifications: own,
    compareUpstreams: compare,
  });
  const worker = jobs.startWorker(handlers, {
    schedules: schedulesOf(config.advisories, parts.instanceId),
    onFailure: (failure) => log.error("job failed", { error: failure }),
    onEnd: (labels) => void (metrics.counter("entrepot_jobs_total", labels).value += 1),
  });
  recheckAfterChanges(parts);
  return worker;
}

async function compareAll(parts: JobParts, signal: AbortSignal): Promise<number> {
  const onDisagreement: CompareDeps["onDisagreement"] = (event) => reportDisagreement(parts, event);
  let count = 0;
  for (const { registries } of parts.workspaces) {
    for (const registry of (await registries.snapshot()).byId.values()) {
      count += await compareUpstreams({ ...parts, onDisagreement }, registry, signal);
    }
  }
  return count;
}

function recheckOf(
  { db, now, log, verdicts }: JobParts,
  { workspaceId, registries }: JobWorkspace,
): RecheckDeps & MalwareDeps {
  async function today(registryId: string, name: string): Promise<(PackageToday & RefusedToday) | null> {
    const registry = (await registries.snapshot()).byId.get(registryId);
    if (registry === undefined || !registry.active) return null;
    try {
      const { versions, hidden } = await verdicts.of(registry, name, { cachedOnly: true });
      return { registry: registry.name, versions, hidden };
    } catch (error) {
      if (!isEntrepotError(error)) throw error;
      // One that cannot be judged now is looked at in the next run.
      if (error.code !== "package-not-found") {
        log.warn("refusals not looked at again", { error, packageName: name });
      }
      return null;
    }
  }
  return { db, now, workspaceId, today };
}
