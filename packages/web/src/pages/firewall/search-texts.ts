/** Texts in a URL's query; what is empty is not there. */
export type Texts<Name extends string> = { [name in Name]?: string | undefined };

/** Takes the texts with these names out of a URL's query. Numbers are what a router makes of `range=1`. */
export function textsOf<Name extends string>(
  search: Record<string, unknown>,
  names: readonly Name[],
): Texts<Name> {
  const texts: Texts<Name> = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === "string" && value !== "") texts[name] = value;
    if (typeof value === "number" || typeof value === "boolean") texts[name] = String(value);
  }
  return texts;
}

/** By what decisions are chosen, as the API calls it. */
export const DECISION_FILTERS = [
  "outcome",
  "package",
  "version",
  "rule",
  "principal",
  "project",
  "since",
  "until",
] as const;
