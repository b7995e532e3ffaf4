import type { Change } from "../changes/index.ts";
import type { Database } from "../db/index.ts";
import { networkPlace } from "../telemetry/index.ts";
import { createAuditRecorder, type AuditRecord, type RecorderDeps } from "./audit-recorder.ts";
import { createEventLimit } from "./event-limit.ts";
import { createSealer } from "./sealer.ts";

export interface TrailDeps extends RecorderDeps {
  db: Database;
  /** Tells of changes, this process's and others', whose events are to be sealed. */
  changes: { subscribe(listener: (changes: readonly Change[]) => void): () => void };
}

/** The audit trail as this process writes it. */
export interface AuditTrail {
  /** Records an event; it is written within a quarter of a second. Never throws. */
  record(event: AuditRecord): void;
  /**
   * Records an event unless there were so many of its kind from its place in the network in this minute; with `per`, for
   * that alone. Of strangers, wherever they are, it is 600 of each kind. The next one that is recorded says in `omitted`
   * how many were not.
   */
  recordAtMost(limit: { perMinute: number; per?: string }, event: AuditRecord): void;
  /** Writes and seals everything recorded so far; happens by itself. */
  settle(): Promise<void>;
  /** Writes, seals and stops. */
  close(): Promise<void>;
}

/** Most events of one kind in a minute of whom nobody knows, since addresses cost them nothing. */
const STRANGERS_PER_MINUTE = 600;
/** What happens to people before it is known who they are, whatever name they gave. */
const BEFORE_SIGN_IN: ReadonlySet<AuditRecord["kind"]> = new Set<AuditRecord["kind"]>([
  "sign-in-failed",
  "sign-in-limited",
]);

/** Opens the trail and seals what an earlier process left unsealed, behind the caller's back. */
export function createAuditTrail(deps: TrailDeps): AuditTrail {
  const sealer = createSealer(deps.db, (error) => deps.log.warn("audit events not sealed", { error }));
  const recorder = createAuditRecorder(deps, () => sealer.wake());
  const isWithin = createFloodGuard(deps.now);
  const unsubscribe = deps.changes.subscribe(() => sealer.wake());
  sealer.wake();
  return {
    record: (event) => recorder.record(event),
    recordAtMost(limit, event) {
      const taken = isWithin(limit, event);
      if (taken === null) return;
      const { omitted } = taken;
      recorder.record(omitted === 0 ? event : { ...event, detail: { ...event.detail, omitted } });
    },
    async settle() {
      await recorder.flush();
      await sealer.seal();
    },
    async close() {
      unsubscribe();
      await recorder.close();
      await sealer.close();
    },
  };
}

type FloodGuard = (
  limit: { perMinute: number; per?: string },
  event: AuditRecord,
) => { omitted: number } | null;

// The sums are counted apart, where ever new addresses do not push them out.
function createFloodGuard(now: () => number): FloodGuard {
  const places = createEventLimit(now);
  const sums = createEventLimit(now);
  return ({ perMinute, per = "" }, { kind, actor }) => {
    const place = networkPlace(actor.address ?? "");
    const taken = places.take(`${kind} ${place} ${per}`, perMinute);
    const isStranger = actor.credential === null || BEFORE_SIGN_IN.has(kind);
    if (taken === null || !isStranger) return taken;
    return sums.take(kind, STRANGERS_PER_MINUTE, taken.omitted);
  };
}
