import { FAILSAFE_SCHEMA, loadAll, realMapTag, YAMLException } from "js-yaml";
import { invalidLockfile, LOCKFILE_DEPTH_MAX } from "./lockfile.ts";

/** Every scalar stays the text that it is in the file: `1.10` is no number here. */
const SCHEMA = FAILSAFE_SCHEMA.withTags(realMapTag);

/** What a YAML document consists of here. */
export type YamlMap = ReadonlyMap<unknown, unknown>;

/**
 * Parses every document of a YAML text. Maps are real ones and scalars texts; references from one place to
 * another, which lockfiles have no use for, are refused.
 *
 * @throws EntrepotError `request-invalid`; says the line
 */
export function parseYaml(text: string): YamlMap[] {
  const documents = loadedFrom(text).filter((document) => document !== null && document !== "");
  return documents.map((document) => {
    if (document instanceof Map) return document as YamlMap;
    throw invalidLockfile("it is not a map of names to values");
  });
}

function loadedFrom(text: string): unknown[] {
  try {
    return loadAll(text, { schema: SCHEMA, maxAliases: 0, maxDepth: LOCKFILE_DEPTH_MAX });
  } catch (cause) {
    if (!(cause instanceof YAMLException)) throw invalidLockfile("it is not valid YAML", cause);
    const where = cause.mark === undefined ? "" : ` in line ${cause.mark.line + 1}`;
    const why = cause.reason.startsWith("aliases exceeded") ? "it refers to itself" : cause.reason;
    throw invalidLockfile(`it is not valid YAML${where}: ${why}`, cause);
  }
}

/** A member that is a map; null if it is none. */
export function mapIn(map: YamlMap, key: string): YamlMap | null {
  const value = map.get(key);
  return value instanceof Map ? (value as YamlMap) : null;
}

/** A member that is a text; null if it is none. */
export function textIn(map: YamlMap | null, key: string): string | null {
  const value = map?.get(key);
  return typeof value === "string" && value !== "" ? value : null;
}
