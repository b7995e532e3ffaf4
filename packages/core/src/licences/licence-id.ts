import parseExpression from "spdx-expression-parse";

const ID_LENGTH_MAX = 200;

/**
 * Checks one licence as lists of them name it: an SPDX id, with `+` or an exception if need be. Null if it is
 * none, or an expression of several.
 *
 * @example parseLicenceId("GPL-2.0-only WITH Classpath-exception-2.0")
 */
export function parseLicenceId(text: string): string | null {
  if (text === "" || text.length > ID_LENGTH_MAX) return null;
  try {
    const parsed = parseExpression(text);
    return "license" in parsed ? text : null;
  } catch {
    return null; // not SPDX; the caller says so
  }
}
