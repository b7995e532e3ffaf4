/**
 * What one competitor did in one row.
 *
 * @typedef {object} Cell
 * @property {number} value       median of the samples; NaN when there is none
 * @property {number[]} samples
 * @property {string[]} notes     what a reader must know: failures, limits
 * @property {object} facts       further figures, in the JSON only
 */

/**
 * One line of the table.
 *
 * @typedef {object} Row
 * @property {string} id                stable: `<scenario>.<what>`
 * @property {string} label
 * @property {"answers/s" | "packages/s" | "ms" | "MiB" | "requests"} unit
 * @property {Record<string, Cell>} cells   by column: a competitor's id, or a variant's name
 * @property {string} [subject]         the column whose ratios are printed, where it is not the run's subject
 * @property {string} [against]         a column of its own to compare with, beside the competitors
 */

/** A cell of one value. */
export function cellOf(value, notes = [], facts = {}) {
  return { value, samples: Number.isNaN(value) ? [] : [value], notes, facts };
}

/** A cell that says why there is no value. */
export function failedCell(error) {
  return cellOf(Number.NaN, [`failed: ${error.message}`]);
}
