import { nearestName } from "./nearest.ts";

/** How the text of a variable or flag becomes a value. */
export type TextKind = "text" | "number" | "flag";

/** A key that environment and command line can set. */
export interface NamedKey {
  key: string;
  kind: TextKind;
  /** Name in the environment; null when only a flag sets it. */
  variable: string | null;
  /**
   * Name on the command line, without hyphens in front; null for secrets, which others could read in the
   * process list.
   */
  flag: string | null;
}

/** Every key outside the sections, with its other names. */
export const NAMED_KEYS: readonly NamedKey[] = [
  { key: "host", kind: "text", variable: "ENTREPOT_HOST", flag: "host" },
  { key: "port", kind: "number", variable: "ENTREPOT_PORT", flag: "port" },
  { key: "data", kind: "text", variable: "ENTREPOT_DATA", flag: "data" },
  { key: "publicUrl", kind: "text", variable: "ENTREPOT_PUBLIC_URL", flag: "public-url" },
  { key: "logLevel", kind: "text", variable: "ENTREPOT_LOG_LEVEL", flag: "log-level" },
  { key: "accessLog", kind: "flag", variable: null, flag: "access-log" },
  { key: "databaseUrl", kind: "text", variable: "ENTREPOT_DATABASE_URL", flag: null },
  { key: "databaseUrlFile", kind: "text", variable: "ENTREPOT_DATABASE_URL_FILE", flag: "database-url-file" },
  { key: "adminPassword", kind: "text", variable: "ENTREPOT_ADMIN_PASSWORD", flag: null },
  {
    key: "adminPasswordFile",
    kind: "text",
    variable: "ENTREPOT_ADMIN_PASSWORD_FILE",
    flag: "admin-password-file",
  },
  { key: "upstream", kind: "text", variable: "ENTREPOT_UPSTREAM", flag: "upstream" },
  {
    key: "upstreamFreshSeconds",
    kind: "number",
    variable: "ENTREPOT_UPSTREAM_FRESH_SECONDS",
    flag: "upstream-fresh-seconds",
  },
  { key: "advisories", kind: "text", variable: "ENTREPOT_ADVISORIES", flag: "advisories" },
  { key: "anonymousRead", kind: "flag", variable: "ENTREPOT_ANONYMOUS_READ", flag: "anonymous-read" },
];

/** Names the configuration file; not a key of it. */
export const CONFIG_VARIABLE = "ENTREPOT_CONFIG";

/** Read by the client commands; a server leaves them alone. */
const CLIENT_VARIABLES: readonly string[] = ["ENTREPOT_SERVER", "ENTREPOT_TOKEN", "ENTREPOT_TOKEN_FILE"];

/** Read by the tests and the bench, whose servers inherit them. */
const TOOL_PREFIXES: readonly string[] = ["ENTREPOT_TEST_", "ENTREPOT_BENCH_"];

/** A value that someone gave, and what they called it. */
export interface Given {
  key: string;
  /** For texts about it, such as `ENTREPOT_PORT` or `--port`. */
  label: string;
  value: unknown;
}

/** What one source of values says, and what is wrong with it. */
export interface Layer {
  given: Given[];
  problems: string[];
}

/**
 * Turns the text of a variable or flag into the value a file would hold; text that does not fit stays text.
 */
export function valueOfText(text: string, kind: TextKind): unknown {
  if (kind === "number") return /^\s*-?\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : text;
  if (kind === "text") return text;
  const word = text.trim().toLowerCase();
  if (["true", "1", "yes", "on"].includes(word)) return true;
  return ["false", "0", "no", "off"].includes(word) ? false : text;
}

/** Reads the `ENTREPOT_*` variables. An empty one counts as not set. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Layer {
  const layer: Layer = { given: [], problems: [] };
  for (const [variable, text] of Object.entries(env).sort(([left], [right]) => (left < right ? -1 : 1))) {
    if (!variable.startsWith("ENTREPOT_") || text === undefined) continue;
    const named = NAMED_KEYS.find((candidate) => candidate.variable === variable);
    if (named !== undefined && text !== "") {
      layer.given.push({ key: named.key, label: variable, value: valueOfText(text, named.kind) });
    }
    if (named === undefined && !isOther(variable)) layer.problems.push(unknownVariable(variable));
  }
  return layer;
}

function isOther(variable: string): boolean {
  const isForTools = TOOL_PREFIXES.some((prefix) => variable.startsWith(prefix));
  return isForTools || variable === CONFIG_VARIABLE || CLIENT_VARIABLES.includes(variable);
}

function unknownVariable(variable: string): string {
  if (variable.startsWith("ENTREPOT_S3_")) return `${variable}: S3 storage is not available in this version`;
  const known = NAMED_KEYS.flatMap((named) => named.variable ?? []).concat(CONFIG_VARIABLE);
  const nearest = nearestName(variable, known);
  return `${variable}: no such variable${nearest === null ? "" : `; did you mean ${nearest}?`}`;
}

/** Reads one of the standard variables, whose lower-case spelling wins, as curl and others do. */
export function standardVariable(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): { label: string; value: string } | null {
  for (const label of [name.toLowerCase(), name]) {
    const value = env[label];
    if (value !== undefined && value !== "") return { label, value };
  }
  return null;
}
