import type { Database, DecisionsTable } from "../../db/index.ts";
import { hourOf } from "./count-decisions.ts";

const HOUR_MS = 3_600_000;

/** How many decisions there were in an hour. */
export interface DecisionCount {
  /** When the hour began, in milliseconds. */
  at: number;
  outcome: DecisionsTable["outcome"];
  /** Null for what nothing was said against. */
  rule: string | null;
  count: number;
}

/** Counts the decisions in some registries since a moment, by hour, outcome and rule. Times are milliseconds. */
export async function readDecisionCounts(
  { db, workspaceId }: { db: Pick<Database, "read">; workspaceId: string },
  { registryIds, since }: { registryIds: readonly string[]; since: number },
): Promise<DecisionCount[]> {
  if (registryIds.length === 0) return [];
  const rows = await db.read
    .selectFrom("decision_counts")
    .select(["hour", "outcome", "rule", (eb) => eb.fn.sum<number | string>("count").as("sum")])
    .where("workspace_id", "=", workspaceId)
    .where("hour", ">=", hourOf(since))
    .where("registry_id", "in", [...registryIds])
    .groupBy(["hour", "outcome", "rule"])
    .orderBy("hour")
    .execute();
  return rows.map(({ hour, outcome, rule, sum }) => ({
    at: hour * HOUR_MS,
    outcome,
    rule: rule === "" ? null : rule,
    count: Number(sum),
  }));
}
