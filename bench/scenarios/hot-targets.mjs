import { acceptOf } from "../harness/corpus.mjs";
import { measureThroughput } from "../load/throughput.mjs";
import { wrkUnavailable } from "../load/wrk.mjs";

/** One target per shared server for one measured URL. */
export async function sharedTargets(context, { path, form }, isConditional = false) {
  const running = await context.shared();
  return [...running].map(([column, { url, pid }]) => ({
    column,
    url: `${url}${path}`,
    headers: { Accept: acceptOf(form) },
    pid,
    isConditional,
  }));
}

/**
 * Measures a row of answers per second.
 *
 * @param {import("../harness/context.mjs").Context} context
 * @param {{ id: string, label: string, subject?: string, against?: string }} row
 * @param {import("../load/throughput.mjs").Target[]} targets
 * @returns {Promise<import("../report/rows.mjs").Row>}
 */
export async function throughputRow(context, row, targets) {
  context.progress(row.label);
  return { ...row, unit: "answers/s", cells: await measureThroughput(context, targets) };
}

/** The reason why answers per second cannot be measured here, or null. */
export function unavailable() {
  return wrkUnavailable();
}
