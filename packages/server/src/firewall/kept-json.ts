/** Reads JSON out of a row; undefined where it is damaged. */
export function keptJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Reads a list of texts out of a row; undefined where it is damaged. */
export function keptTexts(text: string): string[] | undefined {
  const list = keptJson(text);
  return Array.isArray(list) && list.every((item) => typeof item === "string") ? list : undefined;
}
