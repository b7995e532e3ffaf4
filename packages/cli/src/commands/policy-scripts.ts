import { part } from "../api.ts";
import { textOption } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";
import { usageFailure } from "../failure.ts";
import { plainText } from "../plain-text.ts";

const FORMATS = ["npm", "pnpm", "bun"];
const REGISTRY_USUAL = "default";

interface ScriptList {
  file: string;
  text: string;
  leftOut: { name: string; reason: string }[];
}

async function scripts({ options, api, print, io }: CommandContext): Promise<void> {
  const format = textOption(options, "format") ?? "npm";
  if (!FORMATS.includes(format)) {
    throw usageFailure(`A format is one of ${FORMATS.join(", ")}, not "${format}".`);
  }
  const registry = textOption(options, "registry") ?? REGISTRY_USUAL;
  const found = await api.call<ScriptList & Record<string, unknown>>(
    "GET",
    `/registries/${part(registry)}/approved-scripts?format=${format}`,
  );
  if (print.asJson) return print.one(found);
  io.out(found.text);
  for (const { name, reason } of found.leftOut) {
    io.err(`${plainText(name)} is left out: ${plainText(reason)}.\n`);
  }
}

/** `entrepot policy scripts`. */
export const POLICY_SCRIPT_COMMANDS: readonly ClientCommand[] = [
  {
    name: "policy scripts",
    summary: "Print approved install scripts for the configuration of npm, pnpm or bun.",
    words: [],
    options: {
      registry: { type: "string", value: "NAME", what: "Of this registry; default when left out." },
      format: { type: "string", value: "npm|pnpm|bun", what: "The client; npm when left out." },
    },
    run: scripts,
  },
];
