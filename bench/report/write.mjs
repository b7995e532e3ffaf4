import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const RESULTS = fileURLToPath(new URL("../results", import.meta.url));

/**
 * The result that later ones are compared with, or null: `bench/results/baseline.json`, a copy of a good one.
 */
export function readBaseline() {
  const file = join(RESULTS, "baseline.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

/** What a reader must know of the circumstances. */
export function describeRun({ options, facts, isPinned, columns, missing }) {
  return {
    date: new Date().toISOString(),
    commit: git(["rev-parse", "--short", "HEAD"]) || "unknown",
    hasLocalChanges: git(["status", "--porcelain", "--", "packages"]) !== "",
    node: process.version,
    processor: cpus()[0]?.model ?? "unknown",
    cores: isPinned ? { server: options.serverCore, client: options.clientCore } : null,
    quick: options.quick,
    answersPer: options.perCoreSecond ? "second of the server's processor time" : "second",
    seconds: options.seconds,
    rounds: options.rounds,
    columns,
    missing,
    ...facts,
  };
}

function git(args) {
  try {
    return execFileSync("git", args, {
      encoding: "utf8",
      cwd: RESULTS,
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    // A copy without its history can be measured too.
    return "";
  }
}

/**
 * Writes `<date>-<short commit>.json` and `latest.md`.
 *
 * @returns {string} the path of the first
 */
export function writeResults(result, table) {
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${result.run.date.slice(0, 10)}-${result.run.commit}.json`);
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(join(RESULTS, "latest.md"), markdown(result.run, table));
  return file;
}

/** Makes sure that there is a folder to ask git in. */
export function prepareResults() {
  mkdirSync(RESULTS, { recursive: true });
}

function markdown(run, { head, lines, notes }) {
  const row = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const changed = run.hasLocalChanges ? " with local changes" : "";
  const text = [
    `# Bench of ${run.date.slice(0, 10)}, commit ${run.commit}${changed}`,
    "",
    "Ratios of the first column to the others; how to read them is in [the README](../README.md).",
    ...(run.quick ? ["**A quick run: it proves that the bench works, and says little about speed.**"] : []),
    circumstances(run),
    "",
    row(head),
    row(head.map((_, index) => (index === 0 ? "---" : "---:"))),
    ...lines.map(row),
    "",
    ...notes.map((note, index) => `${index + 1}. ${note.replaceAll("\n", " ")}`),
  ];
  return `${text.join("\n").trimEnd()}\n`;
}

/** One line on what was measured where. */
export function circumstances(run) {
  const cores =
    run.cores === null
      ? "no cores bound"
      : `server core ${run.cores.server}, client core ${run.cores.client}`;
  const missing = run.missing.map((each) => `; without ${each}`).join("");
  const how = `${run.rounds} rounds of ${run.seconds} s, answers per ${run.answersPer}`;
  return `Node ${run.node}, ${cores}, ${how}${missing}.`;
}

/** The table as text for a terminal. */
export function plainTable({ head, lines, notes }) {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...lines].map((cells) => [...cells[column]].length)),
  );
  const pad = (cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join("  ");
  return [
    pad(head),
    widths.map((width) => "─".repeat(width)).join("  "),
    ...lines.map(pad),
    "",
    ...notes.map((note, index) => `[${index + 1}] ${note}`),
  ].join("\n");
}
