import { parseNamePattern } from "@entrepot/core";

/**
 * Compiles patterns of claimed names into one question. Exact names and whole scopes are looked up, so that a thousand
 * claims cost a name no more than one.
 */
export function compileClaims(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set<string>();
  const scopes = new Set<string>();
  const prefixes: string[] = [];
  for (const { kind, text } of patterns.map(parseNamePattern)) {
    if (kind === "exact") exact.add(text);
    else if (text.endsWith("/")) scopes.add(text);
    else prefixes.push(text);
  }
  return (name) =>
    exact.has(name) ||
    scopes.has(name.slice(0, name.indexOf("/") + 1)) ||
    prefixes.some((prefix) => name.length > prefix.length && name.startsWith(prefix));
}
