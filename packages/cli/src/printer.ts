import type { ClientIo } from "./client-io.ts";

/** Shows results: JSON with `--json`, else text for people. */
export interface Printer {
  readonly asJson: boolean;
  /** Shows a list as a table of the named columns. */
  list(items: readonly object[], columns: readonly string[]): void;
  /** Shows one thing, a line per member. */
  one(item: object): void;
  /** Says what was done, and of what the server warns; with `--json` shows `result` instead. */
  done(text: string, result: object): void;
}

/** Makes the printer. */
export function createPrinter(io: Pick<ClientIo, "out" | "err">, asJson: boolean): Printer {
  const json = (value: unknown): void => io.out(`${JSON.stringify(value, null, 2)}\n`);
  return {
    asJson,
    list(items, columns) {
      if (asJson) json(items);
      else io.out(tableText(items, columns));
    },
    one(item) {
      if (asJson) json(item);
      else io.out(recordText(item));
    },
    done(text, result) {
      if (asJson) return json(result);
      io.out(`${text}\n`);
      for (const warning of warningsIn(result)) io.err(`Warning: ${cellText(warning)}\n`);
    },
  };
}

function warningsIn(result: object): unknown[] {
  const { warnings } = result as { warnings?: unknown };
  return Array.isArray(warnings) ? warnings : [];
}

function tableText(items: readonly object[], columns: readonly string[]): string {
  if (items.length === 0) return "Nothing to show.\n";
  const rows = items.map((item) =>
    columns.map((column) => cellText((item as Record<string, unknown>)[column])),
  );
  const lines = [columns.map((column) => headText(column)), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const texts = lines.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${texts.join("\n")}\n`;
}

function recordText(item: object): string {
  const entries = Object.entries(item);
  const width = Math.max(0, ...entries.map(([key]) => headText(key).length));
  return entries.map(([key, value]) => `${headText(key).padEnd(width)}  ${cellText(value)}\n`).join("");
}

function headText(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter}`).toUpperCase();
}

/** What a server sent is shown without characters that would move a terminal's cursor. */
function cellText(value: unknown): string {
  if (value === null || value === undefined || value === "") return "-";
  if (typeof value === "boolean") return value ? "yes" : "no";
  const text = textOf(value);
  return text.replace(/\p{Cc}/gu, "?");
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(cellText).join(", ") || "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}
