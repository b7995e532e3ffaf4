import type { Change, ChangeKind, ChangeLog } from "./changes/index.ts";
import type { JobQueue, NewJob } from "./jobs/index.ts";
import type { Log } from "./telemetry/index.ts";

/** Changes after which versions that were refused may be allowed, or the other way round. */
const JUDGING: ReadonlySet<ChangeKind> = new Set<ChangeKind>([
  "status-changed",
  "policy-changed",
  "exception-changed",
  "integrity-changed",
  "advisories-changed",
  "proof-changed",
]);
/** Changes seldom come alone. */
const DELAY_MS = 30_000;
const GATHER_MS = 1_000;
const PUBLISH_DELAY_MS = 5_000;
/** An installation brings many, and must not be held up by what follows it. */
const DOWNLOAD_DELAY_MS = 60_000;

/** The job that tells people that they may have what was refused to them. */
export const RECHECK_REFUSALS = "recheck-refusals";
/** The job that judges anew what is kept here. */
export const CHECK_PACKAGES = "check-packages";

/** A job that follows changes, once for all that come within a while. */
interface Follower extends Pick<NewJob, "kind" | "payload"> {
  /** The same for all processes. */
  dedupeKey: string;
  delayMs: number;
}

/** What changed it finds out itself, so that one that waits will do for all. */
const CHECK_CHANGED = {
  kind: CHECK_PACKAGES,
  payload: { changed: true },
  dedupeKey: `${CHECK_PACKAGES}:changed`,
};

interface Rule extends Follower {
  concerns(change: Change): boolean;
}

const FOLLOWERS: readonly Rule[] = [
  {
    kind: RECHECK_REFUSALS,
    payload: {},
    dedupeKey: RECHECK_REFUSALS,
    delayMs: DELAY_MS,
    concerns: ({ kind }) => JUDGING.has(kind),
  },
  { ...CHECK_CHANGED, delayMs: DELAY_MS, concerns: ({ kind }) => JUDGING.has(kind) },
  {
    ...CHECK_CHANGED,
    delayMs: PUBLISH_DELAY_MS,
    concerns: ({ kind }) => kind === "version-published" || kind === "version-overwritten",
  },
];

interface QueueDeps {
  jobs: Pick<JobQueue, "enqueue">;
  now: () => number;
  log: Pick<Log, "warn">;
}

/** Queues the jobs behind changes of policy and of what is kept, once for all that come within a while. */
export function recheckAfterChanges(deps: QueueDeps & { changes: Pick<ChangeLog, "subscribe"> }): void {
  for (const { concerns, ...job } of FOLLOWERS) {
    const queue = queueOnce(deps, job);
    deps.changes.subscribe((batch) => {
      if (batch.some(concerns)) queue();
    });
  }
}

/** Makes what queues the check of what came from upstreams, to be called whenever something did. */
export function checkAfterDownloads(deps: QueueDeps): () => void {
  return queueOnce(deps, { ...CHECK_CHANGED, delayMs: DOWNLOAD_DELAY_MS });
}

// The job that waits may run earlier than was asked for here, as others ask for it too; so it is asked for again behind
// each change, but not more often than that.
function queueOnce({ jobs, now, log }: QueueDeps, { delayMs, ...job }: Follower): () => void {
  let timer: NodeJS.Timeout | null = null;
  function queue(): void {
    timer = null;
    jobs.enqueue({ ...job, runAt: now() + delayMs }).catch((error: unknown) => {
      log.warn("a job could not be queued", { error, reason: job.kind });
    });
  }
  return () => {
    timer ??= setTimeout(queue, GATHER_MS).unref();
  };
}
