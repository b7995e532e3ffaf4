import { isEntrepotError } from "@entrepot/core";
import { resolveConfig } from "./load.ts";
import type { ConfigInputs, ResolvedConfig } from "./load.ts";
import { notesOf } from "./key-kinds.ts";
import { pathText } from "./problems.ts";
import { schemaAt } from "./schema.ts";

/** One key as `config print` shows it. */
interface PrintedKey {
  /** Such as `limits.publishBytesMax` or `upstreams[0].url`. */
  path: string;
  /** Never a secret: those read `[secret]`. */
  value: string | number | boolean | null;
  /** `default`, a variable, an option or the file's path. */
  from: string;
}

/** Lists every key with its value and where that came from; secrets are replaced. */
function printedKeys(resolved: ResolvedConfig): PrintedKey[] {
  const printed: PrintedKey[] = [];
  collect(resolved.keys, [], { resolved, printed });
  for (const [name, url] of Object.entries(resolved.config.proxies)) {
    const from = url === null ? "default" : `${name.toUpperCase()}_PROXY`;
    printed.push({ path: `proxies.${name}`, value: url === null ? null : withoutCredentials(url), from });
  }
  return printed;
}

interface Collection {
  resolved: ResolvedConfig;
  printed: PrintedKey[];
}

function collect(value: unknown, path: PropertyKey[], into: Collection): void {
  const isBranch = typeof value === "object" && value !== null && Object.keys(value).length > 0;
  if (isBranch) {
    for (const [key, below] of Object.entries(value)) {
      collect(below, [...path, Array.isArray(value) ? Number(key) : key], into);
    }
    return;
  }
  const text = pathText(path);
  const { origins } = into.resolved;
  const from = origins.get(text) ?? origins.get(String(path[0])) ?? "default";
  into.printed.push({ path: text, value: shown(path, value), from });
}

function shown(path: readonly PropertyKey[], value: unknown): string | number | boolean | null {
  const schema = schemaAt(path);
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value !== "string") return value === null || value === undefined ? null : JSON.stringify(value);
  if (schema === null || notesOf(schema)?.isSecret !== true) return value;
  return path[0] === "databaseUrl" ? withoutCredentials(value) : "[secret]";
}

/** Replaces the password, and every parameter, of a URL; text that is not a URL goes as a whole. */
function withoutCredentials(value: string): string {
  if (value.startsWith("sqlite:")) return value;
  if (!URL.canParse(value)) return value.includes("@") ? "[secret]" : value;
  const url = new URL(value);
  if (url.password !== "") url.password = "[secret]";
  for (const name of Array.from(url.searchParams.keys())) {
    if (/pass|secret|key/i.test(name)) url.searchParams.set(name, "[secret]");
  }
  return url.href.replaceAll("%5Bsecret%5D", "[secret]");
}

/** What `entrepot config` works with. */
export interface ConfigCommandInputs extends ConfigInputs {
  /** Takes the answer, line breaks included. */
  out: (text: string) => void;
  /** Takes complaints, line breaks included. */
  err: (text: string) => void;
}

/** How `entrepot config` is written. */
export const CONFIG_USAGE = `Usage: entrepot config check|print [--json] [options of "entrepot serve"]
  check   tells whether the configuration is valid, and what is wrong with it
  print   shows every value and where it came from; secrets are not shown
`;

/**
 * Runs `entrepot config check|print` on the words after `config`. Returns the exit code: 0, 1 for a refused
 * configuration, 2.
 */
export function runConfigCommand(inputs: ConfigCommandInputs): number {
  const [action, ...rest] = inputs.argv ?? [];
  if (action === "--help" || action === "-h" || action === "help") {
    inputs.out(CONFIG_USAGE);
    return 0;
  }
  if (action !== "check" && action !== "print") {
    inputs.err(CONFIG_USAGE);
    return 2;
  }
  const asJson = rest.includes("--json");
  const argv = rest.filter((word) => word !== "--json");
  try {
    const resolved = resolveConfig({ ...inputs, argv });
    inputs.out(action === "check" ? checkText(resolved, asJson) : printText(resolved, asJson));
    return 0;
  } catch (error) {
    if (!isEntrepotError(error, "config-invalid")) throw error;
    if (asJson) inputs.out(`${JSON.stringify({ valid: false, error: error.message, code: error.code })}\n`);
    else inputs.err(`${error.message}\n`);
    return 1;
  }
}

function checkText(resolved: ResolvedConfig, asJson: boolean): string {
  if (asJson) return `${JSON.stringify({ valid: true, file: resolved.filePath })}\n`;
  return `The configuration is valid (${resolved.filePath ?? "no file"}).\n`;
}

function printText(resolved: ResolvedConfig, asJson: boolean): string {
  const keys = printedKeys(resolved);
  if (asJson) return `${JSON.stringify({ file: resolved.filePath, keys }, null, 2)}\n`;
  const lines = keys.map(({ path, value, from }) => `${path}: ${JSON.stringify(value)}  # ${from}\n`);
  return lines.join("");
}
