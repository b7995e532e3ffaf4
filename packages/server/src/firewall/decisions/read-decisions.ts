import { performance } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { sql, type Selectable, type SelectQueryBuilder } from "kysely";
import type { Database, DecisionsTable, Schema } from "../../db/index.ts";
import { newestDecision, seqSince } from "./seq-since.ts";

export type DecisionRow = Selectable<DecisionsTable>;

/** Which decisions are wanted; what is left out does not matter. */
export interface DecisionFilter {
  /** Milliseconds since 1970, inclusive. */
  since?: number;
  /** Milliseconds since 1970, exclusive. */
  until?: number;
  registryId?: string;
  /** Name at the time of the decision. */
  registry?: string;
  name?: string;
  version?: string;
  outcome?: DecisionsTable["outcome"];
  rule?: string;
  principal?: string;
  credential?: string;
  project?: string;
}

/** Some decisions, and where the next ones begin. */
export interface DecisionPage {
  rows: DecisionRow[];
  /** Give it as `before` for older ones; null when there are none. */
  next: number | null;
}

export interface ReadDecisionsDeps {
  db: Pick<Database, "read">;
  workspaceId: string;
}

/** Rows that one statement looks at: on SQLite it holds up the thread, for some milliseconds then. */
const STEP = 4_000;
/** There is an index of what was refused, and those are few. */
const STEP_REFUSED = 200_000;
/** Longest search for a page. */
const SEARCH_MS_MAX = 2_000;

/**
 * Reads decisions, the newest first, those before the number `before` only. A search that takes long ends early: then
 * there are fewer than wanted, or none, and `next` says where to go on.
 */
export async function listDecisions(
  deps: ReadDecisionsDeps,
  wanted: { filter: DecisionFilter; before: number | null; limit: number },
): Promise<DecisionPage> {
  const { filter, limit } = wanted;
  const giveUpAt = performance.now() + SEARCH_MS_MAX;
  const oldest = filter.since === undefined ? 1 : await seqSince(deps.db, filter.since);
  const step = stepFor(filter);
  const rows: DecisionRow[] = [];
  let before = Math.min(wanted.before ?? Infinity, (await newestDecision(deps.db)) + 1);
  while (before > oldest && performance.now() < giveUpAt) {
    const from = Math.max(oldest, before - step);
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
  return { rows, next: before > oldest ? before : null };
}

/** Gives decisions in their order, step by step, up to the newest one of now; only those after the number `after`. */
export async function* decisionsInOrder(
  deps: ReadDecisionsDeps,
  filter: DecisionFilter,
  after = 0,
): AsyncGenerator<DecisionRow[]> {
  const newest = await newestDecision(deps.db);
  const since = filter.since === undefined ? 1 : await seqSince(deps.db, filter.since);
  const first = Math.max(since, after + 1);
  for (let from = first; from <= newest; from += STEP) {
    const rows = await matching(deps, filter)
      .where("seq", ">=", from)
      .where("seq", "<", Math.min(from + STEP, newest + 1))
      .orderBy("seq")
      .execute();
    if (rows.length > 0) yield rows;
    await nextTurn();
  }
}

/** Gives decisions, the newest first, step by step. */
export async function* decisionsNewestFirst(
  deps: ReadDecisionsDeps,
  filter: DecisionFilter,
): AsyncGenerator<DecisionRow[]> {
  let before: number | null = null;
  do {
    const page: DecisionPage = await listDecisions(deps, { filter, before, limit: STEP });
    yield page.rows;
    before = page.next;
  } while (before !== null);
}

function stepFor({ name, version, outcome }: DecisionFilter): number {
  if (name !== undefined && version !== undefined) return Number.MAX_SAFE_INTEGER;
  return outcome === "refused" ? STEP_REFUSED : STEP;
}

type DecisionQuery = SelectQueryBuilder<Schema, "decisions", DecisionRow>;

function matching({ db, workspaceId }: ReadDecisionsDeps, filter: DecisionFilter): DecisionQuery {
  let query = db.read
    .selectFrom("decisions")
    .selectAll()
    .where(byNumber("workspace_id", filter), "=", workspaceId);
  const equal = {
    registry_id: filter.registryId,
    registry: filter.registry,
    version: filter.version,
    outcome: filter.outcome,
    rule: filter.rule,
    principal: filter.principal,
    credential: filter.credential,
    project: filter.project,
  } as const;
  for (const [column, value] of Object.entries(equal)) {
    if (value !== undefined) query = query.where(column as keyof typeof equal, "=", value);
  }
  // As a literal, by which SQLite sees that the index of them serves.
  if (filter.outcome === "refused") query = query.where("outcome", "=", sql.lit("refused"));
  if (filter.name !== undefined) query = query.where(byNumber("name", filter), "=", filter.name);
  if (filter.since !== undefined) query = query.where("at", ">=", filter.since);
  if (filter.until !== undefined) query = query.where("at", "<", filter.until);
  return query;
}

// SQLite would take the index by workspace and name, whose parts lie all over the numbers, and in each step read all of
// the workspace, or of the name. Hidden in an expression, the column calls for no index.
function byNumber<Column extends "workspace_id" | "name">(
  column: Column,
  filter: DecisionFilter,
): Column | ReturnType<typeof sql<string>> {
  return stepFor(filter) === STEP ? sql<string>`(${sql.ref(column)} || '')` : column;
}
