import { EntrepotError, isEntrepotError } from "@entrepot/core";
import { dirname, resolve } from "node:path";
import type { Config } from "./config.ts";
import { CONFIG_VARIABLE, readEnvironment } from "./environment.ts";
import type { Given } from "./environment.ts";
import { finishConfig } from "./finish.ts";
import { readFlags } from "./flags.ts";
import { readConfigFile } from "./file.ts";
import { describeIssues, pathText } from "./problems.ts";
import { configSchema } from "./schema.ts";
import type { ConfigKeys } from "./schema.ts";

/** What the configuration is made from. */
export interface ConfigInputs {
  env: Readonly<Record<string, string | undefined>>;
  /** Options after the command's name; none when left out. */
  argv?: readonly string[];
  /** Folder that relative paths start from. */
  cwd: string;
  /** Reads a text file. Throws what the file system throws. */
  readFile: (path: string) => string;
}

/** The configuration together with where its values came from. */
export interface ResolvedConfig {
  config: Config;
  /** Every key as given, defaults filled in, secrets included. */
  keys: ConfigKeys;
  /** Where a key's value came from, by path; keys that are not here have their default. */
  origins: ReadonlyMap<string, string>;
  /** Absolute path of the file; null when there is none. */
  filePath: string | null;
}

interface Sources {
  raw: Record<string, unknown>;
  origins: Map<string, string>;
  filePath: string | null;
  problems: string[];
}

/**
 * Reads the configuration: defaults, then the file, then the environment, then the options.
 * Throws config-invalid whose message has one line per problem.
 */
export function loadConfig(inputs: ConfigInputs): Config {
  return resolveConfig(inputs).config;
}

/** Does the same and also tells where each value came from. */
export function resolveConfig(inputs: ConfigInputs): ResolvedConfig {
  const sources = gather(inputs);
  const parsed = configSchema.safeParse(sources.raw);
  if (!parsed.success) {
    const label = (path: readonly PropertyKey[]): string => labelOf(path, sources);
    sources.problems.push(...describeIssues(parsed.error.issues, { raw: sources.raw, label }));
  }
  if (!parsed.success || sources.problems.length > 0) throw invalid(sources.problems);
  const { filePath, origins } = sources;
  const folderOf = (keyPath: string): string =>
    filePath !== null && origins.get(keyPath) === filePath ? dirname(filePath) : inputs.cwd;
  const { config, problems } = finishConfig(parsed.data, {
    env: inputs.env,
    readFile: inputs.readFile,
    folderOf,
  });
  if (problems.length > 0) throw invalid(problems);
  return { config, keys: parsed.data, origins, filePath };
}

function gather(inputs: ConfigInputs): Sources {
  const environment = readEnvironment(inputs.env);
  const flags = readFlags(inputs.argv ?? []);
  const problems = [...environment.problems, ...flags.problems];
  const sources: Sources = { raw: {}, origins: new Map(), filePath: null, problems };
  try {
    const named = flags.configPath ?? (inputs.env[CONFIG_VARIABLE] || null);
    const file = readConfigFile(named === null ? null : resolve(inputs.cwd, named), inputs);
    if (file !== null) {
      sources.raw = file.tree;
      sources.filePath = file.path;
      recordOrigins(file.tree, [], sources);
    }
  } catch (error) {
    if (!isEntrepotError(error, "config-invalid")) throw error;
    problems.push(error.message);
  }
  apply(environment.given, sources);
  apply(flags.given, sources);
  return sources;
}

function recordOrigins(value: unknown, path: PropertyKey[], sources: Sources): void {
  const isBranch = typeof value === "object" && value !== null && Object.keys(value).length > 0;
  if (!isBranch) {
    sources.origins.set(pathText(path), sources.filePath ?? "");
    return;
  }
  for (const [key, below] of Object.entries(value)) {
    recordOrigins(below, [...path, Array.isArray(value) ? Number(key) : key], sources);
  }
}

function apply(given: readonly Given[], sources: Sources): void {
  for (const { key, label, value } of given) {
    dropTwin(key, sources);
    sources.raw[key] = value;
    for (const path of Array.from(sources.origins.keys())) {
      const isBelow = path.startsWith(`${key}.`) || path.startsWith(`${key}[`);
      if (path === key || isBelow) sources.origins.delete(path);
    }
    sources.origins.set(key, label);
  }
}

/** A secret given by a stronger source replaces the weaker one's, whether as a value or as a file. */
function dropTwin(key: string, sources: Sources): void {
  const twin = key.endsWith("File") ? key.slice(0, -4) : `${key}File`;
  const origin = sources.origins.get(twin);
  if (origin === undefined || origin !== sources.filePath) return;
  delete sources.raw[twin];
  sources.origins.delete(twin);
}

function labelOf(path: readonly PropertyKey[], sources: Sources): string {
  const text = pathText(path);
  const origin = sources.origins.get(text) ?? sources.origins.get(String(path[0]));
  if (origin !== undefined && origin !== sources.filePath) return origin;
  return text === "" ? "entrepot.yaml" : text;
}

function invalid(problems: readonly string[]): EntrepotError {
  const lines = problems.map((problem) => `  ${problem}`).join("\n");
  const message = `The configuration is not valid:\n${lines}`;
  return new EntrepotError("config-invalid", { message, details: { problems: problems.length } });
}
