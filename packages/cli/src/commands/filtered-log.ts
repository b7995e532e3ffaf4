import type { Api } from "../api.ts";
import { textOption, type OptionSpec, type OptionValues } from "../command.ts";
import { usageFailure } from "../failure.ts";

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 100_000;
const PAGE_MAX = 500;

/** A log that a server lists by filters, the newest first. */
export interface FilteredLog {
  path: string;
  /** Options that the server takes as they are, in the query. */
  filters: Readonly<Record<string, OptionSpec>>;
  options: OptionValues;
  /** For a limit that is too large: how to get all. */
  wayToAll: string;
}

interface Page {
  items: Record<string, unknown>[];
  next: string | null;
}

/** The query that the filters make, with its question mark; empty where none is given. */
export function filterQuery(
  { filters, options }: Pick<FilteredLog, "filters" | "options">,
  others: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams(others);
  for (const name of Object.keys(filters)) {
    const value = textOption(options, name);
    if (value !== undefined) query.set(name, value);
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** The option `--limit` for so many of something. */
export function limitOption(what: string): OptionSpec {
  return { type: "string", value: "N", what: `So many${what}; ${LIMIT_DEFAULT} when left out.` };
}

/** Reads as much as `--limit` says. */
export async function readLog(api: Pick<Api, "call">, log: FilteredLog): Promise<Record<string, unknown>[]> {
  const limit = limitOf(log);
  const items: Record<string, unknown>[] = [];
  let cursor: string | null = "";
  // A page may be short, or empty, and still not be the last.
  while (cursor !== null && items.length < limit) {
    const size = String(Math.min(PAGE_MAX, limit - items.length));
    const others: Record<string, string> = cursor === "" ? { limit: size } : { limit: size, cursor };
    const page: Page = await api.call("GET", `${log.path}${filterQuery(log, others)}`);
    items.push(...page.items);
    cursor = page.next;
  }
  return items;
}

function limitOf({ options, wayToAll }: FilteredLog): number {
  const text = textOption(options, "limit");
  if (text === undefined) return LIMIT_DEFAULT;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw usageFailure(`--limit takes a whole number from 1 to ${LIMIT_MAX}; ${wayToAll}.`);
}
