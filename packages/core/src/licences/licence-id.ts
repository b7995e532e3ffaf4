import { parseExpression } from "./spdx-expression.ts";

/**
 * Checks one licence as lists of them name it: an SPDX id, with `+` or an exception if need be. Null if it is
 * none, or an expression of several.
 *
 * @example parseLicenceId("GPL-2.0-only WITH Classpath-exception-2.0")
 */
export function parseLicenceId(text: string): string | null {
  const tree = parseExpression(text);
  return tree !== null && "license" in tree ? text : null;
}
