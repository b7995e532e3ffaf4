import { EntrepotError } from "@entrepot/core";
import { YAMLException, load } from "js-yaml";
import { join } from "node:path";

/** Taken from the working folder when no other file is named. */
const CONFIG_FILE_NAME = "entrepot.yaml";

const FILE_CHARACTERS_MAX = 4 * 1024 * 1024;

/**
 * Reads the configuration file; a missing one is null unless it was named.
 * Throws config-invalid when it cannot be read or is not a mapping in YAML.
 */
export function readConfigFile(
  named: string | null,
  inputs: { cwd: string; readFile: (path: string) => string },
): { path: string; tree: Record<string, unknown> } | null {
  const path = named ?? join(inputs.cwd, CONFIG_FILE_NAME);
  let text: string;
  try {
    text = inputs.readFile(path);
  } catch (error) {
    const isMissing = (error as { code?: unknown }).code === "ENOENT";
    if (isMissing && named === null) return null;
    throw refusal(`${path}: ${isMissing ? "no such file" : "cannot be read"}`, error);
  }
  return { path, tree: parseTree(path, text) };
}

function parseTree(path: string, text: string): Record<string, unknown> {
  const isTooLong = text.length > FILE_CHARACTERS_MAX;
  if (isTooLong) throw refusal(`${path}: longer than ${FILE_CHARACTERS_MAX} characters`);
  let tree: unknown;
  try {
    tree = text.trim() === "" ? {} : load(text);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const place =
      error.mark === undefined ? "" : ` line ${error.mark.line + 1}, column ${error.mark.column + 1}:`;
    throw refusal(`${path}:${place} ${error.reason}`, error);
  }
  const kept = withoutEmpty(tree ?? {});
  if (typeof kept !== "object" || kept === null || Array.isArray(kept)) {
    throw refusal(`${path}: must be a mapping of keys`);
  }
  return kept as Record<string, unknown>;
}

/** Where no value is a value of its own: the options of rules. */
const KEPT = "options";

/** A key without a value counts as not given. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, below]) => below !== null);
  return Object.fromEntries(entries.map(([key, below]) => [key, key === KEPT ? below : withoutEmpty(below)]));
}

function refusal(message: string, cause?: unknown): EntrepotError {
  return new EntrepotError("config-invalid", { message, cause });
}
