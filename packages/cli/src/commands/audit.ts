import { textOption } from "../command.ts";
import type { ClientCommand, CommandContext, OptionSpec, OptionValues } from "../command.ts";
import { usageFailure } from "../failure.ts";

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 100_000;
const PAGE_MAX = 500;

const FILTERS: Readonly<Record<string, OptionSpec>> = {
  from: { type: "string", value: "TIME", what: "Not before this day or moment, in ISO 8601." },
  to: { type: "string", value: "TIME", what: "Before this day or moment." },
  actor: { type: "string", value: "NAME", what: "Only what this user, or part of the server, did." },
  kind: { type: "string", value: "KIND", what: "Only this kind, such as version-published." },
  registry: { type: "string", value: "NAME", what: "Only what concerns this registry." },
  package: { type: "string", value: "NAME", what: "Only what concerns this package." },
  result: { type: "string", value: "RESULT", what: "Only what was done, refused or failed." },
  credential: {
    type: "string",
    value: "ID",
    what: "Only with the token of this id; password for passwords.",
  },
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

function limitOf(options: OptionValues): number {
  const text = textOption(options, "limit");
  if (text === undefined) return LIMIT_DEFAULT;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw usageFailure(`--limit takes a whole number from 1 to ${LIMIT_MAX}; export gives all events.`);
}

async function list({ options, api, print }: CommandContext): Promise<void> {
  const limit = limitOf(options);
  const items: Record<string, unknown>[] = [];
  let cursor: string | null = "";
  // A page may be short, or empty, and still not be the last.
  while (cursor !== null && items.length < limit) {
    const size = String(Math.min(PAGE_MAX, limit - items.length));
    const others: Record<string, string> = cursor === "" ? { limit: size } : { limit: size, cursor };
    const page: Page = await api.call("GET", `/audit${queryOf(options, others)}`);
    items.push(...page.items);
    cursor = page.next;
  }
  print.list(items, ["at", "kind", "actor", "credential", "address", "registry", "package", "result"]);
}

async function exportAll({ options, api, io }: CommandContext): Promise<void> {
  await api.stream(`/audit/export${queryOf(options)}`, (text) => io.out(text));
}

/** `entrepot audit …`. */
export const AUDIT_COMMANDS: readonly ClientCommand[] = [
  {
    name: "audit list",
    summary: "List who did what, the newest first.",
    words: [],
    options: {
      ...FILTERS,
      limit: { type: "string", value: "N", what: `So many events; ${LIMIT_DEFAULT} when left out.` },
    },
    run: list,
  },
  {
    name: "audit export",
    summary: "Print the audit trail from its start, one JSON object per line.",
    words: [],
    options: FILTERS,
    run: exportAll,
  },
];
