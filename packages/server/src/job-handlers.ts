import type { Advisories } from "./advisories/index.ts";
import type { BlobStore, StagingArea } from "./blobs/index.ts";
import type { AdvisorySettings } from "./config/index.ts";
import type { Database } from "./db/index.ts";
import {
  dayOf,
  pruneCounts,
  pruneDecisions,
  recheckRefusals,
  tellOfFindings,
  tellOfMalware,
  type MalwareDeps,
  type RecheckDeps,
} from "./firewall/index.ts";
import { purgeInvitations, purgeSessions, purgeTokens } from "./identity/index.ts";
import type { JobHandler, JobQueue, Schedule } from "./jobs/index.ts";
import { CHECK_PACKAGES, RECHECK_REFUSALS } from "./recheck-after-changes.ts";
import {
  checkAll,
  checkChanged,
  collectGarbage,
  countOnCards,
  measureStorage,
  refreshDocuments,
  verifyCached,
  type ChecksDeps,
  type RefreshDeps,
  type VerifyCachedDeps,
} from "./registry/index.ts";

const COLLECT_GARBAGE = "collect-garbage";
const COUNT_DOWNLOADS = "count-downloads";
const MEASURE_STORAGE = "measure-storage";
const COMPARE_UPSTREAMS = "compare-upstreams";
const SYNC_ADVISORIES = "sync-advisories";
const PRUNE_DECISIONS = "prune-decisions";
const REFRESH_DOCUMENTS = "refresh-documents";
const VERIFY_ORIGINS = "verify-origins";
const MINUTES_PER_HOUR = 60;
const DAY_MS = 86_400_000;

/** Kinds of jobs that can be run by hand. */
export const JOB_KINDS: readonly string[] = [
  CHECK_PACKAGES,
  COLLECT_GARBAGE,
  COMPARE_UPSTREAMS,
  COUNT_DOWNLOADS,
  MEASURE_STORAGE,
  PRUNE_DECISIONS,
  RECHECK_REFUSALS,
  REFRESH_DOCUMENTS,
  SYNC_ADVISORIES,
  VERIFY_ORIGINS,
];

/** What runs at the same time everywhere. */
const NIGHTLY: readonly Schedule[] = [
  { name: COLLECT_GARBAGE, cron: "30 3 * * *", kind: COLLECT_GARBAGE },
  { name: PRUNE_DECISIONS, cron: "50 3 * * *", kind: PRUNE_DECISIONS },
  { name: COMPARE_UPSTREAMS, cron: "10 4 * * *", kind: COMPARE_UPSTREAMS },
  { name: REFRESH_DOCUMENTS, cron: "40 4 * * *", kind: REFRESH_DOCUMENTS },
  { name: VERIFY_ORIGINS, cron: "40 2 * * *", kind: VERIFY_ORIGINS },
  { name: CHECK_PACKAGES, cron: "10 5 * * *", kind: CHECK_PACKAGES },
  { name: MEASURE_STORAGE, cron: "55 * * * *", kind: MEASURE_STORAGE },
  { name: COUNT_DOWNLOADS, cron: "35 * * * *", kind: COUNT_DOWNLOADS },
  // More often than that: what is held is released at any hour.
  { name: RECHECK_REFUSALS, cron: "20 * * * *", kind: RECHECK_REFUSALS },
];

/** When the background work runs by itself, in UTC. Servers ask feeds at minutes of their own, told by their ids. */
export function schedulesOf({ feeds, refreshMinutes }: AdvisorySettings, instanceId: string): Schedule[] {
  if (feeds.length === 0) return [...NIGHTLY];
  const minute = Number.parseInt(instanceId.slice(0, 4), 16) % MINUTES_PER_HOUR;
  return [
    ...NIGHTLY,
    { name: SYNC_ADVISORIES, cron: refreshCron(refreshMinutes, minute), kind: SYNC_ADVISORIES, payload: {} },
    {
      name: "reconcile-advisories",
      cron: `${minute} 2 * * *`,
      kind: SYNC_ADVISORIES,
      payload: { full: true },
    },
  ];
}

function refreshCron(everyMinutes: number, minute: number): string {
  if (everyMinutes >= MINUTES_PER_HOUR) return `${minute} */${everyMinutes / MINUTES_PER_HOUR} * * *`;
  const times = MINUTES_PER_HOUR / everyMinutes;
  return `${Array.from({ length: times }, (_, at) => (minute % everyMinutes) + at * everyMinutes).join(",")} * * * *`;
}

/** Fetches what was never fetched as soon as work begins, behind the start. */
export async function enqueueFirstSync(
  { jobs, advisories }: { jobs: Pick<JobQueue, "enqueue">; advisories: Pick<Advisories, "state"> },
  { feeds }: AdvisorySettings,
): Promise<void> {
  const known = new Map(advisories.state().feeds.map((feed) => [feed.name, feed]));
  const isComplete = feeds.every(({ name, url }) => known.get(name)?.url === url);
  if (isComplete) return;
  await jobs.enqueue({ kind: SYNC_ADVISORIES, payload: {}, dedupeKey: "first-sync-advisories" });
}

/** What jobs work with. */
export interface JobDeps {
  db: Database;
  blobs: BlobStore;
  staging: StagingArea;
  advisories: Pick<Advisories, "sync">;
  /** How long the log of decisions is kept. */
  decisionDays: number;
  /** For each workspace, what its refusals are looked at again with. */
  rechecks: readonly (RecheckDeps & MalwareDeps)[];
  /** For each workspace, what the documents of its cached versions are asked for anew with. */
  refreshes: readonly RefreshDeps[];
  /** For each workspace, what is kept there is judged anew with. */
  checks: readonly ChecksDeps[];
  /** For each workspace, what the origin of its cached versions is verified with. */
  verifications: readonly VerifyCachedDeps[];
  /** Looks in every registry for versions that its upstreams disagree about; gives how many are new. */
  compareUpstreams(signal: AbortSignal): Promise<number>;
  now: () => number;
}

/** Makes the handlers of every kind of job. */
export function createJobHandlers(deps: JobDeps): JobHandler[] {
  return [
    ...decisionHandlers(deps),
    checkHandler(deps),
    {
      kind: REFRESH_DOCUMENTS,
      attemptsMax: 1,
      async run({ log, count, signal }) {
        for (const refresh of deps.refreshes) await refreshDocuments(refresh, { log, count, signal });
      },
    },
    {
      kind: VERIFY_ORIGINS,
      attemptsMax: 1,
      async run({ log, count, signal }) {
        for (const verification of deps.verifications) {
          await verifyCached(verification, { log, count, signal });
        }
      },
    },
    {
      kind: COMPARE_UPSTREAMS,
      attemptsMax: 3,
      async run({ count, signal }) {
        count("new disagreements", await deps.compareUpstreams(signal));
      },
    },
    {
      kind: COLLECT_GARBAGE,
      attemptsMax: 3,
      async run({ log, signal }) {
        await deps.staging.clean();
        const report = await collectGarbage(deps, { log, signal });
        log(
          `kept ${report.keptBlobs} blobs, removed ${report.removedBlobs} with ${report.removedBytes} bytes`,
        );
        log(`removed ${await purgeTokens(deps)} tokens that ended 30 days ago or earlier`);
        log(`removed ${await purgeSessions(deps)} sessions that ended 30 days ago or earlier`);
        log(`removed ${await purgeInvitations(deps)} invitations that ended 30 days ago or earlier`);
      },
    },
    {
      kind: SYNC_ADVISORIES,
      attemptsMax: 3,
      async run({ payload, log, count, signal }) {
        const wanted = (payload ?? {}) as { full?: unknown; acceptShrink?: unknown; isManual?: unknown };
        const options = {
          isFull: wanted.full === true,
          acceptsShrink: wanted.acceptShrink === true,
          isManual: wanted.isManual === true,
        };
        const { failed, epoch } = await deps.advisories.sync(options, { log, signal });
        count("failed feeds", failed.size);
        count("epochs", epoch === null ? 0 : 1);
      },
    },
  ];
}

function decisionHandlers(deps: JobDeps): JobHandler[] {
  return [
    {
      kind: PRUNE_DECISIONS,
      attemptsMax: 3,
      async run({ log, signal }) {
        const now = deps.now();
        const before = now - deps.decisionDays * DAY_MS;
        const removed = await pruneDecisions(deps, { before, now, signal });
        log(`removed ${removed} decisions that were older than ${deps.decisionDays} days`);
        await pruneCounts(deps, deps.now());
      },
    },
    { kind: MEASURE_STORAGE, attemptsMax: 1, run: () => measureStorage(deps.db, deps.now()) },
    {
      kind: COUNT_DOWNLOADS,
      attemptsMax: 1,
      run: () => countOnCards(deps.db, dayOf(deps.now())),
    },
    {
      kind: RECHECK_REFUSALS,
      attemptsMax: 3,
      async run({ log, count, signal }) {
        for (const recheck of deps.rechecks) {
          count("notices", await recheckRefusals(recheck, { log, signal }));
          count("malware notices", await tellOfMalware(recheck, signal));
        }
      },
    },
  ];
}

function checkHandler({ checks }: JobDeps): JobHandler {
  return {
    kind: CHECK_PACKAGES,
    attemptsMax: 2,
    async run({ payload, ...report }) {
      const wanted = (payload ?? {}) as { changed?: unknown; registryId?: unknown };
      const registryId = typeof wanted.registryId === "string" ? wanted.registryId : undefined;
      for (const check of checks) {
        const isFull = wanted.changed !== true;
        const found = isFull ? checkAll(check, report, registryId) : checkChanged(check, report);
        await tellOfFindings(check, await found);
      }
    },
  };
}
