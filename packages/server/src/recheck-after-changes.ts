import type { ChangeKind, ChangeLog } from "./changes/index.ts";
import type { JobQueue } from "./jobs/index.ts";
import type { Log } from "./telemetry/index.ts";

/** Changes after which versions that were refused may be allowed. */
const RELEASING: ReadonlySet<ChangeKind> = new Set<ChangeKind>([
  "status-changed",
  "policy-changed",
  "exception-changed",
  "advisories-changed",
]);
/** Changes seldom come alone. */
const DELAY_MS = 30_000;

/** The job that tells people that they may have what was refused to them. */
export const RECHECK_REFUSALS = "recheck-refusals";

/** Queues the job behind changes of policy, once for all that come within half a minute. Returns how to stop. */
export function recheckAfterChanges(deps: {
  changes: Pick<ChangeLog, "subscribe">;
  jobs: Pick<JobQueue, "enqueue">;
  now: () => number;
  log: Pick<Log, "warn">;
}): () => void {
  let queuedFor = 0;
  return deps.changes.subscribe((batch) => {
    const now = deps.now();
    const isQueued = now < queuedFor && queuedFor <= now + DELAY_MS;
    if (isQueued || !batch.some(({ kind }) => RELEASING.has(kind))) return;
    queuedFor = now + DELAY_MS;
    const job = { kind: RECHECK_REFUSALS, payload: {}, runAt: queuedFor, dedupeKey: RECHECK_REFUSALS };
    deps.jobs.enqueue(job).catch((error: unknown) => {
      queuedFor = 0;
      deps.log.warn("a job could not be queued", { error, reason: RECHECK_REFUSALS });
    });
  });
}
