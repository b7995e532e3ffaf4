import { isEntrepotError } from "@entrepot/core";
import { appendAuditEvents, systemActor, type NewAuditEvent } from "../changes/index.ts";
import { withoutNul, type Database } from "../db/index.ts";
import type { Log, Metrics } from "../telemetry/index.ts";
import { EventQueue } from "./event-queue.ts";

/** An event that is no change, as it is reported. */
export type AuditRecord = Omit<NewAuditEvent, "workspaceId" | "at">;

export interface RecorderDeps {
  db: Pick<Database, "write">;
  workspaceId: string;
  now: () => number;
  log: Pick<Log, "warn">;
  metrics?: Metrics;
}

/** Takes events at once and writes them behind the answers they belong to. */
export interface AuditRecorder {
  record(event: AuditRecord): void;
  /** Resolves when everything recorded so far is written, or given up for now. */
  flush(): Promise<void>;
  /** Stops, after a last write. */
  close(): Promise<void>;
}

const FLUSH_MS = 250;
/** The database did not take them; that does not pass in an instant. */
const RETRY_MS = 5_000;
const BATCH_MAX = 1_000;
const TEXT_CHARS_MAX = 300;

/**
 * Makes the recorder. At most 10,000 events wait; then the oldest are dropped and counted, in the log, in the metrics
 * and in the trail. `onWritten` hears of each write.
 */
export function createAuditRecorder(deps: RecorderDeps, onWritten: () => void): AuditRecorder {
  const lost = createLosses(deps.metrics);
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();
  const queue = new EventQueue((count) => lost.add(count, "queue-full"));

  async function writeAll(): Promise<void> {
    for (let batch = queue.take(BATCH_MAX); batch.length > 0; batch = queue.take(BATCH_MAX)) {
      if (!(await isWritten(batch))) return wake(RETRY_MS);
      onWritten();
    }
  }

  /** False when the batch waits again. */
  async function isWritten(batch: readonly NewAuditEvent[]): Promise<boolean> {
    const { count } = lost;
    const events = count === 0 ? batch : [eventOf(deps, droppedEvent(count)), ...batch];
    try {
      await deps.db.write((trx) => appendAuditEvents(trx, events));
      lost.told(count);
      if (count > 0) deps.log.warn("audit events dropped", { count });
      return true;
    } catch (error) {
      deps.log.warn("audit events not written", { error, count: batch.length });
      const isWaiting = isEntrepotError(error, "storage-unavailable");
      if (isWaiting) queue.giveBack(batch);
      else lost.add(batch.length, "not-written");
      return !isWaiting;
    }
  }

  function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    running = running.then(writeAll);
    return running;
  }

  function wake(afterMs: number): void {
    timer ??= setTimeout(() => void flush(), afterMs).unref();
  }

  return {
    record(event) {
      queue.add(eventOf(deps, event));
      wake(FLUSH_MS);
    },
    flush,
    async close() {
      await flush();
      if (timer !== null) clearTimeout(timer);
    },
  };
}

interface Losses {
  /** Events that were lost and not told of yet. */
  readonly count: number;
  add(count: number, reason: "queue-full" | "not-written"): void;
  told(count: number): void;
}

function createLosses(metrics: Metrics | undefined): Losses {
  const name = "entrepot_audit_events_dropped_total";
  // Shown from the start, so that an alert on it has something to look at.
  metrics?.counter(name, { reason: "queue-full" });
  let untold = 0;
  return {
    get count() {
      return untold;
    },
    add(count, reason) {
      untold += count;
      const meter = metrics?.counter(name, { reason });
      if (meter !== undefined) meter.value += count;
    },
    told(count) {
      untold -= count;
    },
  };
}

function droppedEvent(count: number): AuditRecord {
  return {
    kind: "events-dropped",
    actor: systemActor("system"),
    registryId: null,
    registry: null,
    packageName: null,
    result: "failed",
    detail: { count },
  };
}

// Much of it came with a request: it is cut, and PostgreSQL takes no NUL.
function eventOf({ workspaceId, now }: RecorderDeps, event: AuditRecord): NewAuditEvent {
  const { actor } = event;
  return {
    ...event,
    workspaceId,
    at: now(),
    actor: {
      name: cut(actor.name) ?? "",
      credential: cut(actor.credential),
      address: cut(actor.address),
      client: cut(actor.client),
    },
    registry: cut(event.registry),
    packageName: cut(event.packageName),
  };
}

function cut(text: string | null): string | null {
  return text === null ? null : withoutNul(text.slice(0, TEXT_CHARS_MAX));
}
