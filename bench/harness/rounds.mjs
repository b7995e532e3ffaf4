import { median } from "./statistics.mjs";

/**
 * Measures all competitors in turn, A B C D A B C D …, so that a slow minute of the machine hits all alike. A
 * competitor that fails is noted and left out of the later rounds.
 *
 * @template Competitor
 * @param {{ column: string }[] & Competitor[]} competitors
 * @param {number} rounds
 * @param {(competitor: Competitor, round: number) => Promise<{ value: number, notes?: string[], facts?:
 * object }>} measure
 * @returns {Promise<Record<string, import("../report/rows.mjs").Cell>>}
 */
export async function inTurn(competitors, rounds, measure) {
  const collected = new Map(
    competitors.map(({ column }) => [column, { samples: [], notes: new Set(), facts: {}, hasFailed: false }]),
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const competitor of competitors) {
      const entry = collected.get(competitor.column);
      if (entry.hasFailed) continue;
      try {
        const { value, notes = [], facts = {} } = await measure(competitor, round);
        entry.samples.push(value);
        notes.forEach((note) => entry.notes.add(note));
        Object.assign(entry.facts, facts);
      } catch (error) {
        entry.hasFailed = true;
        entry.notes.add(`failed: ${error.message}`);
      }
    }
  }
  const cells = {};
  for (const [column, entry] of collected) {
    cells[column] = {
      value: median(entry.samples),
      samples: entry.samples,
      notes: [...entry.notes],
      facts: entry.facts,
    };
  }
  return cells;
}
