import { parseArgs } from "node:util";
import { NAMED_KEYS, valueOfText } from "./environment.ts";
import type { Layer, TextKind } from "./environment.ts";
import { nearestName } from "./nearest.ts";

/** What the command line says: values, the file to read, and what is wrong. */
export interface FlagLayer extends Layer {
  configPath: string | null;
}

interface Token {
  name: string;
  rawName: string;
  value: string | undefined;
}

/**
 * Reads `--port 80`, `--port=80`, `--anonymous-read`, `--no-access-log`, `--offline` (the same as `--upstream
 * none`)
 * and `--config path`.
 */
export function readFlags(argv: readonly string[]): FlagLayer {
  const layer: FlagLayer = { given: [], problems: [], configPath: null };
  const options = Object.fromEntries(valueFlags().map((name) => [name, { type: "string" as const }]));
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  for (const token of tokens) {
    if (token.kind === "option") readOption(layer, token);
    if (token.kind === "positional") layer.problems.push(`${token.value}: takes no further words`);
  }
  return layer;
}

function valueFlags(): string[] {
  const named = NAMED_KEYS.filter((candidate) => candidate.kind !== "flag").flatMap(({ flag }) => flag ?? []);
  return [...named, "config"];
}

function readOption(layer: FlagLayer, token: Token): void {
  const { rawName: label, value } = token;
  if (token.name === "offline") {
    layer.given.push({ key: "upstream", label, value: "none" });
    return;
  }
  const negated = token.name.startsWith("no-");
  const name = negated ? token.name.slice(3) : token.name;
  const named = NAMED_KEYS.find(
    (candidate) => candidate.flag === name && (!negated || candidate.kind === "flag"),
  );
  if (name === "config" && !negated) readConfigPath(layer, value);
  else if (named === undefined) layer.problems.push(unknownFlag(label));
  else if (named.kind !== "flag" && value === undefined) layer.problems.push(`${label}: needs a value`);
  else layer.given.push({ key: named.key, label, value: optionValue(named.kind, negated, value) });
}

function readConfigPath(layer: FlagLayer, value: string | undefined): void {
  if (value === undefined || value === "") layer.problems.push("--config: needs a path");
  else layer.configPath = value;
}

function optionValue(kind: TextKind, negated: boolean, value: string | undefined): unknown {
  if (negated) return false;
  return value === undefined ? true : valueOfText(value, kind);
}

function unknownFlag(label: string): string {
  const known = NAMED_KEYS.flatMap(({ flag }) => flag ?? []).concat("config", "offline", "no-access-log");
  const nearest = nearestName(label.replace(/^--?/, ""), known);
  return `${label}: no such option${nearest === null ? "" : `; did you mean --${nearest}?`}`;
}
