import { part } from "../api.ts";
import { textOption, type CommandContext, type OptionSpec } from "../command.ts";
import { versionWord } from "./package-word.ts";

/** The option that limits what operators say to one registry. */
export const ONLY_REGISTRY: OptionSpec = {
  type: "string",
  value: "NAME",
  what: "Only in this registry; in all when left out.",
};

/** Where the API has a version; ends the command with a usage failure where the word names none. */
export function versionPath({ options }: Pick<CommandContext, "options">, word: string): string {
  const { name, version } = versionWord(word);
  const registry = textOption(options, "registry") ?? "*";
  return `/registries/${part(registry)}/packages/${part(name)}/versions/${part(version)}`;
}
