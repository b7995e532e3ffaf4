import type { PolicyContext, VersionFacts } from "./verdict.ts";

/** What clients are to warn of, and whose word that is. */
export interface Deprecation {
  text: string;
  by: "authors" | "operator";
}

type Marks = Pick<PolicyContext, "deprecations">;

/** What an operator has clients warn of for a version, by any of its spellings; null if nothing. */
export function operatorDeprecation({ deprecations }: Marks, ...spellings: readonly string[]): string | null {
  if (deprecations.size === 0) return null;
  for (const key of [...spellings, "*"]) {
    const text = deprecations.get(key);
    if (text !== undefined) return text;
  }
  return null;
}

/** What clients are told of a version: an operator's word in the place of its authors', as packuments have it. */
export function toldDeprecation(
  { version, upstreamVersion, deprecated }: Pick<VersionFacts, "version" | "upstreamVersion" | "deprecated">,
  marks: Marks,
): Deprecation | null {
  const spellings = upstreamVersion === null ? [version] : [version, upstreamVersion];
  const text = operatorDeprecation(marks, ...spellings);
  if (text !== null) return { text, by: "operator" };
  return deprecated === null ? null : { text: deprecated, by: "authors" };
}
