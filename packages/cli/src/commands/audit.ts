import type { ClientCommand, CommandContext, OptionSpec } from "../command.ts";
import { filterQuery, limitOption, readLog } from "./filtered-log.ts";

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

async function list({ options, api, print }: CommandContext): Promise<void> {
  const log = { path: "/audit", filters: FILTERS, options, wayToAll: "export gives all events" };
  const items = await readLog(api, log);
  print.list(items, ["at", "kind", "actor", "credential", "address", "registry", "package", "result"]);
}

async function exportAll({ options, api, io }: CommandContext): Promise<void> {
  await api.stream(`/audit/export${filterQuery({ filters: FILTERS, options })}`, (text) => io.out(text));
}

/** `entrepot audit …`. */
export const AUDIT_COMMANDS: readonly ClientCommand[] = [
  {
    name: "audit list",
    summary: "List who did what, the newest first.",
    words: [],
    options: {
      ...FILTERS,
      limit: limitOption(" events"),
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
