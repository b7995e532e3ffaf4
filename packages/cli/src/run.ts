import { parseArgs } from "node:util";
import type { ClientIo } from "./client-io.ts";
import type { ClientCommand, OptionSpec, OptionValues } from "./command.ts";
import { CLIENT_COMMANDS } from "./commands/index.ts";
import { connect } from "./connection.ts";
import { processIo } from "./environment.ts";
import { CommandFailure, EXIT, usageFailure } from "./failure.ts";
import type { ExitCode } from "./failure.ts";
import { COMMON_OPTIONS, commandHelp, listHelp, usageLine } from "./help.ts";
import { nearestName } from "./nearest-name.ts";
import { createPrinter } from "./printer.ts";

/** Tells whether a word starts a client command. */
export function isClientCommand(word: string): boolean {
  return CLIENT_COMMANDS.some(({ name }) => name.split(" ")[0] === word);
}

/** Where a command runs. */
export interface Surroundings {
  io?: ClientIo;
  /** Commands that somebody else runs; a word that is near to one of them may have meant it. */
  otherCommands?: readonly string[];
}

/**
 * Runs a client command: `argv` starts with the command's own words. Gives the exit code: 0 done, 1 refused
 * or failed, 2 written wrongly, 3 the server cannot be reached. Complaints go to the error output, or as JSON
 * to the output.
 */
export async function runClientCommand(
  argv: readonly string[],
  { io = processIo(), otherCommands = [] }: Surroundings = {},
): Promise<ExitCode> {
  const asJson = argv.includes("--json");
  try {
    return await run(argv, { io, otherCommands, asJson });
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    if (asJson) io.out(`${JSON.stringify({ error: error.message, code: error.code })}\n`);
    else io.err(`entrepot: ${error.message}\n`);
    return error.exitCode;
  }
}

interface Call extends Required<Surroundings> {
  asJson: boolean;
}

async function run(argv: readonly string[], { io, otherCommands, asJson }: Call): Promise<ExitCode> {
  const words = leadingWords(argv);
  const wantsHelp = argv.includes("--help") || argv.includes("-h") || words[0] === "help";
  const asked = words[0] === "help" ? words.slice(1) : words;
  const command = findCommand(asked);
  if (command === null && !(asked.length === 0 || (wantsHelp && isGroup(asked)))) {
    throw unknownCommand(asked, otherCommands);
  }
  if (command === null || wantsHelp) {
    (wantsHelp ? io.out : io.err)(helpOf(asked, command));
    return wantsHelp ? EXIT.done : EXIT.usage;
  }
  return await execute(command, argv, { io, asJson });
}

async function execute(
  command: ClientCommand,
  argv: readonly string[],
  { io, asJson }: Pick<Call, "io" | "asJson">,
): Promise<ExitCode> {
  const parsed = parse(command, argv);
  const api = await connect(io, parsed.options);
  const code = await command.run({ ...parsed, api, io, print: createPrinter(io, asJson) });
  return code ?? EXIT.done;
}

/** The words that are neither options nor values of options that every command has. */
function leadingWords(argv: readonly string[]): string[] {
  return parseArgs({
    args: [...argv],
    options: parserOptions(COMMON_OPTIONS),
    strict: false,
    allowPositionals: true,
  }).positionals;
}

function parserOptions(
  specs: Readonly<Record<string, OptionSpec>>,
): Record<string, { type: "string" | "boolean"; multiple: boolean }> {
  const entries = Object.entries(specs);
  return Object.fromEntries(
    entries.map(([name, { type, multiple }]) => [name, { type, multiple: multiple === true }]),
  );
}

function findCommand(words: readonly string[]): ClientCommand | null {
  const two = words.slice(0, 2).join(" ");
  return CLIENT_COMMANDS.find(({ name }) => name === two || name === words[0]) ?? null;
}

function isGroup([first = "", ...others]: readonly string[]): boolean {
  return others.length === 0 && isClientCommand(first);
}

function helpOf([first]: readonly string[], command: ClientCommand | null): string {
  return command === null ? listHelp(commandsOf(first)) : commandHelp(command);
}

function commandsOf(word: string | undefined): readonly ClientCommand[] {
  const group = CLIENT_COMMANDS.filter(({ name }) => name.split(" ")[0] === word);
  return group.length > 0 ? group : CLIENT_COMMANDS;
}

function unknownCommand(words: readonly string[], otherCommands: readonly string[]): CommandFailure {
  const [first = "", second] = words;
  const typed = second === undefined ? first : `${first} ${second}`;
  if (isClientCommand(first)) {
    const actions = commandsOf(first).map(({ name }) => name.split(" ")[1] ?? "");
    const nearest = second === undefined ? null : nearestName(second, actions);
    const meant = nearest === null ? `there are ${actions.join(", ")}` : `did you mean ${first} ${nearest}?`;
    return usageFailure(
      second === undefined
        ? `${first} needs an action: ${actions.join(", ")}.`
        : `There is no command "${typed}"; ${meant}`,
    );
  }
  const starts = new Set(CLIENT_COMMANDS.map(({ name }) => name.split(" ")[0] ?? ""));
  const nearest = nearestName(first, [...starts, ...otherCommands]);
  const hint = nearest === null ? "entrepot help lists them." : `did you mean ${nearest}?`;
  return usageFailure(`There is no command "${first}"; ${hint}`);
}

function parse(command: ClientCommand, argv: readonly string[]): { words: string[]; options: OptionValues } {
  const specs: Record<string, OptionSpec> = { ...command.options, ...COMMON_OPTIONS };
  const { tokens } = parseArgs({
    args: [...argv],
    options: parserOptions(specs),
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const options: Record<string, string | boolean | string[]> = {};
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind === "option") setOption(options, specs, token);
  }
  const own = words.slice(command.name.split(" ").length);
  const missing = command.words[own.length];
  if (missing?.startsWith("<") === true) {
    throw usageFailure(`${missing} is missing. Write it as: ${usageLine(command)}`);
  }
  if (own.length > command.words.length) throw usageFailure(`Write it as: ${usageLine(command)}`);
  return { words: own, options };
}

function setOption(
  options: Record<string, string | boolean | string[]>,
  specs: Readonly<Record<string, OptionSpec>>,
  token: { name: string; rawName: string; value: string | undefined },
): void {
  const isNegated = token.name.startsWith("no-") && specs[token.name.slice(3)]?.type === "boolean";
  const name = isNegated ? token.name.slice(3) : token.name;
  const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
  if (spec === undefined) {
    const nearest = nearestName(token.name, Object.keys(specs));
    throw usageFailure(
      `There is no option ${token.rawName}${nearest === null ? "." : `; did you mean --${nearest}?`}`,
    );
  }
  if (spec.type === "boolean") {
    if (token.value !== undefined) throw usageFailure(`${token.rawName} takes no value.`);
    options[name] = !isNegated;
    return;
  }
  if (token.value === undefined) throw usageFailure(`${token.rawName} needs a value.`);
  const before = options[name];
  options[name] =
    spec.multiple === true ? [...(Array.isArray(before) ? before : []), token.value] : token.value;
}
