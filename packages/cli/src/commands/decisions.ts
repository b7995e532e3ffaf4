import { part } from "../api.ts";
import { switchOption, textOption } from "../command.ts";
import type { ClientCommand, CommandContext, OptionSpec, OptionValues } from "../command.ts";
import { filterQuery, limitOption, readLog } from "./filtered-log.ts";

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

function pathOf(options: OptionValues): string {
  const registry = textOption(options, "registry");
  return registry === undefined ? "/decisions" : `/registries/${part(registry)}/decisions`;
}

async function list({ options, api, print, io }: CommandContext): Promise<void> {
  if (switchOption(options, "export") === true) {
    const after = textOption(options, "after");
    const others: Record<string, string> = after === undefined ? {} : { after };
    await api.stream(
      `${pathOf(options)}/export${filterQuery({ filters: FILTERS, options }, others)}`,
      (text) => io.out(text),
    );
    return;
  }
  const log = { path: pathOf(options), filters: FILTERS, options, wayToAll: "--export gives all of them" };
  const items = await readLog(api, log);
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
      limit: limitOption(""),
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
