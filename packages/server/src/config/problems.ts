import type * as z from "zod";
import { notesOf } from "./key-kinds.ts";
import { nearestName } from "./nearest.ts";
import { SECTIONS, schemaAt } from "./schema.ts";

/** Writes a path as people do: `registries[0].name`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? String(step) : `.${String(step)}`;
  }
  return text;
}

/** Turns what the schema refused into lines with the place, what was found and what is allowed. */
export function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  context: { raw: unknown; label: (path: readonly PropertyKey[]) => string },
): string[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(issue.path, key));
    const found = foundText(issue.path, valueAt(context.raw, issue.path));
    return [`${context.label(issue.path)}: found ${found}; allowed: ${issue.message}`];
  });
}

function unknownKey(parent: readonly PropertyKey[], key: string): string {
  const section = parent.filter((step) => typeof step === "string").join(".");
  const path = pathText([...parent, key]);
  if (section === "" && key === "s3") return `${path}: S3 storage is not available in this version`;
  const nearest = nearestName(key, Object.keys(SECTIONS[section] ?? {}));
  return `${path}: no such key${nearest === null ? "" : `; did you mean ${pathText([...parent, nearest])}?`}`;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

function foundText(path: readonly PropertyKey[], value: unknown): string {
  const schema = schemaAt(path);
  if (value === undefined) return "nothing";
  if (schema !== null && notesOf(schema)?.isSecret === true) return "a value that is not shown";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
