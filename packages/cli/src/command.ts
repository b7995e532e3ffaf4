import type { Api } from "./api.ts";
import type { ClientIo } from "./client-io.ts";
import type { ExitCode } from "./failure.ts";
import type { Printer } from "./printer.ts";

/** An option of a command. */
export interface OptionSpec {
  type: "string" | "boolean";
  /** May be given several times. */
  multiple?: true;
  /** Stands for the value in help. */
  value?: string;
  what: string;
}

/** Options as given; those that were not are absent. */
export type OptionValues = Readonly<Record<string, string | boolean | string[] | undefined>>;

/** What a running command gets. */
export interface CommandContext {
  /** The words after the command, as many as `words` asks for. */
  words: readonly string[];
  options: OptionValues;
  api: Api;
  print: Printer;
  io: ClientIo;
}

/** A client command. */
export interface ClientCommand {
  /** Such as `registry create`. */
  name: string;
  summary: string;
  /** What must or may follow: `<name>`, `[name]`, `[name...]`. */
  words: readonly string[];
  options: Readonly<Record<string, OptionSpec>>;
  /** Gives an exit code where it tells more than that the command is done. */
  run(context: CommandContext): Promise<ExitCode | void>;
}

/** The text of an option, or undefined. */
export function textOption(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** All texts of an option that may be given several times. */
export function textOptions(options: OptionValues, name: string): string[] | undefined {
  const value = options[name];
  return Array.isArray(value) ? value : undefined;
}

/** A switch: true for `--name`, false for `--no-name`, undefined when neither was given. */
export function switchOption(options: OptionValues, name: string): boolean | undefined {
  const value = options[name];
  return typeof value === "boolean" ? value : undefined;
}

/** Leaves out members that are undefined, so that they stay as they are on the server. */
export function given(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
