import { part } from "../api.ts";
import { switchOption, textOption } from "../command.ts";
import type { ClientCommand, CommandContext, OptionSpec, OptionValues } from "../command.ts";
import { usageFailure } from "../failure.ts";

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 100_000;
const PAGE_MAX = 500;

const FILTERS: Readonly<Record<string, OptionSpec>> = {
  since: { type: "string", value: "TIME", what: "Not before this day or moment, in ISO 8601." },
  until: { type: "string", value: "TIME", what: "Before this day or moment." },
  package: { type: "string", value: "NAME", what: "Only versions of this package." },
  version: { type: "string", value: "VERSION", what: "Only this version; * for packuments." },
  outcome: { type: "string", value: "OUTCOME", what: "Only what was served, refused or withheld." },
  rule: { type: "string", value: "RULE", what: "Only what this rule refused." },
  principal: { type: "string", value: "NAME", what: "Only what this user asked for." },
  credential: { type: "string", value: "ID", what: "Only with the token of this id." },
  project: { type: "string", value: "NAME", what: "Only for this project." },
};

interface Page {
  items: Record<string, unknown>[];
  next: string | null;
}

function queryOf(options: OptionValues, others: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(others);
  for (const name of Object.keys(FILTERS)) {
    const value = textOption(options, name);
    if (value !== undefined) query.set(name, value);
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

function pathOf(options: OptionValues): string {
  const registry = textOption(options, "registry");
  return registry === undefined ? "/decisions" : `/registries/${part(registry)}/decisions`;
}

function limitOf(options: OptionValues): number {
  const text = textOption(options, "limit");
  if (text === undefined) return LIMIT_DEFAULT;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw usageFailure(`--limit takes a whole number from 1 to ${LIMIT_MAX}; --export gives all of them.`);
}

async function list({ options, api, print, io }: CommandContext): Promise<void> {
  if (switchOption(options, "export") === true) {
    const after = textOption(options, "after");
    const others: Record<string, string> = after === undefined ? {} : { after };
    await api.stream(`${pathOf(options)}/export${queryOf(options, others)}`, (text) => io.out(text));
    return;
  }
  const limit = limitOf(options);
  const items: Record<string, unknown>[] = [];
  let cursor: string | null = "";
  // A page may be short, or empty, and still not be the last.
  while (cursor !== null && items.length < limit) {
    const size = String(Math.min(PAGE_MAX, limit - items.length));
    const others: Record<string, string> = cursor === "" ? { limit: size } : { limit: size, cursor };
    const page: Page = await api.call("GET", `${pathOf(options)}${queryOf(options, others)}`);
    items.push(...page.items);
    cursor = page.next;
  }
  const columns = ["at", "outcome", "package", "version", "rule", "principal", "address", "project", "count"];
  print.list(items, columns);
}

/** `entrepot decisions`. */
export const DECISION_COMMANDS: readonly ClientCommand[] = [
  {
    name: "decisions",
    summary: "List what was served to whom and what was refused, the newest first.",
    words: [],
    options: {
      registry: { type: "string", value: "NAME", what: "Only in this registry; in all when left out." },
      ...FILTERS,
      limit: { type: "string", value: "N", what: `So many; ${LIMIT_DEFAULT} when left out.` },
      after: {
        type: "string",
        value: "SEQ",
        what: "With --export: only those after this number, up to ten seconds ago; to go on where the last one ended.",
      },
      export: { type: "boolean", what: "All of them from the start, one JSON object per line." },
    },
    run: list,
  },
];
