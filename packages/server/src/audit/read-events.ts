import { performance } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { SelectQueryBuilder } from "kysely";
import type { AuditResult } from "../changes/index.ts";
import type { AuditRow, Database, Schema } from "../db/index.ts";

/** Which events are wanted; what is left out does not matter. */
export interface AuditFilter {
  /** Milliseconds since 1970, inclusive. */
  from?: number;
  /** Milliseconds since 1970, exclusive. */
  to?: number;
  actor?: string;
  kind?: string;
  registry?: string;
  packageName?: string;
  result?: AuditResult;
  credential?: string;
}

/** Some events, and where the next ones begin. */
export interface EventPage {
  rows: AuditRow[];
  /** Give it as `before` for older ones; null when there are none. */
  next: number | null;
}

export interface ReadDeps {
  db: Pick<Database, "read">;
  workspaceId: string;
}

/** Events that one statement looks at: on SQLite it holds up the thread, for some milliseconds then. */
const STEP = 4_000;
const EXPORT_STEP = 1_000;
/** Longest search for a page. */
const SEARCH_MS_MAX = 2_000;

/**
 * Reads events, the newest first, those before the number `before` only. A search that takes long ends early: then there
 * are fewer events than wanted, or none, and `next` says where to go on.
 */
export async function listEvents(
  deps: ReadDeps,
  wanted: { filter: AuditFilter; before: number | null; limit: number },
): Promise<EventPage> {
  const { filter, limit } = wanted;
  const giveUpAt = performance.now() + SEARCH_MS_MAX;
  const rows: AuditRow[] = [];
  let before = Math.min(wanted.before ?? Infinity, (await newestSeq(deps.db)) + 1);
  while (before > 1 && performance.now() < giveUpAt) {
    const from = Math.max(1, before - STEP);
    const found = await matching(deps, filter)
      .where("seq", ">=", from)
      .where("seq", "<", before)
      .orderBy("seq", "desc")
      .limit(limit - rows.length)
      .execute();
    rows.push(...found);
    before = from;
    if (rows.length === limit) {
      before = rows.at(-1)?.seq ?? before;
      break;
    }
    await nextTurn();
  }
  return { rows, next: before > 1 ? before : null };
}

/** Gives events in their order, in steps of at most 1,000, up to the newest one of now. */
export async function* eventsInOrder(deps: ReadDeps, filter: AuditFilter): AsyncGenerator<AuditRow[]> {
  const newest = await newestSeq(deps.db);
  for (let after = 0; after < newest; after += EXPORT_STEP) {
    const rows = await matching(deps, filter)
      .where("seq", ">", after)
      .where("seq", "<=", Math.min(after + EXPORT_STEP, newest))
      .orderBy("seq")
      .execute();
    if (rows.length > 0) yield rows;
    await nextTurn();
  }
}

type EventQuery = SelectQueryBuilder<Schema, "audit_events", AuditRow>;

function matching({ db, workspaceId }: ReadDeps, filter: AuditFilter): EventQuery {
  let query = db.read.selectFrom("audit_events").selectAll().where("workspace_id", "=", workspaceId);
  const equal = {
    actor: filter.actor,
    kind: filter.kind,
    registry: filter.registry,
    package: filter.packageName,
    result: filter.result,
    credential: filter.credential,
  } as const;
  for (const [column, value] of Object.entries(equal)) {
    if (value !== undefined) query = query.where(column as keyof typeof equal, "=", value);
  }
  if (filter.from !== undefined) query = query.where("at", ">=", filter.from);
  if (filter.to !== undefined) query = query.where("at", "<", filter.to);
  return query;
}

/** The number of the newest event; 0 when there is none. */
async function newestSeq(db: Pick<Database, "read">): Promise<number> {
  const row = await db.read
    .selectFrom("audit_events")
    .select("seq")
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.seq ?? 0;
}
