import parseSpdx from "spdx-expression-parse";

/** A licence, or licences joined by `and` or `or`. */
export type LicenceTree = parseSpdx.Info;
export type LicenceLeaf = parseSpdx.LicenseInfo;

/** Longest expression that is read; the parser goes as deep as it has brackets. */
const EXPRESSION_LENGTH_MAX = 1000;

/** Reads an SPDX expression; null if it is none. */
export function parseExpression(text: string): LicenceTree | null {
  if (text.trim() === "" || text.length > EXPRESSION_LENGTH_MAX) return null;
  try {
    const tree = parseSpdx(text);
    return "license" in tree || "conjunction" in tree ? tree : null;
  } catch {
    return null; // free text
  }
}

/** Every licence of an expression, as it is written, each once. */
export function leavesOf(tree: LicenceTree): LicenceLeaf[] {
  const leaves = new Map<string, LicenceLeaf>();
  const queue: LicenceTree[] = [tree];
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
    if ("license" in item) leaves.set(leafText(item), item);
    else queue.push(item.right, item.left);
  }
  return [...leaves.values()];
}

/** `GPL-2.0+ WITH Classpath-exception-2.0`. */
export function leafText({ license, plus, exception }: LicenceLeaf): string {
  return `${license}${plus === true ? "+" : ""}${exception === undefined ? "" : ` WITH ${exception}`}`;
}

/** The licence as such: without a word on later versions. `GPL-2.0` of `GPL-2.0-or-later`. */
export function baseOf(id: string): string {
  return id.replace(/(?:-only|-or-later|\+)$/u, "");
}
