import { columnLabel } from "../peers/index.mjs";
import { goalsOf } from "./goals.mjs";

const COMPETITORS = ["node-http", "nginx", "verdaccio"];

/** The ratio of two values; null where one of them is missing. */
function ratio(cells, subject, against) {
  const quotient = cells[subject]?.value / cells[against]?.value;
  return Number.isFinite(quotient) ? quotient : null;
}

/**
 * One line for each row: the subject's value, and its ratios.
 *
 * @param {import("./rows.mjs").Row[]} rows
 * @param {{ subject: string, baseline: object | null }} options  `baseline`: an earlier result, as it was
 * written
 * @returns {{ head: string[], lines: string[][], notes: string[] }}
 */
export function tableOf(rows, { subject, baseline }) {
  const competitors = COMPETITORS.filter(
    (column) => column !== subject && rows.some(({ cells }) => cells[column] !== undefined),
  );
  const head = [
    "",
    columnLabel(subject),
    ...competitors.map((column) => `÷ ${columnLabel(column)}`),
    "÷ own",
    "goal",
    ...(baseline === null ? [] : ["÷ baseline"]),
  ];
  const notes = [];
  const lines = rows.map((row) => {
    const own = row.subject ?? subject;
    const marks = notesOf(row, notes);
    const againstOwn = row.against === undefined ? null : ratio(row.cells, own, row.against);
    return [
      row.label + marks,
      value(row.cells[own]?.value, row.unit),
      ...competitors.map((column) => number(ratio(row.cells, own, column))),
      againstOwn === null
        ? "–"
        : `${number(againstOwn)} × ${row.against === subject ? "plain" : row.against}`,
      subject === "entrepot" ? goalText(row, own) : "",
      ...(baseline === null ? [] : [number(againstBaseline(row, own, baseline))]),
    ];
  });
  return { head, lines, notes };
}

/** Appends the notes of a row to the list; equal ones share a number. */
function notesOf(row, notes) {
  const marks = [];
  for (const [column, cell] of Object.entries(row.cells)) {
    for (const note of cell.notes) {
      const text = `${columnLabel(column)}: ${note}`;
      if (!notes.includes(text)) notes.push(text);
      marks.push(notes.indexOf(text) + 1);
    }
  }
  return marks.length === 0 ? "" : ` [${[...new Set(marks)].join(",")}]`;
}

function goalText(row, own) {
  return goalsOf(row.id)
    .map((goal) => oneGoal(row, own, goal))
    .join(", ");
}

function oneGoal(row, own, { against, atLeast = 0, atMost = Number.POSITIVE_INFINITY }) {
  const column = against === "own" ? row.against : against;
  const bound = atLeast > 0 ? `≥ ${atLeast}` : `≤ ${atMost}`;
  const text = against === undefined || against === "own" ? bound : `${bound} × ${columnLabel(column)}`;
  const reached = column === undefined ? row.cells[own]?.value : ratio(row.cells, own, column);
  if (!Number.isFinite(reached)) return text;
  return `${text} ${reached >= atLeast && reached <= atMost ? "✓" : "✗"}`;
}

/**
 * How the row's ratio moved since the baseline. Ratios are compared, not values, because machines differ; a
 * row without any ratio has nothing to compare.
 */
function againstBaseline(row, own, baseline) {
  const before = baseline.rows.find(({ id }) => id === row.id);
  const column = [row.against, ...COMPETITORS].find(
    (each) => each !== undefined && each !== own && ratio(row.cells, own, each) !== null,
  );
  if (before === undefined || column === undefined) return null;
  const then = ratio(before.cells, own, column);
  return then === null ? null : ratio(row.cells, own, column) / then;
}

function value(amount, unit) {
  if (amount === undefined || Number.isNaN(amount)) return "–";
  const digits = amount >= 100 ? 0 : 1;
  const text = unit === "requests" ? String(amount) : amount.toFixed(digits);
  return `${text.replaceAll(/\B(?=(\d{3})+(?!\d))/g, digits === 0 ? "," : "")} ${unit}`;
}

function number(amount) {
  if (amount === null) return "–";
  if (amount >= 100) return amount.toFixed(0);
  if (amount >= 10) return amount.toFixed(1);
  return amount >= 0.1 || amount === 0 ? amount.toFixed(2) : amount.toPrecision(2);
}
