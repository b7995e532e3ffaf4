import type * as z from "zod";
import { CONFIG_VARIABLE, NAMED_KEYS } from "./environment.ts";
import { notesOf } from "./key-kinds.ts";
import { SECTIONS } from "./schema.ts";

const SECTION_TEXT: Readonly<Record<string, string>> = {
  "": "## Keys at the top",
  "limits": "## `limits`\n\nCeilings and waits; sizes in bytes, times in milliseconds.",
  "cache": "## `cache`\n\nHow much memory each cache may hold.",
  "registries":
    "## `registries`\n\nA list. What is declared here is made at the start and cannot be changed elsewhere.",
  "registries.filters": "## `registries.filters`\n\nA list.",
  "upstreams":
    "## `upstreams`\n\nA list. What is declared here is made at the start and cannot be changed elsewhere.",
  "workspaces": "## `workspaces`\n\nA list. Further workspaces, each with a host name of its own.",
  "mail": "## `mail`",
  "advisories":
    "## `advisories`\n\nWhere advisory data comes from; see [the guide](guide/advisories.md). `advisories: none`, or a list of\nfeeds alone, may stand here too.",
  "advisories.feeds":
    "## `advisories.feeds`\n\nA list. What is written here takes the place of the public feeds.",
  "policy":
    "## `policy`\n\nWhat is chosen for the firewall's rules; see [the guide](guide/policy.md). What is declared here, or for a\nregistry, cannot be changed elsewhere there.",
  "policy.rules": "## `policy.rules`\n\nA list.",
};

const INTRODUCTION = `# Configuration reference

Values come from defaults, then \`entrepot.yaml\` (or the file that \`${CONFIG_VARIABLE}\` or
\`--config\` names), then the environment, then options of the command; the later wins. Unknown keys,
variables and options are refused. \`entrepot config check\` tells whether a configuration is valid;
\`entrepot config print\` shows every value and where it came from.

Relative paths start from the folder of the file that holds them, else from the working folder.
\`HTTP_PROXY\`, \`HTTPS_PROXY\` and \`NO_PROXY\` (also in lower case) are honoured for requests to
upstreams. \`--offline\` is the same as \`--upstream none\`.
`;

/** Writes the reference page of the configuration, in Markdown, from the schema. */
export function configReference(): string {
  const sections = Object.entries(SECTIONS).map(([name, keys]) => sectionText(name, keys));
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

/** Lists the options of the command line with what they are for, a line each. */
export function optionsHelp(): string {
  const rows = NAMED_KEYS.flatMap(({ key, kind, flag }): [string, string][] => {
    const notes = notesOf(SECTIONS[""]?.[key] as z.ZodType);
    if (flag === null || notes === null) return [];
    const option = { flag: `--[no-]${flag}`, number: `--${flag} NUMBER`, text: `--${flag} VALUE` }[kind];
    return [[option, notes.description.replaceAll("`", "")]];
  });
  rows.push(["--offline", "The same as --upstream none."], ["--config PATH", "Configuration file."]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, what]) => `  ${name.padEnd(width)}  ${what}\n`).join("");
}

function sectionText(section: string, keys: Readonly<Record<string, z.ZodType>>): string {
  const isTop = section === "";
  const head = isTop
    ? "| key | variable | option | default | allowed | what |\n| --- | --- | --- | --- | --- | --- |"
    : "| key | default | allowed | what |\n| --- | --- | --- | --- |";
  const rows = Object.entries(keys).flatMap(([key, schema]) => {
    const notes = notesOf(schema);
    if (notes === null) return [];
    const names = isTop ? otherNames(key) : [];
    const cells = [`\`${key}\``, ...names, defaultText(schema), notes.allowed, notes.description];
    return [`| ${cells.map(cell).join(" | ")} |`];
  });
  return `${SECTION_TEXT[section] ?? ""}\n\n${head}\n${rows.join("\n")}\n`;
}

function otherNames(key: string): string[] {
  const named = NAMED_KEYS.find((candidate) => candidate.key === key);
  const variable = named?.variable ?? null;
  const flag = named?.flag ?? null;
  return [variable === null ? "" : `\`${variable}\``, flag === null ? "" : `\`--${flag}\``];
}

function defaultText(schema: z.ZodType): string {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success) return "required";
  if (parsed.data === null || parsed.data === "") return "";
  if (Array.isArray(parsed.data) && parsed.data.length === 0) return "";
  // Of a section; each of its keys tells its own.
  if (typeof parsed.data === "object" && !Array.isArray(parsed.data)) return "";
  return `\`${typeof parsed.data === "string" ? parsed.data : JSON.stringify(parsed.data)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
