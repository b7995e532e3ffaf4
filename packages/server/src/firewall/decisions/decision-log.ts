import { isEntrepotError } from "@entrepot/core";
import { createEventLimit, type AuditTrail } from "../../audit/index.ts";
import { systemActor } from "../../changes/index.ts";
import { isForeignKeyViolation, type Database } from "../../db/index.ts";
import type { Log, Metrics } from "../../telemetry/index.ts";
import { FINDING_RULES } from "../findings/finding.ts";
import { openRefused, type RefusedVersion } from "../findings/record-findings.ts";
import type { Asker, Decided, WaitingDecision } from "./decision.ts";
import { createDecisionQueue } from "./decision-queue.ts";
import { appendDecisions } from "./write-decisions.ts";

export interface DecisionLogDeps {
  db: Pick<Database, "write">;
  workspaceId: string;
  now: () => number;
  log: Pick<Log, "warn">;
  audit: Pick<AuditTrail, "record">;
  metrics?: Metrics;
  /** Decisions that may wait; for tests. */
  waitingMax?: number;
}

/**
 * What was served to whom, and what was refused. Noting something never blocks and never throws; it is written
 * about a second later, together with whatever else happened.
 */
export interface DecisionLog {
  record(decided: Decided, asker: Asker): void;
  /** Records unless the same asker got the same within the last minute. */
  recordOncePerMinute(decided: Decided, asker: Asker): void;
  /** Resolves when everything recorded so far is written, or given up for now. */
  flush(): Promise<void>;
  /** Does so for anybody who only reads: once a second at most, however many ask; others wait for what is under way. */
  catchUp(): Promise<void>;
  /** Stops, after a last write. */
  close(): Promise<void>;
}

const FLUSH_MS = 1_000;
/** The database did not take them; that does not pass in an instant. */
const RETRY_MS = 5_000;
const WAITING_MAX = 50_000;
/** Making the statement of so many takes some milliseconds. */
const BATCH_MAX = 500;
/** Refusals that are told apart between two writes. */
const REFUSALS_MAX = 10_000;
const MINUTE_MS = 60_000;
const METRIC = "entrepot_decisions_dropped_total";

/**
 * Makes the log of one workspace. At most 50,000 decisions wait; what comes then is lost and counted: in the log, in the
 * metrics and in the audit trail.
 */
export function createDecisionLog(deps: DecisionLogDeps): DecisionLog {
  const lost = createLosses(deps);
  const queue = createDecisionQueue(deps.waitingMax ?? WAITING_MAX);
  const isFirstInMinute = createMinuteLimit(deps.now);
  const intern = createInterning();
  const isFirstRefusal = createMinuteLimit(deps.now);
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();
  const isDue = createPacer(deps.now);

  async function writeAll(): Promise<void> {
    intern.clear();
    const taken = queue.take();
    for (let at = 0; at < taken.length; at += BATCH_MAX) {
      const batch = taken.slice(at, at + BATCH_MAX);
      if (await isWritten(deps, lost, batch)) {
        const refused = batch.filter(
          ({ decided, asker }) => isFindable(decided) && isFirstRefusal(decided, asker),
        );
        await openFindings(deps, refused);
        continue;
      }
      lost.add(queue.giveBack(taken.slice(at)), "queue-full");
      wake(RETRY_MS);
      break;
    }
    lost.tell();
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

  function record(decided: Decided, asker: Asker): void {
    const known = decided.outcome === "served" ? decided : intern.of(decided);
    if (!queue.add(known, asker)) lost.add(1, "queue-full");
    wake(FLUSH_MS);
  }

  return {
    record,
    recordOncePerMinute(decided, asker) {
      if (isFirstInMinute(decided, asker)) record(decided, asker);
    },
    flush,
    catchUp: () => (isDue() ? flush() : running),
    async close() {
      await flush();
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** Says yes once a second at most. */
function createPacer(now: () => number): () => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const at = now();
    // A clock that was set back does not make anybody wait for longer.
    if (Math.abs(at - last) < FLUSH_MS) return false;
    last = at;
    return true;
  };
}

/** False when it is worth trying again. */
async function isWritten(
  { db, log, workspaceId }: DecisionLogDeps,
  lost: Losses,
  decisions: readonly WaitingDecision[],
): Promise<boolean> {
  try {
    await db.write((trx) => appendDecisions(trx, { workspaceId, decisions }));
    return true;
  } catch (error) {
    log.warn("decisions not written", { error, count: decisions.length });
    if (isEntrepotError(error, "storage-unavailable")) return false;
    lost.add(decisions.length, "not-written");
    return true;
  }
}

/** Tells whether somebody has to look at what was refused, so that it can be used or got rid of. */
function isFindable({ outcome, purpose, version, rule }: Decided): boolean {
  return (
    outcome === "refused" &&
    purpose !== "publish" &&
    version !== "*" &&
    rule !== null &&
    FINDING_RULES.has(rule)
  );
}

// The log is written already: nobody's finding may cost an entry of it.
async function openFindings(deps: DecisionLogDeps, decisions: readonly WaitingDecision[]): Promise<void> {
  // Each registry alone, because one that was deleted meanwhile takes no findings.
  for (const id of new Set(decisions.map(({ decided }) => decided.registryId))) {
    await openInRegistry(
      deps,
      decisions.filter(({ decided }) => decided.registryId === id),
    );
  }
}

async function openInRegistry(
  { db, log, workspaceId, now }: DecisionLogDeps,
  decisions: readonly WaitingDecision[],
): Promise<void> {
  const refused = decisions.map(
    ({ decided: { registryId, name, version, rule, reason } }): RefusedVersion => ({
      workspaceId,
      registryId,
      name,
      version,
      rule: rule ?? "",
      reason: reason ?? "",
    }),
  );
  try {
    await db.write((trx) => openRefused(trx, refused, now()));
  } catch (error) {
    if (isForeignKeyViolation(error)) return;
    log.warn("findings not written", { error, count: refused.length });
  }
}

interface Losses {
  add(count: number, reason: "queue-full" | "not-written"): void;
  /** Says how many there were since the last time. */
  tell(): void;
}

function createLosses({ log, audit, metrics }: DecisionLogDeps): Losses {
  let untold = 0;
  // Shown from the start, so that an alert on it has something to look at.
  metrics?.counter(METRIC, { reason: "queue-full" });
  return {
    add(count, reason) {
      untold += count;
      const meter = count === 0 ? undefined : metrics?.counter(METRIC, { reason });
      if (meter !== undefined) meter.value += count;
    },
    tell() {
      if (untold === 0) return;
      log.warn("decisions dropped", { count: untold });
      audit.record(droppedEvent(untold));
      untold = 0;
    },
  };
}

interface Interning {
  of(decided: Decided): Decided;
  clear(): void;
}

/** Gives one object for equal refusals: each of them comes with an error of its own. */
function createInterning(): Interning {
  const known = new Map<string, Decided>();
  return {
    of(decided) {
      const { registryId, name, version, outcome, purpose, rule } = decided;
      const key = [registryId, name, version, outcome, purpose, rule].join("\n");
      const found = known.get(key);
      if (found !== undefined) return found;
      if (known.size < REFUSALS_MAX) known.set(key, decided);
      return decided;
    },
    clear: () => known.clear(),
  };
}

function createMinuteLimit(now: () => number): (decided: Decided, asker: Asker) => boolean {
  const limit = createEventLimit(now);
  /** Who got the same last, which spares most of them the look-up by name. */
  const latest = new WeakMap<Decided, Asker>();
  return (decided, asker) => {
    const before = latest.get(decided);
    if (before !== undefined && isWithinMinute(before, asker)) return false;
    if (limit.take(keyOf(decided, asker), 1) === null) return false;
    latest.set(decided, asker);
    return true;
  };
}

function isWithinMinute(before: Asker, asker: Asker): boolean {
  const isSame = before.principal === asker.principal && before.address === asker.address;
  return isSame && asker.at >= before.at && asker.at - before.at < MINUTE_MS;
}

function keyOf(decided: Decided, asker: Asker): string {
  const { registryId, name, version, outcome, purpose } = decided;
  return [registryId, name, version, outcome, purpose, asker.principal, asker.address].join("\n");
}

function droppedEvent(count: number): Parameters<AuditTrail["record"]>[0] {
  return {
    kind: "events-dropped",
    actor: systemActor("system"),
    registryId: null,
    registry: null,
    packageName: null,
    result: "failed",
    detail: { count, of: "decisions" },
  };
}
