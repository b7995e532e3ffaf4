import type { Change } from "../changes/index.ts";
import type { Database } from "../db/index.ts";
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
   * Records an event unless there were so many of its kind from its address in this minute; with `per`, for that alone.
   * The next one that is recorded says in `omitted` how many were not.
   */
  recordAtMost(limit: { perMinute: number; per?: string }, event: AuditRecord): void;
  /** Writes and seals everything recorded so far; happens by itself. */
  settle(): Promise<void>;
  /** Writes, seals and stops. */
  close(): Promise<void>;
}

/** Opens the trail and seals what an earlier process left unsealed, behind the caller's back. */
export function createAuditTrail(deps: TrailDeps): AuditTrail {
  const sealer = createSealer(deps.db, (error) => deps.log.warn("audit events not sealed", { error }));
  const recorder = createAuditRecorder(deps, () => sealer.wake());
  const limit = createEventLimit(deps.now);
  const unsubscribe = deps.changes.subscribe(() => sealer.wake());
  sealer.wake();
  return {
    record: (event) => recorder.record(event),
    recordAtMost({ perMinute, per = "" }, event) {
      const taken = limit.take(`${event.kind} ${event.actor.address ?? ""} ${per}`, perMinute);
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
