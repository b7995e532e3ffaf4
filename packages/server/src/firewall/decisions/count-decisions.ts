import { sql, type Transaction } from "kysely";
import { columnList, jsonRows, type Schema } from "../../db/index.ts";
import { LOOK, type WaitingDecision } from "./decision.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const DOWNLOADS = {
  registry_id: "text",
  name: "text",
  version: "text",
  day: "bigint",
  count: "bigint",
} as const;
const DECISIONS = {
  workspace_id: "text",
  registry_id: "text",
  hour: "bigint",
  outcome: "text",
  rule: "text",
  count: "bigint",
} as const;

/** The day of a moment in milliseconds, counted from 1970 in UTC. */
export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** The hour of a moment in milliseconds, counted from 1970. */
export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS);
}

/** Adds decisions to the counts that charts and overviews are read from. */
export async function countDecisions(
  trx: Transaction<Schema>,
  { workspaceId, decisions }: { workspaceId: string; decisions: readonly WaitingDecision[] },
): Promise<void> {
  // Who looked into a version was not served it.
  const counted = decisions.filter(
    ({ decided: { outcome, purpose } }) => outcome !== "served" || purpose !== LOOK,
  );
  if (counted.length === 0) return;
  const served = counted.filter(({ decided }) => decided.outcome === "served");
  const downloads = summed(served, ({ decided, asker }) => {
    const { registryId, name, version } = decided;
    return { registry_id: registryId, name, version, day: dayOf(asker.at) };
  });
  const kinds = summed(counted, ({ decided, asker }) => {
    const { registryId, outcome, rule } = decided;
    const hour = hourOf(asker.at);
    return { workspace_id: workspaceId, registry_id: registryId, hour, outcome, rule: rule ?? "" };
  });
  if (downloads.length > 0) {
    await sql`
      insert into download_counts (${columnList(DOWNLOADS)}) ${jsonRows(trx, DOWNLOADS, downloads)}
      on conflict (registry_id, name, day, version) do update set count = download_counts.count + excluded.count
    `.execute(trx);
  }
  await sql`
    insert into decision_counts (${columnList(DECISIONS)}) ${jsonRows(trx, DECISIONS, kinds)}
    on conflict (workspace_id, hour, registry_id, outcome, rule)
    do update set count = decision_counts.count + excluded.count
  `.execute(trx);
}

// In one order everywhere, so that processes that count the same things at once do not wait for each other in a ring.
function summed<K extends object>(
  decisions: readonly WaitingDecision[],
  keyOf: (decision: WaitingDecision) => K,
): (K & { count: number })[] {
  const sums = new Map<string, K & { count: number }>();
  for (const decision of decisions) {
    const key = keyOf(decision);
    const text = JSON.stringify(key);
    const sum = sums.get(text) ?? { ...key, count: 0 };
    sum.count += decision.count;
    sums.set(text, sum);
  }
  return [...sums].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, sum]) => sum);
}
