import type { ClientCommand, OptionSpec } from "./command.ts";

/** Options that every command has. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  server: {
    type: "string",
    value: "URL",
    what: "Server to talk to; else ENTREPOT_SERVER, else the last login's.",
  },
  token: {
    type: "string",
    value: "TOKEN",
    what: "Token to use; better in ENTREPOT_TOKEN or stored by login.",
  },
  json: { type: "boolean", what: "Answer in JSON." },
  help: { type: "boolean", what: "Show this." },
};

/** The line that shows how a command is written. */
export function usageLine(command: ClientCommand): string {
  return ["entrepot", command.name, ...command.words, "[options]"].join(" ");
}

/** Help for one command. */
export function commandHelp(command: ClientCommand): string {
  const options = { ...command.options, ...COMMON_OPTIONS };
  const rows = Object.entries(options).map(([name, { value, what }]): [string, string] => [
    `--${name}${value === undefined ? "" : ` ${value}`}`,
    what,
  ]);
  return `Usage: ${usageLine(command)}\n${command.summary}\n\n${aligned(rows)}`;
}

/** Help for several commands. */
export function listHelp(commands: readonly ClientCommand[]): string {
  return `Usage: entrepot <command> [options]\n\n${commandList(commands)}\nentrepot <command> --help shows the options.\n`;
}

/** Lists commands with what they do, a line each. */
export function commandList(commands: readonly ClientCommand[]): string {
  const rows = commands.map(({ name, words, summary }): [string, string] => [
    [name, ...words].join(" "),
    summary,
  ]);
  return aligned(rows);
}

function aligned(rows: readonly [string, string][]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, what]) => `  ${name.padEnd(width)}  ${what}\n`).join("");
}
